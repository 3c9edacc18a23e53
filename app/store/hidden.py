"""Sessions that are in the database and nowhere to be seen: those still being stored, and those being deleted.

A long session is neither stored nor deleted in one transaction: on SQLite, recordings would have to wait for it. It is
done in short steps, and nobody sees the session meanwhile: it belongs to a stand-in, a participant whose name nobody
can type. However the work ends, `purge_abandoned` deletes at the next start what it left.
"""

import contextlib
import uuid
from datetime import UTC, datetime
from functools import partial
from glob import escape
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    true,
    update,
)

from app.store import tables
from app.store.database import Store
from app.store.own_rows import owner_of
from app.store.owners import is_dead, this_process
from app.store.steps import STEP_ROWS, Steps

_SIGN: Final = "\x01"
"""Begins a stand-in's name; `check_name` lets no such name in."""


def is_person() -> ColumnElement[bool]:
    """A condition on participants: no stand-in."""
    return func.substr(tables.participants.c.name, 1, 1) != _SIGN


def is_shown() -> ColumnElement[bool]:
    """A condition on sessions: stored whole, and not being deleted."""
    return tables.sessions.c.participant_id.not_in(_stand_ins())


def hidden_sessions() -> Select[Any]:
    """The numbers of all others."""
    return select(tables.sessions.c.id).where(tables.sessions.c.participant_id.in_(_stand_ins()))


def add_stand_in(connection: Connection) -> int:
    """Make a stand-in; gives its number."""
    whose, name = owner_of(connection).name, f"{_SIGN}{uuid.uuid4().hex}"
    values = {"belongs_to": whose, "name": name, "note": "", "created_at": datetime.now(UTC)}
    table = tables.participants
    return int(connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one())


def hide(connection: Connection, which: ColumnElement[bool]) -> tuple[int, int]:
    """Take sessions away from their participants, to be purged.

    Args:
        connection: within a transaction that writes.
        which: a condition on sessions.

    Returns:
        The number of the stand-in that has them now, and how many they are.
    """
    return _hide(connection, and_(which, is_shown()))


def hide_all(connection: Connection) -> tuple[int, int]:
    """All sessions, those that are still being stored too: that ends without them."""
    shown = connection.scalar(select(func.count()).select_from(tables.sessions).where(is_shown())) or 0
    return _hide(connection, true())[0], shown


def _hide(connection: Connection, which: ColumnElement[bool]) -> tuple[int, int]:
    table = tables.sessions
    stand_in = add_stand_in(connection)
    values = {
        "participant_id": stand_in,
        "uid": literal(f"{stand_in}/") + cast(table.c.id, String),  # an export of it can be imported at once
        "owner": this_process(),
        "alive_at": datetime.now(UTC),
    }
    count = connection.execute(update(table).where(which).values(values)).rowcount
    ours = select(table.c.id).filter_by(participant_id=stand_in)
    for other in (tables.baselines, tables.check_ins):  # they are found by their participant, too
        connection.execute(delete(other).where(other.c.session_id.in_(ours)))
    return stand_in, count


def purge(store: Store, stand_in: int) -> None:
    """Delete a stand-in and its sessions, in short steps.

    Raises:
        StoreError: the database cannot be written; `purge_abandoned` goes on with it.
    """
    columns = tables.sessions.c.id, tables.sessions.c.video_file
    with store.read() as connection:
        ours = connection.execute(select(*columns).filter_by(participant_id=stand_in)).all()
    steps = Steps(store)
    for session_id, video in ours:
        if video is not None:
            _delete_video(store, video)
        while steps.in_step(partial(_delete_some, session_id=session_id)):
            pass
    steps.in_step(lambda connection: connection.execute(delete(tables.participants).filter_by(id=stand_in)))


def purge_abandoned(store: Store) -> int:
    """Purge what processes that died were storing or deleting; gives how many stand-ins had it.

    Raises:
        StoreError: the database cannot be read or written.
    """
    table = tables.sessions
    with store.read() as connection:
        rows = connection.execute(
            select(table.c.participant_id, table.c.owner, table.c.alive_at).where(~is_shown())
        ).all()
    abandoned = {int(row.participant_id) for row in rows if is_dead(row.owner, row.alive_at)}
    for stand_in in sorted(abandoned):
        purge(store, stand_in)
    return len(abandoned)


def _delete_video(store: Store, name: str) -> None:
    """With what a process that was killed left of its copy; a video that cannot be deleted hinders nothing."""
    for path in (store.videos / name, *store.videos.glob(f".{escape(name)}.*.part")):
        with contextlib.suppress(OSError):
            path.unlink()


def _stand_ins() -> Select[Any]:
    return select(tables.participants.c.id).where(~is_person())


def _delete_some(connection: Connection, session_id: int) -> bool:
    """Delete the next `STEP_ROWS` samples of a session, or as many of its markers; gives whether there may be more."""
    samples, markers = tables.samples, tables.markers
    for table, column in ((samples, samples.c.time_ms), (markers, markers.c.id)):
        ours = table.c.session_id == session_id
        end = connection.scalar(select(column).where(ours).order_by(column).offset(STEP_ROWS - 1).limit(1))
        gone = connection.execute(delete(table).where(ours, *([] if end is None else [column <= end])))
        if gone.rowcount:
            return True
    connection.execute(delete(tables.sessions).filter_by(id=session_id))
    return False
