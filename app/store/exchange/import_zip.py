"""The zip of an exported session as a file that may come from anywhere.

Its directory, what it unfolds to and the length of its lines are bounded before memory is spent on them, and whatever
is wrong with it is one sentence.
"""

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from app.store.errors import StoreError
from app.store.exchange.file_format import CSV_FILE, SESSION_FILE
from train.archive.limits import ArchiveLimits
from train.archive.streams import DirectoryGuard
from train.errors import ArchiveError

MAX_MEMBERS: Final = 1_000
"""An export has five files; a zip that somebody packed anew may have more."""
MAX_SESSION_VALUES: Final = 2_000_000
"""Lists, objects and values in session.json: each takes some 70 bytes of memory, however short its text is."""
MAX_LINE_BYTES: Final = 16 * 1024
"""A line of an export has less than 1 kB."""
MAX_SENTENCE: Final = 500
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@contextmanager
def opened(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """The zip at `path`; messages call it `name`.

    Raises:
        StoreError: anything that goes wrong in the block, as one sentence that begins with the file's name.
    """
    with _plain_errors(name), path.open("rb", buffering=0) as raw:
        guard = DirectoryGuard(raw, "its zip", ArchiveLimits(members=MAX_MEMBERS))
        with guard, zipfile.ZipFile(guard) as archive:
            yield archive


def session_values(archive: zipfile.ZipFile, most_bytes: int) -> object:
    """What session.json holds.

    Raises:
        StoreError: it unfolds to too much, or holds too many values.
    """
    with _member(archive, SESSION_FILE, most_bytes) as file:
        text = file.read().decode("utf-8")
    if sum(map(text.count, ",[{")) > MAX_SESSION_VALUES:
        raise StoreError(f"{SESSION_FILE} has more than {MAX_SESSION_VALUES} values, more than a session can have.")
    values: object = json.loads(text)
    return values


def sample_lines(archive: zipfile.ZipFile, most_bytes: int, at_once: int) -> Iterator[list[list[str]]]:
    """The lines of samples.csv as cells, so many at once, the header first among them.

    Raises:
        StoreError: it unfolds to too much, a line is too long, or a cell goes on in the next line.
    """
    with _member(archive, CSV_FILE, most_bytes) as file:
        part: list[str] = []
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_BYTES + 1), b""), start=1):
            if len(line) > MAX_LINE_BYTES:
                raise StoreError(f"{CSV_FILE}, line {number}: it is longer than {MAX_LINE_BYTES} bytes.")
            part.append(line.decode("utf-8-sig" if number == 1 else "utf-8"))
            if len(part) == at_once:
                yield _cells(part, number)
                part = []
        yield _cells(part, number if part else 0)


def _cells(lines: list[str], last: int) -> list[list[str]]:
    cells = list(csv.reader(lines, strict=True))
    if len(cells) != len(lines):
        first = last - len(lines) + 1
        raise StoreError(
            f"{CSV_FILE}, lines {first} to {last}: a cell continues on the next line; in an export, none does."
        )
    return cells


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> io.BufferedReader:
    method = archive.getinfo(name).compress_type
    if method not in _METHODS:  # the others can be made to take gigabytes before they give a byte
        raise StoreError(f"{name} is packed by method {method}; pack it again with the standard one, deflate.")
    return io.BufferedReader(_Bounded(archive.open(name), limit))


class _Bounded(io.RawIOBase):
    """A stream that refuses to give more than so many bytes, whatever its zip says of its size."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`; gives how much came.

        Raises:
            StoreError: more came than allowed.
        """
        part = self._stream.read(len(buffer))
        self._left -= len(part)
        if self._left < 0:
            raise StoreError("it unfolds to more than an exported session may have.")
        buffer[: len(part)] = part
        return len(part)


def _shortened(sentence: str) -> str:
    """A sentence that may quote what the file holds, of bounded length."""
    if len(sentence) <= MAX_SENTENCE:
        return sentence
    return f"{sentence[: MAX_SENTENCE - 100]} … {sentence[-100:]}"


@contextmanager
def _plain_errors(name: str) -> Iterator[None]:
    """Each error as one sentence that begins with the file's name."""
    try:
        yield
    except (StoreError, ArchiveError) as error:
        raise StoreError(f"{name} cannot be imported: {_shortened(str(error))}") from error
    except FileNotFoundError as error:
        raise StoreError(f"{name} cannot be imported: there is no such file.") from error
    except KeyError as error:  # of the zip: a file that it lacks
        raise StoreError(f"{name} cannot be imported: it has no {SESSION_FILE} or no {CSV_FILE}.") from error
    except (
        csv.Error,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:  # json's and Unicode's errors are ValueErrors
        raise StoreError(
            f"{name} cannot be imported: a text in it is not in its form ({_shortened(str(error))})."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise StoreError(f"{name} cannot be imported: it is not a complete zip file ({error}).") from error
