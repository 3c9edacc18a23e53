"""Sessions: begin, end, list, edit; and the closing of those whose program has died."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from app.store import tables
from app.store.checks import check_name, check_text
from app.store.database import Store, hasty
from app.store.errors import NoSuchRecordError
from app.store.hidden import is_person, is_shown, purge_abandoned
from app.store.owners import is_gone, this_process
from app.store.records import NewSession, Session
from app.store.temporary import forget_temporary


def start_session(store: Store, new: NewSession) -> int:
    """Begin a session; gives its number. It stays open until `end_session`.

    Raises:
        NoSuchRecordError: its participant is not there.
    """
    with store.write() as connection:
        return insert_session(connection, new, state="open")


def insert_session(
    connection: Connection, new: NewSession, *, state: str, uid: str | None = None, ended_at: datetime | None = None
) -> int:
    """`start_session` within a transaction; also for sessions that come whole.

    Raises:
        NoSuchRecordError: its participant is not there.
    """
    if connection.scalar(select(tables.participants.c.id).filter_by(id=new.participant_id)) is None:
        raise NoSuchRecordError(f"There is no participant {new.participant_id}; choose one that is stored.")
    values = vars(new) | {
        "uid": uid or uuid.uuid4().hex,
        "title": new.title.strip(),
        "state": state,
        "ended_at": ended_at,
        "owner": this_process(),
        "alive_at": datetime.now(UTC),
    }
    return int(connection.execute(insert(tables.sessions).values(values).returning(tables.sessions.c.id)).scalar_one())


def end_session(store: Store, session_id: int, ended_at: datetime | None = None) -> None:
    """Close a session properly; without a time, now.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    _change(store, session_id, {"ended_at": ended_at or datetime.now(UTC), "state": "closed"})


def edit_session(store: Store, session_id: int, *, title: str, note: str) -> None:
    """Give another title and note.

    Raises:
        NoSuchRecordError: there is none of that number.
        StoreError: the title is none, or the note too long.
    """
    title, note = check_name("A session's title", title), check_text("A session's note", note)
    _change(store, session_id, {"title": title, "note": note})


def forget_video(store: Store, session_id: int) -> None:
    """Say no more that a session has a video; its file is the caller's business.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    _change(store, session_id, {"video_file": None, "video_consent_at": None})


def sessions(store: Store, *, participant_id: int | None = None) -> list[Session]:
    """All, or those of one participant, newest first."""
    query = with_names().order_by(tables.sessions.c.started_at.desc(), tables.sessions.c.id.desc())
    if participant_id is not None:
        query = query.where(tables.sessions.c.participant_id == participant_id)
    with store.read() as connection:
        return [Session.of(row) for row in connection.execute(query)]


def session(store: Store, session_id: int) -> Session:
    """One of them.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    with store.read() as connection:
        row = connection.execute(with_names().where(tables.sessions.c.id == session_id)).one_or_none()
    if row is None:
        raise no_such_session(session_id)
    return Session.of(row)


def recover_sessions(store: Store) -> list[int]:
    """Close the sessions whose recording process is certainly gone, at their last sample; gives their numbers.

    What such a process was still storing or deleting goes for good. To be called once as the program starts; of other
    machines' processes see `lookout`.
    """
    with hasty():
        forget_temporary(store)
        purge_abandoned(store)
        return _recover(store)


def _recover(store: Store) -> list[int]:
    with store.read() as connection:  # most often there are none, and then the start waits for no lock
        if not _abandoned(connection):
            return []
    with store.write() as connection:
        recovered = _abandoned(connection)
        for session_id in recovered:
            end_at_last_moment(connection, session_id)
    return recovered


def _abandoned(connection: Connection) -> list[int]:
    open_ones = connection.execute(select(tables.sessions).where(is_shown()).filter_by(state="open")).all()
    return [int(row.id) for row in open_ones if is_gone(row.owner)]


def end_at_last_moment(connection: Connection, session_id: int) -> None:
    """Close a session that nobody ended, where its last sample or marker stands.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    started_at = connection.scalar(select(tables.sessions.c.started_at).filter_by(id=session_id))
    if started_at is None:
        raise no_such_session(session_id)
    ended_at = started_at + timedelta(milliseconds=last_moment_ms(connection, session_id))
    values = {"state": "recovered", "ended_at": ended_at}
    connection.execute(update(tables.sessions).filter_by(id=session_id).values(values))


def last_moment_ms(connection: Connection, session_id: int) -> int:
    """The time of a session's last sample or marker, in milliseconds since its start; 0 without any."""
    ends = [
        connection.scalar(select(func.max(column)).where(table.c.session_id == session_id))
        for table, column in (
            (tables.samples, tables.samples.c.time_ms),
            (tables.markers, tables.markers.c.time_ms),
            (tables.markers, tables.markers.c.end_ms),
        )
    ]
    return max((int(end) for end in ends if end is not None), default=0)


def mark_alive(connection: Connection, session_id: int) -> None:
    """Say that this process still records the session; one that was closed as dead by mistake is open again.

    Raises:
        NoSuchRecordError: it was deleted, or another process records it by now.
    """
    ours = update(tables.sessions).where(is_shown()).filter_by(id=session_id, owner=this_process())
    if not connection.execute(ours.values(_alive())).rowcount:
        raise NoSuchRecordError(
            "The session was deleted, or continues at another server, so the recording has ended here."
        )


def record_here(connection: Connection, session_id: int) -> None:
    """Make this process the one that records the session."""
    values = _alive() | {"owner": this_process()}
    connection.execute(update(tables.sessions).filter_by(id=session_id).values(values))


def _alive() -> dict[str, Any]:
    return {"alive_at": datetime.now(UTC), "state": "open", "ended_at": None}


def with_names() -> Select[Any]:
    """All sessions that are shown, with their participants' names and owners: what `Session.of` reads."""
    people = tables.participants
    named = select(tables.sessions, people.c.name.label("participant"), people.c.belongs_to)
    return named.join(tables.participants).where(is_person())


def _change(store: Store, session_id: int, values: dict[str, Any]) -> None:
    ours = update(tables.sessions).where(is_shown()).filter_by(id=session_id)
    with store.write() as connection:
        if not connection.execute(ours.values(values)).rowcount:
            raise no_such_session(session_id)


def no_such_session(session_id: int) -> NoSuchRecordError:
    """The error for a number without a session."""
    return NoSuchRecordError(f"There is no session {session_id}; it may have been deleted, so reload the list.")
