"""Make files and folders that only the user can read, below the user's data folder."""

from pathlib import Path
from typing import Final

from fer_core.paths import home

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
PRIVATE_UMASK: Final = 0o077
"""For processes that write only below the user's data folder."""


def is_private(path: Path) -> bool:
    """Whether `path` is the user's data folder or lies below it: faces, sessions and names are nobody else's."""
    return path.absolute().is_relative_to(home().absolute())


def make_folder(path: Path, *, exist_ok: bool = True) -> None:
    """Make a folder and those above it that are missing; those that are private may be entered by this user alone.

    Args:
        path: the folder.
        exist_ok: whether it may be there already; it keeps its rights then.

    Raises:
        OSError: it cannot be made.
    """
    if path != path.parent and not path.parent.exists():
        make_folder(path.parent)
    path.mkdir(PRIVATE_FOLDER if is_private(path) else 0o777, exist_ok=exist_ok)


def make_file(path: Path, *, exist_ok: bool = False) -> None:
    """Make an empty file, readable by this user alone from its first moment where it is private; then open it.

    Args:
        path: the file.
        exist_ok: whether it may be there already; it stays as it is then.

    Raises:
        OSError: it cannot be made.
    """
    path.touch(PRIVATE_FILE if is_private(path) else 0o666, exist_ok=exist_ok)
