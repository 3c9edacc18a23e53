"""Lists of files to analyse: plain text, a path a line. For command lines; pages take no paths from a file."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fer_core.errors import MediaError
from fer_core.names import shown_name

SUFFIX: Final = ".txt"


def read_lists(inputs: Sequence[Path]) -> list[Path]:
    """The same inputs, with the lists among them replaced by what they name.

    Args:
        inputs: files and folders; a file that ends in `SUFFIX` is a list. Blank lines count nothing, and relative
            paths are taken from the list's folder.

    Raises:
        MediaError: a list cannot be read or names nothing.
    """
    return [path for given in inputs for path in (_named(given) if _is_list(given) else [given])]


def _is_list(path: Path) -> bool:
    return path.suffix.lower() == SUFFIX and path.is_file()


def _named(path: Path) -> list[Path]:
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise MediaError(f"{shown_name(path)}: cannot be read: {error.strerror}. Check its permissions.") from error
    names = [os.fsdecode(line.strip()) for line in lines]
    found = [path.parent / name for name in names if name and "\0" not in name]
    if not found:
        raise MediaError(f"{shown_name(path)}: expected a path a line, found none. Name the files in it.")
    return found
