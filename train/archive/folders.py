"""A folder in an archive's place: the files below it, as the members of an archive are. Links are never followed."""

import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from train.archive.limits import ArchiveLimits
from train.archive.members import Member, is_system_file
from train.archive.skips import shown
from train.archive.streams import CountedStream
from train.archive.types import SkipReason
from train.errors import ArchiveError

# Each where the system has it: no link at the path's end, no waiting for a pipe's other end, no line ends changed.
_FLAGS: Final = ("O_RDONLY", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")


def folder_members(folder: Path, limits: ArchiveLimits) -> Iterator[Member]:
    """The files below `folder` in the order of their names, without hidden ones and system files.

    Symbolic links, to files as well as to folders, devices and pipes are given as refused.

    Raises:
        ArchiveError: there are more entries than the limits allow.
        OSError: a folder cannot be read.
    """
    left = limits.members
    waiting = [PurePosixPath()]
    while waiting:
        within = waiting.pop()
        with os.scandir(folder / within) as found:
            entries = sorted(_at_most(found, left, folder), key=lambda entry: entry.name)
        left -= len(entries)
        kept = [entry for entry in entries if not is_system_file(entry.name)]
        waiting += [within / entry.name for entry in reversed(kept) if entry.is_dir(follow_symlinks=False)]
        for entry in kept:
            if not entry.is_dir(follow_symlinks=False):
                yield _member(entry, within / entry.name)


def folder_stamp(folder: Path, limits: ArchiveLimits) -> tuple[int, int]:
    """Total bytes and the latest change in nanoseconds: another stamp means other contents."""
    places = [folder / member.place for member in folder_members(folder, limits)]
    times = [place.lstat().st_mtime_ns for place in (folder, *places)]
    return sum(place.lstat().st_size for place in places), max(times)


def folder_sha256(folder: Path, limits: ArchiveLimits) -> str:
    """One hash of all names and contents that are read, in hexadecimal."""
    digest = hashlib.sha256()
    for member in folder_members(folder, limits):
        digest.update(os.fsencode(member.name) + b"\0" + member.size.to_bytes(8, "big"))
        if member.refused is None:
            with member.open() as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())  # type: ignore[arg-type]
    return digest.hexdigest()


def _at_most(found: Iterator[os.DirEntry[str]], most: int, folder: Path) -> Iterator[os.DirEntry[str]]:
    for number, entry in enumerate(found):
        if number >= most:
            raise ArchiveError(f"{shown(folder.name)} has too many files (limit: members). Use a smaller folder.")
        yield entry


def _member(entry: os.DirEntry[str], place: PurePosixPath) -> Member:
    status = entry.stat(follow_symlinks=False)
    regular = stat.S_ISREG(status.st_mode)
    return Member(
        place,
        status.st_size if regular else 0,
        None if regular else SkipReason.SPECIAL_FILE,
        _opener(Path(entry.path), shown(str(place))),
        stands_alone=True,
    )


def _opener(path: Path, name: str) -> Callable[[], IO[bytes]]:
    def open_it() -> IO[bytes]:
        try:
            file = os.fdopen(os.open(path, sum(getattr(os, flag, 0) for flag in _FLAGS)), "rb", buffering=0)
        except OSError as error:
            raise ArchiveError(f"{name} cannot be read: {error.strerror or error}. Check its permissions.") from error
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # replaced since it was listed
            file.close()
            raise ArchiveError(f"{name} is no longer a regular file. Try again.")
        return io.BufferedReader(_OwnedStream(file, name), 1 << 16)

    return open_it


class _OwnedStream(CountedStream):
    """Closes its file with itself."""

    def __init__(self, file: io.FileIO, name: str) -> None:
        super().__init__(file, name, None)
        self._file = file

    def close(self) -> None:
        """Close both."""
        self._file.close()
        super().close()
