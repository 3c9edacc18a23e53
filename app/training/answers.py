"""What JSON on disk says, as the types that wrote it: reports on data sets and models, comparisons, conversions.

The files may be damaged or written by another version. A reader gives None for what it cannot read, so that a page
can say so. Imports no Streamlit.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from train.architectures import ArchitectureInfo
from train.dataset.report import DatasetReport
from train.evaluation.compare import Comparison
from train.evaluation.types import Conversion, EvaluationReport, RunReport, check_confusion
from train.fitting.trial import Trial

_T = TypeVar("_T")
_DAMAGE: Final = (KeyError, TypeError, ValueError, AttributeError)


def read_dataset_report(values: Any) -> DatasetReport | None:
    """What `python -m train inspect --json` printed."""
    return _read(DatasetReport, values)


def read_architectures(values: Any) -> tuple[ArchitectureInfo, ...]:
    """What `python -m train list --json` printed; empty where it is damaged."""
    return _read(tuple[ArchitectureInfo, ...], values) or ()


def read_trials(values: Any) -> dict[str, Trial]:
    """What `python -m train trial --json` printed, by network; empty where it is damaged."""
    return {trial.architecture: trial for trial in _read(tuple[Trial, ...], values) or () if _is_speed(trial)}


def _is_speed(trial: Trial) -> bool:
    return trial.images_per_second > 0 and trial.validation_per_second > 0


def read_run_report(values: Any) -> RunReport | None:
    """What report.json of a run holds."""
    return _read(RunReport, values)


def read_evaluation(values: Any) -> EvaluationReport | None:
    """One split's figures, out of a run's report or a model's card."""
    return _read(EvaluationReport, values)


def read_confusion(values: Any) -> tuple[tuple[int, ...], ...]:
    """What confusion.json of a run holds; empty where it is missing or damaged."""
    try:
        counts: tuple[tuple[int, ...], ...] = _typed(tuple[tuple[int, ...], ...], values["counts"])
        check_confusion(counts)
    except _DAMAGE:
        return ()
    return counts


def read_comparison(values: Any) -> Comparison | None:
    """What `python -m train compare --json` printed."""
    return _read(Comparison, values)


def read_conversion(values: Any) -> Conversion | None:
    """What `python -m train convert --json` printed."""
    return _read(Conversion, values)


def _read(kind: type[_T], values: Any) -> _T | None:
    try:
        found: _T = _typed(kind, values)
    except _DAMAGE:
        return None
    return found


def _typed(kind: Any, value: Any) -> Any:
    """What JSON gave as the type that was written: dataclasses, tuples, mappings, options, plain values.

    Keys that the type does not know are left out; a field that is missing takes its default.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is none.
    """
    origin, parts = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _built(kind, value)
    if origin is UnionType:
        other = next(part for part in parts if part is not NoneType)
        return None if value is None else _typed(other, value)
    if origin is tuple:
        _check(list, value)
        each = [parts[0]] * len(value) if parts[-1] is Ellipsis else parts
        return tuple(_typed(part, item) for part, item in zip(each, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        return {key: _typed(parts[1], item) for key, item in value.items()}
    if kind is float:
        _check((int, float), value)
        return float(value)
    _check(kind, value)
    return value


def _built(kind: Any, value: Any) -> Any:
    _check(dict, value)
    types, required = _fields(kind)
    return kind(**{name: _typed(types[name], value[name]) for name in types if name in required or name in value})


@cache
def _fields(kind: Any) -> tuple[dict[str, Any], frozenset[str]]:
    """A dataclass' types by field, and the fields that have no default."""
    required = (f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING)
    return get_type_hints(kind), frozenset(required)


def _check(kinds: Any, value: Any) -> None:
    if not isinstance(value, kinds):
        raise TypeError(f"expected {kinds}, got {value!r}")
