"""Temporary folders for exports and imports.

They lie beside the store: the system's own may be outside an encrypted disk and readable by others. They are deleted
after use; those of a killed process are deleted at the next start.
"""

import contextlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.process_folder import ProcessFolder, forget_abandoned
from app.store.database import Store


@contextmanager
def temporary_folder(store: Store) -> Iterator[Path]:
    """An empty folder that only this user may enter; it is deleted when the block ends.

    Raises:
        OSError: it cannot be made.
    """
    try:
        folder = ProcessFolder(store.temporary)
    except FileNotFoundError:  # another thread took the empty folder above it away in between
        folder = ProcessFolder(store.temporary)
    try:
        yield folder.path
    finally:
        shutil.rmtree(folder.path, ignore_errors=True)
        folder.close()
        with contextlib.suppress(OSError):  # others are at work in it
            store.temporary.rmdir()


def forget_temporary(store: Store) -> None:
    """Delete the folders of processes that are gone."""
    forget_abandoned(store.temporary)
