"""Folders for what a running server works on, which no crash leaves behind for good. Imports no Streamlit.

FER_HOME/analyses/<process>/lock     held as long as the process lives
FER_HOME/analyses/<process>/<job>/   inputs, results, copies of one job
"""

import contextlib
import fcntl
import os
import shutil
import uuid
from pathlib import Path
from typing import Final

from fer_core.private import make_file, make_folder

LOCK: Final = "lock"


class ProcessFolder:
    """This process' folder below `parent`."""

    def __init__(self, parent: Path) -> None:
        """Make it.

        Raises:
            OSError: it cannot be made.
        """
        name = uuid.uuid4().hex
        hidden = parent / f".{name}"  # until it is locked, so that nobody takes it for an abandoned one
        make_folder(hidden, exist_ok=False)
        # Kept open: the system lets go of the lock with the process, however that ends.
        make_file(hidden / LOCK)
        self._lock = (hidden / LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self.path = hidden.rename(parent / name)

    def close(self) -> None:
        """Let go of the lock: for a folder that is deleted before the process ends."""
        self._lock.close()

    def new_folder(self) -> Path:
        """An empty one for a job."""
        folder = self.path / uuid.uuid4().hex
        make_folder(folder, exist_ok=False)
        return folder


def forget_abandoned(parent: Path) -> None:
    """Delete the folders of processes that are gone; where nothing may be read, nothing is done."""
    with contextlib.suppress(OSError):
        for folder in parent.iterdir():
            if not folder.name.startswith(".") and folder.is_dir() and _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    try:
        descriptor = os.open(folder / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
