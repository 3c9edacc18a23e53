"""The lines of an imported samples.csv, checked: many at once, and one by one where something in them is odd."""

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from app.store.errors import StoreError
from app.store.exchange.file_format import doubts_from_words, level_from_words
from app.store.records import MAX_TIME_MS
from app.store.samples import SAMPLE_COLUMNS, Row, SampleTuple
from app.store.tables import CORRECTED
from fer_core.emotions import EMOTIONS

_ANY: Final = (-1e6, 1e6)
_OPTIONAL: Final = frozenset((*CORRECTED, "valence_corrected", "arousal_corrected", "turn"))
_RANGES: Final[Mapping[str, tuple[float, float]]] = (
    dict.fromkeys((*EMOTIONS, *CORRECTED, "confidence"), (-1e-6, 1 + 1e-6))
    | dict.fromkeys(("valence", "arousal", "valence_corrected", "arousal_corrected"), (-1 - 1e-6, 1 + 1e-6))
    | dict.fromkeys(("left_px", "top_px", "right_px", "bottom_px", "sharpness", "turn"), _ANY)
    | {"light": (0.0, 255.0)}
)
_LABELS: Final[Mapping[str, str | None]] = {"": None} | {emotion: emotion for emotion in EMOTIONS}


def check_header(names: Sequence[str], expected: Sequence[str]) -> None:
    """Raises StoreError where the first line does not name the export's columns in their order."""
    if list(names) != list(expected):
        missing = sorted(set(expected) - set(names))
        raise StoreError(
            f"samples.csv must have the {len(expected)} columns of an export in their order; it has {len(names)}"
            + (f", without {', '.join(missing[:3])}." if missing else ".")
        )


def samples_of(lines: Sequence[Sequence[str]], names: Sequence[str], where: Callable[[int], str]) -> list[SampleTuple]:
    """The values to store for some lines, in the order of `SAMPLE_COLUMNS`.

    Args:
        lines: each in the order of `names`.
        names: of the columns, see `file_format.column_names`.
        where: names a line for messages by its place among `lines`.

    Raises:
        StoreError: a value is none, or out of its range.
    """
    try:
        return _all_at_once(lines, names)
    except (ValueError, KeyError):  # the careful way finds what it is, or that it is nothing
        rows = [sample_of(values, names, where(index)) for index, values in enumerate(lines)]
        return [tuple(row[name] for name in SAMPLE_COLUMNS) for row in rows]


def _all_at_once(lines: Sequence[Sequence[str]], names: Sequence[str]) -> list[SampleTuple]:
    """Column by column, ten times as fast as `sample_of`; what that would not take is a ValueError or a KeyError."""
    texts = dict(zip(names, zip(*lines, strict=True), strict=True))
    columns: dict[str, Sequence[float | str | None]] = {
        name: _numbers(texts[name], limits, optional=name in _OPTIONAL) for name, limits in _RANGES.items()
    }
    time_s = np.array(_numbers(texts["time_s"], (0, MAX_TIME_MS / 1000)), np.float64)
    columns["time_ms"] = np.rint(1000 * time_s).astype(int).tolist()
    columns["face"] = [_face(text) for text in texts["face"]]
    columns["label"] = [_LABELS[text] for text in texts["label"]]
    columns["level"] = [None] * len(lines)
    if "level" in texts:
        columns["level"] = [_level(*pair) for pair in zip(texts["label"], texts["level"], strict=True)]
    columns["doubts"] = [_doubts(text) for text in texts["doubts"]]
    return list(zip(*(columns[name] for name in SAMPLE_COLUMNS), strict=True))


def _numbers(texts: Sequence[str], limits: tuple[float, float], *, optional: bool = False) -> list[float | None]:
    if optional and not any(texts):
        return [None] * len(texts)
    given = list(map(float, filter(None, texts) if optional else texts))
    if given and not (min(given) >= limits[0] and max(given) <= limits[1] and math.isfinite(sum(given))):
        raise ValueError("out of range")
    if len(given) == len(texts):
        return list(given)
    rest = iter(given)
    return [next(rest) if text else None for text in texts]


@lru_cache(1024)
def _face(text: str) -> int:
    number = float(text)
    if not 0 <= number <= MAX_TIME_MS or number != int(number):
        raise ValueError("no number of a face")
    return int(number)


_doubts = lru_cache(1024)(doubts_from_words)
_level = lru_cache(1024)(level_from_words)


def sample_of(values: Sequence[str], names: Sequence[str], where: str) -> Row:
    """The row to store for one line.

    Args:
        values: in the order of `names`.
        names: of the columns, see `file_format.column_names`.
        where: the line, for messages.

    Raises:
        StoreError: a value is none, or out of its range.
    """
    if len(values) != len(names):
        raise StoreError(f"{where}: expected {len(names)} values, found {len(values)}.")
    given = dict(zip(names, values, strict=True))
    row: Row = {name: _number(given[name], name, where) for name in _RANGES}
    row["time_ms"] = round(1000 * _within(given["time_s"], (0, MAX_TIME_MS / 1000), f"{where}: time_s"))
    face = _within(given["face"], (0, MAX_TIME_MS), f"{where}: face")
    if face != int(face):
        raise StoreError(f"{where}: face must be a whole number; it is {given['face'][:40]!r}.")
    row["face"] = int(face)
    row["label"] = given["label"] or None
    if row["label"] is not None and row["label"] not in EMOTIONS:
        raise StoreError(f"{where}: label must be one of {', '.join(EMOTIONS)} or empty; it is {row['label'][:40]!r}.")
    try:
        row["level"] = level_from_words(given["label"], given["level"]) if "level" in given else None
    except ValueError as error:
        raise StoreError(
            f"{where}: level must be named or leaning with a label, unsure without one; it is {given['level'][:40]!r}."
        ) from error
    try:
        row["doubts"] = doubts_from_words(given["doubts"])
    except KeyError as error:
        raise StoreError(f"{where}: doubts has a word that is none of them: {str(error)[:40]}.") from error
    return row


def _number(text: str, name: str, where: str) -> float | None:
    if not text and name in _OPTIONAL:
        return None
    return _within(text, _RANGES[name], f"{where}: {name}")


def _within(text: str, limits: tuple[float, float], what: str) -> float:
    low, high = limits
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not low <= value <= high:  # false for NaN too
        raise StoreError(f"{what} must be a number from {low:g} to {high:g}; it is {text[:40]!r}.")
    return value
