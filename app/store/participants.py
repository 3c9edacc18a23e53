"""Participants, their baselines and their check-ins."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.store import tables
from app.store.checks import check_name, check_text
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.hidden import is_person
from app.store.own_rows import owner_of
from app.store.records import CheckIn, Participant, StoredBaseline
from app.store.tables import PHQ4
from fer_core.emotions import EMOTIONS


def add_participant(store: Store, name: str, note: str = "") -> Participant:
    """A new participant.

    Raises:
        StoreError: the name is taken or no name.
    """
    with store.write() as connection:
        return Participant.of(_insert(connection, check_name("A participant's name", name), note))


def find_or_add(connection: Connection, name: str, note: str = "") -> int:
    """The number of the connection's owner's participant of that name, made where there is none.

    Raises:
        StoreError: it is no name.
    """
    name = check_name("A participant's name", name)
    own = select(tables.participants.c.id).filter_by(belongs_to=owner_of(connection).name, name=name)
    found = connection.scalar(own)
    return int(found) if found is not None else int(_insert(connection, name, note).id)


def participants(store: Store) -> list[Participant]:
    """All that are seen, by name."""
    with store.read() as connection:
        return [
            Participant.of(row)
            for row in connection.execute(select(tables.participants).where(is_person()).order_by("name"))
        ]


def participant(store: Store, participant_id: int) -> Participant:
    """One of them.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    with store.read() as connection:
        one = select(tables.participants).where(is_person()).filter_by(id=participant_id)
        row = connection.execute(one).one_or_none()
    if row is None:
        raise _no_such_participant(participant_id)
    return Participant.of(row)


def edit_participant(store: Store, participant_id: int, *, name: str, note: str) -> None:
    """Give another name and note.

    Raises:
        NoSuchRecordError: there is no participant of that number.
        StoreError: the name is taken or no name.
    """
    name = check_name("A participant's name", name)
    table = tables.participants
    values = {"name": name, "note": check_text("A participant's note", note)}
    with store.write() as connection:
        whose = connection.scalar(select(table.c.belongs_to).where(is_person()).filter_by(id=participant_id))
        if whose is None:
            raise _no_such_participant(participant_id)
        _refuse_taken(connection, name, whose, but=participant_id)
        done = connection.execute(update(table).filter_by(id=participant_id).values(values))
        if not done.rowcount:
            raise _no_such_participant(participant_id)


def add_baseline(store: Store, baseline: StoredBaseline) -> int:
    """Keep a baseline; gives its number.

    Raises:
        StoreError: its participant or session is not there.
    """
    with store.write() as connection:
        return insert_baseline(connection, baseline)


def insert_baseline(connection: Connection, baseline: StoredBaseline) -> int:
    """`add_baseline` within a transaction."""
    return _insert_owned(connection, tables.baselines, baseline_values(baseline))


def baseline_values(baseline: StoredBaseline) -> dict[str, Any]:
    """The row of a baseline, without its number."""
    names = ("participant_id", "session_id", "measured_at", "samples", "quality", "model_sha256")
    return {name: getattr(baseline, name) for name in names} | baseline.probabilities


def baselines(
    store: Store, *, participant_id: int | None = None, session_id: int | None = None
) -> list[StoredBaseline]:
    """Those of a participant, or of one session, newest first."""
    table = tables.baselines
    with store.read() as connection:
        rows = connection.execute(_owned(table, participant_id, session_id).order_by(table.c.measured_at.desc()))
        return [_baseline(row) for row in rows]


def add_check_in(store: Store, check_in: CheckIn) -> int:
    """Keep a check-in; gives its number.

    Raises:
        StoreError: its participant or session is not there.
    """
    with store.write() as connection:
        return insert_check_in(connection, check_in)


def insert_check_in(connection: Connection, check_in: CheckIn) -> int:
    """`add_check_in` within a transaction."""
    return _insert_owned(connection, tables.check_ins, check_in_values(check_in))


def check_in_values(check_in: CheckIn) -> dict[str, Any]:
    """The row of a check-in, without its number."""
    names = ("participant_id", "session_id", "at", "utc_offset_min", "phase", "valence", "arousal", "note")
    answers = dict(zip(PHQ4, check_in.phq4 or (None,) * len(PHQ4), strict=True))
    return {name: getattr(check_in, name) for name in names} | answers


def check_ins(store: Store, *, participant_id: int | None = None, session_id: int | None = None) -> list[CheckIn]:
    """Those of a participant, or of one session, oldest first."""
    table = tables.check_ins
    with store.read() as connection:
        return [_check_in(row) for row in connection.execute(_owned(table, participant_id, session_id).order_by("at"))]


def delete_check_in(store: Store, check_in_id: int) -> None:
    """Forget one.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    with store.write() as connection:
        if not connection.execute(delete(tables.check_ins).filter_by(id=check_in_id)).rowcount:
            raise NoSuchRecordError(f"There is no check-in {check_in_id}; reload the page.")


def _insert(connection: Connection, name: str, note: str) -> Row[Any]:
    whose = owner_of(connection).name
    _refuse_taken(connection, name, whose)
    values = {
        "belongs_to": whose,
        "name": name,
        "note": check_text("A participant's note", note),
        "created_at": datetime.now(UTC),
    }
    return connection.execute(insert(tables.participants).values(values).returning(tables.participants)).one()


def _no_such_participant(participant_id: int) -> NoSuchRecordError:
    return NoSuchRecordError(f"There is no participant {participant_id}; reload the page.")


def _refuse_taken(connection: Connection, name: str, whose: str, *, but: int = 0) -> None:
    table = tables.participants
    taken = select(table.c.id).where(table.c.belongs_to == whose, table.c.name == name, table.c.id != but)
    if connection.scalar(taken) is not None:
        raise StoreError(f"There is already a participant {name!r}; choose another name.")


def _insert_owned(connection: Connection, table: Any, values: dict[str, Any]) -> int:
    try:
        return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())
    except IntegrityError as error:
        raise NoSuchRecordError("The participant or session that this belongs to is not stored any more.") from error


def _owned(table: Any, participant_id: int | None, session_id: int | None) -> Any:
    owners = {"participant_id": participant_id, "session_id": session_id}
    return select(table).filter_by(**{name: value for name, value in owners.items() if value is not None})


def _baseline(row: Row[Any]) -> StoredBaseline:
    return StoredBaseline(
        row.participant_id,
        row.measured_at,
        {emotion: getattr(row, emotion) for emotion in EMOTIONS},
        row.samples,
        row.quality,
        row.model_sha256,
        row.session_id,
        row.id,
    )


def _check_in(row: Row[Any]) -> CheckIn:
    answers = tuple(getattr(row, name) for name in PHQ4)
    return CheckIn(
        row.participant_id,
        row.at,
        row.phase,
        row.session_id,
        row.valence,
        row.arousal,
        row.note,
        None if set(answers) == {None} else answers,
        row.utc_offset_min,
        row.id,
    )
