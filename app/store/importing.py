"""Read an exported session back. The file may come from anywhere: nothing in it is believed before it is checked, no
name in it becomes a path, its size is bounded as it unfolds, and it is stored whole or not at all."""

import csv
import io
import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from app.store import tables
from app.store.database import Store
from app.store.errors import StoreError
from app.store.export_format import CSV_FILE, SCHEMA_VERSION, SESSION_FILE
from app.store.import_rows import check_header, sample_of
from app.store.import_session import ImportedSession, imported_session
from app.store.participants import find_or_add, insert_baseline, insert_check_in
from app.store.samples import Row, insert_samples
from app.store.session_parts import insert_marker
from app.store.sessions import end_at_last_moment, insert_session

MAX_SESSION_BYTES: Final = 20 * 1024**2
MAX_SAMPLE_BYTES: Final = 2 * 1024**3
MAX_SAMPLES: Final = 5_000_000
_AT_ONCE: Final = 5_000


def import_session(store: Store, path: Path) -> int:
    """Store the session of a zip that `export_session` wrote; gives its number here. A video does not come along.

    The participant of the same name takes it, or is made.

    Raises:
        StoreError: the file is none of that kind, too large, damaged or untrue, or its session is already stored.
            Nothing of it was stored then.
    """
    with _plain_errors(path), zipfile.ZipFile(path) as archive, store.write() as connection:
        found = imported_session(_session_values(archive))
        session_id = _insert_about(connection, found)
        count = 0
        with archive.open(CSV_FILE) as file:
            lines = io.TextIOWrapper(_bounded(file, MAX_SAMPLE_BYTES), "utf-8", newline="")
            for rows in _samples(csv.reader(lines, strict=True)):
                count += len(rows)
                if count > MAX_SAMPLES:
                    raise StoreError(f"it has more than {MAX_SAMPLES} samples.")
                _insert_once(connection, session_id, rows)
        if count != found.samples:
            raise StoreError(f"{SESSION_FILE} speaks of {found.samples} samples, {CSV_FILE} has {count}.")
        _refuse_strays(connection, session_id, found)
        if found.ended_at is None:  # exported while it was being recorded
            end_at_last_moment(connection, session_id)
    return session_id


def _session_values(archive: zipfile.ZipFile) -> dict[str, Any]:
    with archive.open(SESSION_FILE) as file:
        values = json.loads(_bounded(file, MAX_SESSION_BYTES).read().decode("utf-8"))
    version = values.get("schema_version") if isinstance(values, dict) else None
    if version != SCHEMA_VERSION:
        raise StoreError(f"its schema_version must be {SCHEMA_VERSION}, it is {version!r}; newer ones need an update.")
    checked: dict[str, Any] = values
    return checked


def _insert_about(connection: Connection, found: ImportedSession) -> int:
    """All but the samples and the faces' names."""
    stored = select(tables.sessions.c.title).filter_by(uid=found.uid)
    if (title := connection.scalar(stored)) is not None:
        raise StoreError(f"this session is already stored, as {title!r}; delete that one first.")
    participant_id = find_or_add(connection, found.participant, found.participant_note)
    session_id = insert_session(
        connection, found.session(participant_id), state=found.state, uid=found.uid, ended_at=found.ended_at
    )
    for marker in found.markers:
        insert_marker(connection, session_id, marker)
    for baseline in found.baselines(participant_id, session_id):
        insert_baseline(connection, baseline)
    for check_in in found.check_ins(participant_id, session_id):
        insert_check_in(connection, check_in)
    values = [vars(identity) | {"session_id": session_id} for identity in found.identities]
    if values:
        connection.execute(insert(tables.identities), values)
    return session_id


def _insert_once(connection: Connection, session_id: int, rows: list[Row]) -> None:
    try:
        insert_samples(connection, session_id, rows)
    except IntegrityError as error:
        raise StoreError("it has two samples of one moment and face.") from error


def _refuse_strays(connection: Connection, session_id: int, found: ImportedSession) -> None:
    """Each face that samples have must have been told of."""
    told = {identity.face for identity in found.identities}
    table = tables.identities
    strays = set(connection.scalars(select(table.c.face).filter_by(session_id=session_id))) - told
    if strays:
        raise StoreError(f"{SESSION_FILE} does not tell of face {min(strays)}, which {CSV_FILE} has.")


def _samples(lines: Iterator[list[str]]) -> Iterator[list[Row]]:
    """The rows after the header, checked, in parts."""
    check_header(next(lines, []))
    rows: list[Row] = []
    for number, values in enumerate(lines, start=2):
        rows.append(sample_of(values, f"{CSV_FILE}, line {number}"))
        if len(rows) == _AT_ONCE:
            yield rows
            rows = []
    yield rows


def _bounded(stream: IO[bytes], limit: int) -> io.BufferedReader:
    return io.BufferedReader(_Bounded(stream, limit))


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


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    """Each error as one sentence that begins with the file's name."""
    try:
        yield
    except StoreError as error:
        raise StoreError(f"{path.name} cannot be imported: {error}") from error
    except FileNotFoundError as error:
        raise StoreError(f"{path.name} cannot be imported: there is no such file.") from error
    except KeyError as error:  # of the zip: a file that it lacks
        raise StoreError(f"{path.name} cannot be imported: it has no {SESSION_FILE} or no {CSV_FILE}.") from error
    except (
        csv.Error,
        ValueError,
        OverflowError,
        RecursionError,
    ) as error:  # json's and Unicode's errors are ValueErrors
        raise StoreError(f"{path.name} cannot be imported: a text in it is not in its form ({error}).") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise StoreError(f"{path.name} cannot be imported: it is no whole zip file ({error}).") from error
