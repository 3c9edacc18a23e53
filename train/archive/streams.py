"""Streams that cannot harm: what they give is counted against the limits, and damage becomes an ArchiveError."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, Final, Protocol

from train.archive.limits import RATIO_FREE_BYTES, ArchiveLimits
from train.errors import ArchiveError

_CHUNK: Final = 1 << 16
_BLOCK: Final = 512


class Fillable(Protocol):
    """Anything that can fill a buffer with bytes: files, and what gzip, zipfile and tarfile give."""

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer` from its start; says how far, 0 at the end."""


@contextmanager
def damage_named(name: str) -> Iterator[None]:
    """Turn what zipfile, tarfile, gzip and zlib raise on bad data into one ArchiveError about `name`.

    Their documented exceptions are not all they raise: a forged header also surfaces as ValueError, struct.error,
    IndexError, RecursionError and so on. So only calls into them stand inside this block, never our own parsing.
    """
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        ValueError,
        LookupError,
        ArithmeticError,
        RuntimeError,
        MemoryError,
    ) as error:
        raise ArchiveError(
            f"{name} cannot be read: it is damaged or cut off ({type(error).__name__}: {str(error)[:200]}). "
            "Download or make the archive again."
        ) from error


class Meter:
    """Counts what an archive unpacks to.

    Args:
        name: the archive's, for messages.
        archive_bytes: the file's size, which an attacker cannot forge as sizes within can be.
    """

    def __init__(self, name: str, archive_bytes: int, limits: ArchiveLimits) -> None:
        self._name = name
        self._archive_bytes = max(archive_bytes, 1)
        self._limits = limits
        self._bytes = 0
        self._pixels = 0
        self._members = 0

    def add_bytes(self, count: int) -> None:
        """Count unpacked bytes; raises ArchiveError past the total or the ratio."""
        self._bytes += count
        if self._bytes > self._limits.total_bytes:
            self._refuse(f"more than {self._limits.total_bytes} bytes", "total_bytes")
        if self._bytes > RATIO_FREE_BYTES and self._bytes > self._limits.ratio * self._archive_bytes:
            self._refuse(f"more than {self._limits.ratio:g} times its size, as only a zip bomb does", "ratio")

    def add_pixels(self, count: int) -> None:
        """Count decoded pixels; raises ArchiveError past the total."""
        self._pixels += count
        if self._pixels > self._limits.total_pixels:
            self._refuse(f"more than {self._limits.total_pixels} pixels", "total_pixels")

    def add_member(self) -> None:
        """Count one entry; raises ArchiveError past the most."""
        self._members += 1
        if self._members > self._limits.members:
            self._refuse(f"more than {self._limits.members} members", "members")

    def _refuse(self, what: str, limit: str) -> None:
        raise ArchiveError(f"{self._name} unpacks to {what} (limit: {limit}). Nothing was kept; use a smaller archive.")


class CountedStream(io.RawIOBase):
    """A readable stream over `inner`, metered, with damage named. Wrap it in a BufferedReader to read lines."""

    def __init__(self, inner: Fillable, name: str, meter: Meter | None) -> None:
        super().__init__()
        self._inner = inner
        self._name = name
        self._meter = meter

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill `buffer`; raises ArchiveError on damage or past a limit."""
        with damage_named(self._name):
            count = self._inner.readinto(buffer)
        if self._meter is not None:
            self._meter.add_bytes(count)
        return count


class ForwardStream(io.RawIOBase):
    """What tarfile gets to see of a tar: it can only go forward, in small steps.

    tarfile believes its headers. A negative size makes it loop for ever, and a forged extended header makes it read
    gigabytes at once; here the first is a seek backwards and the second a long read, and both are refused.
    """

    def __init__(self, inner: IO[bytes], name: str, longest_read: int) -> None:
        super().__init__()
        self._inner = inner
        self._name = name
        self._longest_read = longest_read
        self._at = 0
        self.ended_with_mark = False

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """As far as tarfile asks: forward."""
        return True

    def tell(self) -> int:
        """Bytes read or passed over so far."""
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        """Read exactly `size` bytes, fewer only at the end; raises ArchiveError for long reads."""
        if not 0 <= size <= self._longest_read:
            raise ArchiveError(f"{self._name} has a damaged or forged header: it claims {size} bytes. Make it again.")
        data = self._inner.read(size)
        self._at += len(data)
        # Where tarfile stops, the last it read is the end mark, a block of zeros, unless the tar is cut off or
        # damaged: that it does not tell apart.
        self.ended_with_mark = len(data) == _BLOCK and not any(data)
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Pass over bytes; raises ArchiveError for a target behind."""
        if whence != io.SEEK_SET or offset < self._at:
            raise ArchiveError(f"{self._name} has a damaged or forged header: it points backwards. Make it again.")
        while self._at < offset:
            data = self._inner.read(min(_CHUNK, offset - self._at))
            if not data:
                break
            self._at += len(data)
        return self._at

    def drain(self) -> None:
        """Read to the end, so that a compressed tar's checksum is checked."""
        while data := self._inner.read(_CHUNK):
            self._at += len(data)


class DirectoryGuard(io.BufferedReader):
    """What zipfile gets to see of a zip: its directory is read in one call, and refused when it has too many entries.

    zipfile makes an object of half a kilobyte of each entry before anyone can count them.
    """

    def __init__(self, raw: io.RawIOBase, name: str, limits: ArchiveLimits) -> None:
        super().__init__(raw)
        self._name_shown = name
        self._limits = limits

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as usual; raises ArchiveError for a directory with more entries than the limits allow."""
        most = self._limits.members
        # A name may have 64 kB, so the size alone bounds little; yet nothing else is read in such long pieces.
        if size is not None and size > most * 1024 + _CHUNK:
            raise ArchiveError(f"{self._name_shown} has a directory of {size} bytes, too long for {most} members.")
        data = super().read(size)
        if data.count(zipfile.stringCentralDir) > most:  # type: ignore[attr-defined]
            raise ArchiveError(
                f"{self._name_shown} has more than {most} members (limit: members). Use a smaller archive."
            )
        return data
