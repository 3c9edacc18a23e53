"""Whose the runs, models and archives on disk are. Imports no Streamlit.

Who made one stands beside it: in `owner.json` in a run's or a model's folder, in `<name>.owner.json` next to an
archive, which several people may have uploaded. What has no such file, or a damaged one, is the administrators'. Models
that came with the program, and the live one, are everybody's.
"""

import json
from pathlib import Path
from typing import Final

from app.access.types import OF_ADMINISTRATORS, User
from app.training import child_jobs as training_jobs
from app.training.child_jobs import StoredArchive
from fer_core.expressions import model_store
from fer_core.expressions.card import ModelCard
from fer_core.expressions.model import find_model, list_models
from fer_core.expressions.model_list import StoredModel, live_folder, own_folder, stored_models
from fer_core.whole_files import write_whole
from train.runs.run import TrainingRun, list_runs

OWNER: Final = "owner.json"


def owners_of(path: Path) -> frozenset[str]:
    """The owners of a run's or model's folder, or of an archive."""
    try:
        values = json.loads(_beside(path).read_text(encoding="utf-8"))
        found = frozenset(str(owner) for owner in values["owners"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        found = frozenset()
    return found or frozenset({OF_ADMINISTRATORS})


def give(path: Path, user: User) -> None:
    """Make somebody an owner of what lies there, beside those who have it already.

    Raises:
        OSError: it cannot be noted.
    """
    before = owners_of(path) if _beside(path).exists() else frozenset[str]()
    if before or user.owner != OF_ADMINISTRATORS:
        write_whole(_beside(path), json.dumps({"owners": sorted(before | {user.owner})}))


def take(path: Path, user: User) -> bool:
    """Take away from somebody what lies there; gives whether nobody else has it, so that it can be deleted.

    Raises:
        OSError: it cannot be noted.
    """
    owners = owners_of(path)
    left = owners - {user.owner}
    if not left or user.owner not in owners:
        return may_see(path, user)
    write_whole(_beside(path), json.dumps({"owners": sorted(left)}))
    return False


def may_see(path: Path, user: User) -> bool:
    """Whether a run, a model or an archive is there for somebody."""
    return user.sees_all or user.owner in owners_of(path) or _is_everybodys(path)


def own_runs(user: User) -> list[TrainingRun]:
    """The runs that somebody may see, the latest request first."""
    return [run for run in list_runs(training_jobs.runs_dir()) if may_see(run.dir, user)]


def own_archives(user: User) -> tuple[StoredArchive, ...]:
    """The uploads that somebody may see, the newest first."""
    return tuple(archive for archive in training_jobs.stored_archives() if may_see(archive.path, user))


def own_models(user: User) -> tuple[StoredModel, ...]:
    """The models that somebody may see: the shipped ones, the live one, and theirs with those of their runs."""
    run_models = [run.model_dir for run in own_runs(user)]
    return stored_models(run_models, may_see=lambda folder: may_see(folder, user))


def own_cards(user: User) -> dict[str, ModelCard]:
    """The same by the names under which the live page finds them, without those of runs."""
    return {name: card for name, card in list_models().items() if may_see(find_model(name), user)}


def delete_archive(path: Path, user: User) -> None:
    """Take an upload away from somebody; the file goes with the last who has it, or at an administrator's word.

    Raises:
        OSError: it cannot be deleted.
    """
    if take(path, user):
        training_jobs.delete_archive(path)
        _beside(path).unlink(missing_ok=True)


def delete_model(folder: Path, user: User) -> None:
    """The same for a model that somebody kept.

    Raises:
        ModelStoreError: it is a shipped one, belongs to a run, or is live.
        OSError: its owners cannot be noted.
    """
    if take(folder, user):
        model_store.delete_model(folder)


def _beside(path: Path) -> Path:
    return path / OWNER if path.is_dir() else path.with_name(f"{path.name}.{OWNER}")


def _is_everybodys(folder: Path) -> bool:
    is_of_the_program = own_folder() not in folder.parents and training_jobs.runs_dir() not in folder.parents
    return folder.is_dir() and (folder == live_folder() or is_of_the_program)
