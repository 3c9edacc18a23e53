"""Write files whole or not at all, and name them so that libraries in C can read them."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_core.names import printable


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name beside `path` to write to; it takes `path`'s place when the block ends without an error.

    After an error, and where nothing was written, nothing is left of it and an older file at `path` stays as it was.

    Args:
        path: the file to write; its folder is made where it is missing.

    Raises:
        OSError: the folder cannot be made or the file not renamed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield temporary
        if temporary.exists():
            _flush_to_disk(temporary)
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _flush_to_disk(path: Path) -> None:
    """Otherwise a power cut after the rename could leave an empty file under the final name."""
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


@contextmanager
def name_for_c(path: Path) -> Iterator[str]:
    """A name under which a library in C can read an existing file while the block runs.

    It is the file's own wherever that can be encoded. OpenCV crashes on others.

    Raises:
        OSError: the file cannot be opened.
    """
    name = str(path)
    if printable(name) == name:
        yield name
        return
    with path.open("rb") as stream:
        yield f"/dev/fd/{stream.fileno()}"  # only POSIX systems have such names
