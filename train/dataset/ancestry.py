"""What a run's start and its teachers learnt from, for the card of the model that it makes."""

from pathlib import Path
from typing import Any, Final

from fer_core.errors import FerError
from fer_core.expressions.card import read_card
from fer_core.expressions.model import find_model
from train.dataset.data_sets import known_set, set_of
from train.runs.files import MODEL, read_json, write_json
from train.runs.request import RunRequest, read_request

LEARNT_BEFORE: Final = "learnt_before.json"
"""In a run's folder: written when it starts, as the models that it starts from may be gone when it ends."""


def record_ancestry(request: RunRequest, run_dir: Path) -> None:
    """Write what the start and the teachers learnt from into the run's folder, unless it is there."""
    if not (run_dir / LEARNT_BEFORE).exists():
        write_json(run_dir / LEARNT_BEFORE, _learnt_before(request))


def ancestry(request: RunRequest, run_dir: Path) -> list[dict[str, Any]]:
    """Name and source of each data set that the start and the teachers learnt from, also of an older run."""
    recorded = read_json(run_dir / LEARNT_BEFORE)
    return recorded if isinstance(recorded, list) else _learnt_before(request)


def _learnt_before(request: RunRequest) -> list[dict[str, Any]]:
    starts = [Path(start) for start in (request.training.init_from, request.training.join_with) if start]
    found: list[dict[str, Any]] = []
    for folder in [*starts, *(teacher.path for teacher in request.teachers)]:
        found += _sets_of(folder)
    return [item for i, item in enumerate(found) if item not in found[:i]]


def _sets_of(folder: Path) -> list[dict[str, Any]]:
    try:
        run = read_request(folder)
        if run is None or (folder / MODEL).is_dir():
            return _sets_of_model(folder / MODEL if run else find_model(folder))
    except FerError:
        return [{"name": "", "source": f"what {folder.name} learnt from"}]
    known = known_set(run.archive_name, {})
    own = {"name": known.name if known else "", "source": run.archive_name}
    return [own, *ancestry(run, folder)]


def _sets_of_model(folder: Path) -> list[dict[str, Any]]:
    dataset = read_card(folder).dataset
    known = set_of(dataset)
    own = {"name": known.name if known else "", "source": str(dataset.get("source", ""))}
    return [own, *(item for item in dataset.get("learnt_before", []) if item != own)]
