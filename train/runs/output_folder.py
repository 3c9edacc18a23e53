"""Folders that a command may write into: new or empty ones, and its own of before. Others are left as they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fer_core.private import make_folder
from train.errors import ConfigError
from train.runs.files import BEST, CHECKPOINT, CONFIG, RECIPE, STATUS, SWEEP

_RUN_FILES: Final = (CONFIG, STATUS, CHECKPOINT, BEST, RECIPE)
"""Any of them makes a folder a run's; a recipe writes its own before the run begins."""
_NEITHER: Final = frozenset({".lock", ".training.lock", "log.txt", ".DS_Store"})
"""Left by a run that was refused, or by the system; they make no folder somebody else's."""


def is_run_folder(folder: Path) -> bool:
    """Whether a run lives here, or did."""
    return any((folder / name).is_file() for name in _RUN_FILES)


def refuse_foreign_parent(folder: Path) -> None:
    """Make sure that a folder is missing, empty, or one whose folders are runs, as a recipe and a sweep make it.

    Raises:
        ConfigError: it is a file, or it holds something else.
    """
    refuse_foreign(folder, _holds_runs, expected="a new or empty folder, or one of runs")


def _holds_runs(folder: Path) -> bool:
    is_of_runs = is_run_folder(folder) or (folder / SWEEP).is_file()
    return is_of_runs or any(is_run_folder(child) for child in folder.iterdir() if child.is_dir())


def prepare_folder(folder: Path) -> None:
    """Make a run's folder unless it is there.

    Raises:
        ConfigError: it holds something else, it is a file, or it cannot be made.
    """
    refuse_foreign(folder, is_run_folder, expected="a new or empty folder, or the folder of a run")
    try:
        make_folder(folder)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror or error}. Choose another folder.") from error


def refuse_foreign(
    folder: Path, is_own: Callable[[Path], bool], *, expected: str, ignoring: frozenset[str] = _NEITHER
) -> None:
    """Make sure that a folder is missing, empty or one of ours; files named in `ignoring` do not count.

    Raises:
        ConfigError: it is a file, or it holds something else.
    """
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ConfigError(f"{folder} is a file: expected {expected}. Choose another folder.")
    inside = sorted(path.name for path in folder.iterdir() if path.name not in ignoring)
    if inside and not is_own(folder):
        raise ConfigError(
            f"{folder} holds other files, such as {inside[0]}: expected {expected}. Nothing was written; choose "
            "another folder."
        )
