"""The files of a model folder, which may be a stranger's: plain files in the folder itself, whole and of sane size."""

import hashlib
from pathlib import Path
from typing import Final

from fer_core.errors import ArtifactError
from fer_core.expressions.card import CARD_FILE, KERAS_FILE, REMEDY, TFLITE_FILE, ModelCard
from fer_core.json_files import unprintable

MAX_NETWORK_BYTES: Final = 1 << 30
"""Of model.tflite, which is loaded into memory as a whole."""
MAX_FILE_BYTES: Final = 4 << 30


def is_candidate(folder: Path) -> bool:
    """Whether a folder is, or was meant to be, a model."""
    names = (CARD_FILE, TFLITE_FILE, KERAS_FILE)
    return not folder.name.startswith(".") and any(_is_file(folder / name) for name in names)


def has_printable_name(folder: Path) -> bool:
    """Whether pages and tables can show the folder's name: it is Unicode, without control characters."""
    return not unprintable(folder.name)


def missing_file(folder: Path, card: ModelCard) -> tuple[str, str] | None:
    """The first file of the card that is not there as a plain file in the folder, and what is there instead.

    A link counts where it leads to a file in the folder itself.
    """
    for name in card.sha256:
        path = folder / name
        try:
            inside = path.resolve().parent == folder.resolve()
        except (OSError, RuntimeError):  # a link in a circle
            return name, "a link that leads nowhere"
        if not _is_file(path):
            return name, "something else than a file" if path.exists() else "no such file"
        if not inside:
            return name, "a link to a file elsewhere"
    return None


def checked_network(folder: Path, card: ModelCard) -> bytes:
    """The LiteRT file's bytes, after every file named in the card was compared with its SHA-256.

    Raises:
        ArtifactError: a file is missing, no plain file, too large, unreadable or altered.
    """
    missing = missing_file(folder, card)
    if missing is not None:
        raise ArtifactError(folder, expected=missing[0], found=missing[1], remedy=REMEDY)
    network = b""
    try:
        for name, expected in card.sha256.items():
            _check_size(folder, name)
            if name == TFLITE_FILE:  # read once, so that what is checked is what will be loaded
                network = (folder / name).read_bytes()
                found = hashlib.sha256(network).hexdigest()
            else:
                found = file_sha256(folder / name)
            if found != expected:
                beginning = f"{name} with sha256 starting {expected[:16]}"
                raise ArtifactError(folder, expected=beginning, found=found[:16], remedy=REMEDY)
    except OSError as error:
        found = error.strerror or str(error)
        raise ArtifactError(folder, expected="files that can be read", found=found, remedy=REMEDY) from error
    return network


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content as 64 hex digits; read in pieces, so that size does not matter.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_size(folder: Path, name: str) -> None:
    size, most = (folder / name).stat().st_size, MAX_NETWORK_BYTES if name == TFLITE_FILE else MAX_FILE_BYTES
    if size > most:
        expected, found = f"{name} of at most {most >> 20:,} MiB", f"{size >> 20:,} MiB"
        raise ArtifactError(folder, expected=expected, found=found, remedy=REMEDY)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a folder that may not be looked into
        return False
