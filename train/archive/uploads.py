"""Archives on disk: uploads, paths that people type, and files that appear whole or not at all."""

import hashlib
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Final, Protocol

from fer_core.private import PRIVATE_FILE, make_folder
from fer_core.whole_files import replacing
from train.archive.limits import ArchiveLimits
from train.archive.skips import shown
from train.archive.streams import damage_named
from train.errors import ArchiveError

FREE_MARGIN: Final = 64 << 20
"""Bytes that stay free on a disk we write to."""

PART_SUFFIX: Final = ".part"
PART_LIFE_S: Final = 3600.0
_UNNAMED: Final = "fer-studio-unnamed"
"""What a file is called, in its temporary name, until its content is known."""
_CHUNK: Final = 1 << 20

FreeBytes = Callable[[Path], int]


class ByteSource(Protocol):
    """Anything with bytes to read: an open file, or the upload of a page."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


def free_disk_bytes(folder: Path) -> int:
    """Bytes free on the disk of `folder`."""
    return shutil.disk_usage(folder).free


def require_space(folder: Path, needed: int, free_bytes: FreeBytes = free_disk_bytes) -> None:
    """Make sure that `needed` bytes fit.

    Raises:
        ArchiveError: they do not, or not without filling the disk up.
    """
    free = free_bytes(folder)
    if free < needed + FREE_MARGIN:
        raise ArchiveError(
            f"The disk of {folder} has {free >> 20} MB free; {(needed + FREE_MARGIN) >> 20} MB are needed. "
            "Delete old runs or data sets, or choose another folder."
        )


@contextmanager
def whole_file(folder: Path) -> Iterator[tuple[IO[bytes], Callable[[str], Path]]]:
    """Write a file that appears under its name only when it is complete.

    Gives the open temporary file and a function that moves it to a name within `folder`; without that call, or when
    the block raises, nothing stays.

    Raises:
        ArchiveError: the disk is full or refuses.
    """
    try:
        make_folder(folder)
        _sweep_parts(folder)
        # The name may follow from the content, so the temporary file goes to its place by `publish`.
        with replacing(folder / _UNNAMED, mode=PRIVATE_FILE, durable=False) as part:
            with part.open("wb") as file:

                def publish(name: str) -> Path:
                    file.flush()
                    return part.replace(folder / name)

                yield file, publish
            part.unlink(missing_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"{folder} cannot be written: {error.strerror or error}. Check the free space and the permissions."
        ) from error


def _sweep_parts(folder: Path) -> None:
    """Delete what a killed process left behind; a part that is being written is younger."""
    for part in folder.glob(f".*{PART_SUFFIX}"):
        try:
            if time.time() - part.stat().st_mtime > PART_LIFE_S:
                part.unlink()
        except FileNotFoundError:
            continue  # its own process was faster


def store_upload(
    stream: ByteSource,
    name: str,
    folder: Path,
    *,
    limit_bytes: int | None = None,
    expected_bytes: int | None = None,
    free_bytes: FreeBytes = free_disk_bytes,
) -> Path:
    """Copy an upload into `folder`, a megabyte at a time.

    The file is named by its content's hash and a harmless form of `name`, so that the same upload is stored once and
    no name overwrites another archive. It appears only when it is complete.

    Args:
        stream: read from its present position to its end.
        name: the file's name as the sender gives it; any text.
        folder: takes the file; made if missing.
        limit_bytes: the largest upload; `ArchiveLimits().archive_bytes` if None.
        expected_bytes: its size, where it is known; another one means that it was cut off.
        free_bytes: says what is free on the folder's disk.

    Raises:
        ArchiveError: it is empty, cut off or too large, or the disk is too full.
    """
    limit_bytes = limit_bytes or ArchiveLimits().archive_bytes
    digest = hashlib.sha256()
    size = 0
    with whole_file(folder) as (file, publish):
        while chunk := _next_chunk(stream, name):
            size += len(chunk)
            if size > limit_bytes:
                raise ArchiveError(f"{shown(name)} is larger than {limit_bytes} bytes, the most that is accepted.")
            require_space(folder, len(chunk), free_bytes)
            digest.update(chunk)
            file.write(chunk)
        if size == 0 or (expected_bytes is not None and size != expected_bytes):
            raise ArchiveError(
                f"{shown(name)} arrived incomplete: {size} bytes came, expected "
                f"{'at least one' if expected_bytes is None else expected_bytes}. Upload it again."
            )
        return publish(f"{digest.hexdigest()[:16]}-{safe_name(name)}")


def _next_chunk(stream: ByteSource, name: str) -> bytes:
    with damage_named(shown(name)):
        return stream.read(_CHUNK)


def safe_name(name: str) -> str:
    """`name` without folders, in letters, digits, dots, hyphens and underscores, at most 80 of them, no leading dot."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = re.sub(r"[^A-Za-z0-9._-]+", "_", last).lstrip("._-")
    return kept[-80:].lstrip("._-") or "archive"


def resolve_inside(folder: Path, user_text: str, *, folders: bool = False) -> Path:
    """The file, or with `folders` also the folder, that a person's text names, if it lies within `folder`.

    The text is a path relative to `folder`, or an absolute one that begins with it. `..` and symbolic links below the
    folder are refused, wherever they lead; the folder itself may be reached through one.

    Raises:
        ArchiveError: the text leads elsewhere or to nothing of that kind. Nothing outside the folder is touched for it,
            so the message tells nothing about what exists there.
    """
    text = user_text.strip()
    refusal = ArchiveError(
        f"{shown(text)!r} is not a file {'or folder ' if folders else ''}within {folder}: expected a path below that "
        "folder without '..' or links. Put it there and give its name."
    )
    given = PurePath(text)
    if not text or not text.isprintable() or ".." in given.parts:
        raise refusal
    if given.is_absolute():
        roots = [root for root in (folder.absolute(), folder.resolve()) if given.is_relative_to(root)]
        if not roots:
            raise refusal
        given = given.relative_to(roots[0])
    try:
        place = folder.resolve()
        for part in given.parts:
            place = place / part
            if place.is_symlink():
                raise refusal
        if not (place.is_file() or (folders and place.is_dir())):
            raise refusal
    except OSError as error:  # a name too long, a folder without the right to look into it
        raise refusal from error
    return place
