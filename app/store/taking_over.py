"""A session whose recording process has died is recorded further by another one, here or on another machine."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from app.store import tables
from app.store.database import Store
from app.store.errors import StoreError
from app.store.hidden import is_shown
from app.store.owners import is_dead
from app.store.records import Session
from app.store.sessions import last_moment_ms, record_here, session

SILENT: Final = timedelta(seconds=5)
"""A recording process says each second that it lives. One that was silent for so long has lost the browser that now
asks another one to go on, whether or not it is dead."""
KEPT: Final = timedelta(minutes=5)
"""Later nobody goes on: the rest of a day is no part of the session."""


class StillRecordedError(StoreError):
    """The process that records the session may still live; asked again in a moment, the answer is known."""


@dataclass(frozen=True)
class TakenOver:
    """A session that this process records from now on.

    Attributes:
        session: as it is stored now.
        last_ms: its last sample or marker, in milliseconds since its start.
        highest_face: the highest number of a face in it; 0 before the first.
    """

    session: Session
    last_ms: int
    highest_face: int


def take_over(store: Store, uid: str) -> TakenOver | None:
    """Make this process the one that records the session; the other one writes nothing more.

    Args:
        store: in which the session is seen by whoever asks.
        uid: of the session.

    Returns:
        None where there is no such session, or it was ended, or has been silent for longer than `KEPT`.

    Raises:
        StillRecordedError: it is being recorded, or was a few seconds ago.
        StoreError: the store cannot be written.
    """
    with store.write() as connection:
        # Locked, as two replicas may be asked at once.
        wanted = select(tables.sessions).where(is_shown()).filter_by(uid=uid).with_for_update(of=tables.sessions)
        found = connection.execute(wanted).one_or_none()
        if found is None or found.state == "closed" or datetime.now(UTC) - found.alive_at > KEPT:
            return None
        is_silent = datetime.now(UTC) - found.alive_at > SILENT
        if found.state == "open" and not is_silent and not is_dead(found.owner, found.alive_at):
            raise StillRecordedError("Another server still records this session.")
        record_here(connection, found.id)
        last_ms = last_moment_ms(connection, found.id)
        faces = select(func.max(tables.samples.c.face)).filter_by(session_id=found.id)
        highest_face = int(connection.scalar(faces) or 0)
    return TakenOver(session(store, found.id), last_ms, highest_face)
