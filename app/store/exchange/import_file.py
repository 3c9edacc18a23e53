"""Read an exported session back.

The file may come from anywhere: nothing in it is believed before it is checked, no name in it becomes a path, its size
is bounded as it unfolds (see `import_zip`), and it is stored whole or not at all.

It is stored in short steps (see `staging`): recordings go on meanwhile, and nobody sees half a session.
"""

import zipfile
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.store import tables
from app.store.database import Store
from app.store.errors import StoreError
from app.store.exchange.file_format import CSV_FILE, PARTICIPANT_FILE, SCHEMA_VERSION, SESSION_FILE, column_names
from app.store.exchange.import_rows import check_header, samples_of
from app.store.exchange.import_session import ImportedSession, imported_session
from app.store.exchange.import_zip import opened, sample_lines, session_values
from app.store.participants import baseline_values, check_in_values
from app.store.samples import SAMPLE_COLUMNS, SampleTuple, insert_tuples
from app.store.session_parts import marker_values
from app.store.staging import StagedSession, refuse_stored, staged
from app.store.steps import STEP_ROWS

MAX_SESSION_BYTES: Final = 20 * 1024**2
MAX_SAMPLE_BYTES: Final = 2 * 1024**3
MAX_SAMPLES: Final = 5_000_000
_VERSIONS: Final = tuple(range(1, SCHEMA_VERSION + 1))
_FACE: Final = SAMPLE_COLUMNS.index("face")


def import_session(store: Store, path: Path, *, name: str = "") -> int:
    """Store the session of a zip that `export_session` wrote; gives its number here. A video does not come along.

    The participant of the same name takes it, or is made.

    Args:
        store: where to.
        path: of the zip.
        name: what messages call it; the file's own name where it is empty.

    Raises:
        StoreError: the file is none of that kind, too large, damaged or untrue, or its session is already stored.
            Nothing of it was stored then.
    """
    with opened(path, name or path.name) as archive:
        values = _checked_version(archive)
        found = imported_session(values)
        with store.read() as connection:
            refuse_stored(connection, found.uid)
        with staged(store, found.session(0)) as stage:
            _store_about(stage, found)
            _store_samples(stage, found, _samples(archive, column_names(values["schema_version"])))
            stage.publish(
                found.participant, found.ended_at, note=found.participant_note, uid=found.uid, state=found.state
            )
            return stage.session_id


def _checked_version(archive: zipfile.ZipFile) -> dict[str, Any]:
    if SESSION_FILE not in archive.namelist() and PARTICIPANT_FILE in archive.namelist():
        raise StoreError(
            "it holds all sessions of a participant; unpack it, and import the zips in its folder sessions."
        )
    values = session_values(archive, MAX_SESSION_BYTES)
    version = values.get("schema_version") if isinstance(values, dict) else None
    if not isinstance(values, dict) or version not in _VERSIONS:
        known = " or ".join(map(str, _VERSIONS))
        raise StoreError(f"its schema_version must be {known}, it is {version!r}; newer ones need an update.")
    return values


def _store_about(stage: StagedSession, found: ImportedSession) -> None:
    """All but the samples."""
    owner = stage.stand_in, stage.session_id
    stage.insert(tables.baselines, [baseline_values(one) for one in found.baselines(*owner)])
    stage.insert(tables.check_ins, [check_in_values(one) for one in found.check_ins(*owner)])
    stage.insert(tables.markers, [marker_values(marker) for marker in found.markers])
    stage.insert(tables.identities, [dict(vars(identity)) for identity in found.identities])


def _store_samples(stage: StagedSession, found: ImportedSession, parts: Iterable[list[SampleTuple]]) -> None:
    told, count = {identity.face for identity in found.identities}, 0
    for rows in parts:
        count += len(rows)
        if count > MAX_SAMPLES:
            raise StoreError(f"it has more than {MAX_SAMPLES} samples.")
        strays = {row[_FACE] for row in rows} - told
        if strays:
            raise StoreError(f"{SESSION_FILE} does not tell of face {strays.pop()}, which {CSV_FILE} has.")
        _insert_once(stage, rows)
    if count != found.samples:
        raise StoreError(f"{SESSION_FILE} speaks of {found.samples} samples, {CSV_FILE} has {count}.")


def _insert_once(stage: StagedSession, rows: list[SampleTuple]) -> None:
    def insert(connection: Connection) -> None:
        try:
            insert_tuples(connection, stage.session_id, rows)
        except IntegrityError as error:
            raise StoreError("it has two samples of one moment and face.") from error

    stage.in_step(insert)


def _samples(archive: zipfile.ZipFile, names: Sequence[str]) -> Iterator[list[SampleTuple]]:
    """The rows after the header, which has these names, checked, in parts."""
    parts = sample_lines(archive, MAX_SAMPLE_BYTES, STEP_ROWS)
    first = next(parts)
    check_header(first[0] if first else [], names)
    number = 1
    for lines in _after_header(first, parts):
        start = number + 1
        number += len(lines)
        if lines:
            yield samples_of(lines, names, partial(_line_name, start))


def _line_name(start: int, index: int) -> str:
    return f"{CSV_FILE}, line {start + index}"


def _after_header(first: list[list[str]], parts: Iterator[list[list[str]]]) -> Iterator[list[list[str]]]:
    yield first[1:]
    yield from parts
