"""The entries of a zip or tar, one by one, as names and streams. Nothing is ever extracted to disk."""

import io
import re
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Final, cast

from train.archive.limits import ArchiveLimits
from train.archive.skips import shown
from train.archive.streams import CountedStream, DirectoryGuard, ForwardStream, Meter, damage_named
from train.archive.types import SkipReason
from train.errors import ArchiveError

ENCRYPTED: Final = 0x1 | 0x40
SYSTEM_FILES: Final = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


@dataclass(frozen=True)
class Member:
    """One file within an archive.

    Attributes:
        place: its path, with forward slashes.
        size: in bytes, as the archive claims; `open` never gives more.
        refused: why it must not be opened, or None.
        open: gives its bytes; to be called before the next member is asked for, and only if not refused.
        stands_alone: whether damage within it leaves the other members readable.
    """

    place: PurePosixPath
    size: int
    refused: SkipReason | None
    open: Callable[[], IO[bytes]]
    stands_alone: bool

    @property
    def name(self) -> str:
        """Its path as text."""
        return str(self.place)

    @property
    def suffix(self) -> str:
        """Its ending in lower case, with the dot."""
        return self.place.suffix.lower()


def zip_members(file: io.RawIOBase | io.BytesIO, name: str, limits: ArchiveLimits, meter: Meter) -> Iterator[Member]:
    """The files within a zip, without system files.

    Args:
        file: the zip, which can be sought in.
        name: its name, for messages.
        limits: on the size of its directory.
        meter: counts members and unpacked bytes, and raises when there are too many.

    Raises:
        ArchiveError: it is damaged, encrypted or past a limit.
    """
    with DirectoryGuard(cast(io.RawIOBase, file), name, limits) as guard:
        with damage_named(name):
            archive = zipfile.ZipFile(guard)
        with archive:
            infos = archive.infolist()
            for info in infos:
                meter.add_member()
                meter.add_bytes(info.file_size)
                if info.flag_bits & ENCRYPTED:
                    raise ArchiveError(f"{name} is encrypted ({shown(info.filename)}). Make it without a password.")
            for info in infos:
                if not info.is_dir() and not is_system_file(info.filename):
                    yield _zip_member(archive, info)


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    def open_it() -> IO[bytes]:
        if info.compress_type not in _METHODS:
            raise ArchiveError(
                f"{shown(info.filename)} is packed by method {info.compress_type}; only stored and deflated zip "
                "members are read. Pack the archive again."
            )
        with damage_named(shown(info.filename)):
            stream = cast(zipfile.ZipExtFile, archive.open(info))
        return io.BufferedReader(CountedStream(stream, shown(info.filename), None), 1 << 16)

    kind = stat.S_IFMT(info.external_attr >> 16)
    special = kind not in (0, stat.S_IFREG)
    refused = _unsafe(info.filename) or (SkipReason.SPECIAL_FILE if special else None)
    return Member(PurePosixPath(info.filename.replace("\\", "/")), info.file_size, refused, open_it, stands_alone=True)


def tar_members(stream: IO[bytes], name: str, limits: ArchiveLimits, meter: Meter) -> Iterator[Member]:
    """The files within a tar, in their order, without system files.

    Args:
        stream: the tar's bytes, unpacked and metered; read forward only.
        name: its name, for messages.
        limits: on the size of what is held in memory.
        meter: counts members, and raises when there are too many.

    Raises:
        ArchiveError: it is damaged, cut off or past a limit.
    """
    forward = ForwardStream(stream, name, max(limits.image_bytes, limits.line_bytes) + (1 << 17))
    with damage_named(name):
        archive = tarfile.TarFile(fileobj=forward)
    while True:
        with damage_named(name):
            info = archive.next()
        if info is None:
            break
        meter.add_member()
        if info.size < 0:
            raise ArchiveError(
                f"{name} has a forged header: {shown(info.name)} claims {info.size} bytes. Make it again."
            )
        if not info.isdir() and not is_system_file(info.name):
            yield _tar_member(archive, info)
    if not forward.ended_with_mark:
        raise ArchiveError(f"{name} is cut off or damaged after {forward.tell()} bytes. Download or make it again.")
    forward.drain()


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    def open_it() -> IO[bytes]:
        with damage_named(shown(info.name)):
            stream = archive.extractfile(info)
        if not isinstance(stream, io.BufferedReader):
            raise ArchiveError(f"{shown(info.name)} is no regular file. Make the archive again.")
        return io.BufferedReader(CountedStream(stream, shown(info.name), None), 1 << 16)

    # A sparse file claims any size without having it in the archive.
    special = not info.isreg() or info.issparse()
    refused = _unsafe(info.name) or (SkipReason.SPECIAL_FILE if special else None)
    return Member(PurePosixPath(info.name.replace("\\", "/")), info.size, refused, open_it, stands_alone=False)


def _unsafe(name: str) -> SkipReason | None:
    """Names that would leave the folder if they were extracted. They are not, but nobody honest writes them."""
    path = name.replace("\\", "/")
    leads_out = path.startswith("/") or ".." in path.split("/") or re.match(r"[A-Za-z]:", path) or "\0" in path
    return SkipReason.UNSAFE_NAME if leads_out else None


def is_system_file(name: str) -> bool:
    """Whether an entry is hidden, or what an operating system puts beside people's files."""
    parts = [part for part in name.replace("\\", "/").split("/") if part != "."]
    return ".." not in parts and any(part.startswith(".") or part.lower() in SYSTEM_FILES for part in parts)
