"""Storing a long session that comes whole, as an import or the result of a film: in short steps, seen only when done.

    with staged(store, new) as stage:
        stage.add_samples(rows)        # as often as it takes
        stage.publish("P01")           # now it is there

What is not published when the block ends is deleted; where the program is killed, at the next start.
"""

import contextlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app.store import tables
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.hidden import add_stand_in, purge
from app.store.participants import find_or_add
from app.store.records import NewSession
from app.store.sessions import end_at_last_moment, insert_session
from app.store.steps import STEP_ROWS, Steps


@dataclass(frozen=True)
class StagedSession:
    """A session that is being stored.

    Attributes:
        session_id: its number, which it keeps.
        stand_in: the number of the participant who has it until it is published; so have its baselines and check-ins.
    """

    session_id: int
    stand_in: int
    _steps: Steps

    def in_step(self, work: Callable[[Connection], object]) -> None:
        """One short step in a transaction of its own.

        Raises:
            NoSuchRecordError: everything was deleted meanwhile.
            StoreError: the database cannot be written.
        """

        def alive(connection: Connection) -> None:
            ours = update(tables.sessions).filter_by(id=self.session_id, participant_id=self.stand_in)
            if not connection.execute(ours.values(alive_at=datetime.now(UTC))).rowcount:
                raise NoSuchRecordError("The session was deleted while it was being stored; nothing of it is kept.")
            work(connection)

        self._steps.in_step(alive)

    def insert(self, table: Any, rows: Sequence[dict[str, Any]]) -> None:
        """Store rows of a table, step by step; they get the session's number.

        Raises:
            StoreError: the database cannot be written.
        """
        for start in range(0, len(rows), STEP_ROWS):
            part = [row | {"session_id": self.session_id} for row in rows[start : start + STEP_ROWS]]
            self.in_step(partial(Connection.execute, statement=insert(table), parameters=part))

    def publish(
        self, participant: str, end: datetime | None, *, note: str = "", uid: str = "", state: str = "closed"
    ) -> None:
        """Give the session to the participant of that name, who is made where there is none; now it is whole.

        Args:
            participant: the name.
            end: when it ended; None for where its last sample or marker stands.
            note: of a participant who is made.
            uid: the session's own; empty for a new one.
            state: "closed", or "recovered" where it had been interrupted.

        Raises:
            StoreError: a session of that uid is stored already, or the database cannot be written.
        """
        uid = uid or uuid.uuid4().hex
        about = {"uid": uid, "ended_at": end, "state": state}

        def work(connection: Connection) -> None:
            refuse_stored(connection, uid)
            owner = {"participant_id": find_or_add(connection, participant, note)}
            for table in (tables.baselines, tables.check_ins):
                connection.execute(update(table).filter_by(session_id=self.session_id).values(owner))
            connection.execute(update(tables.sessions).filter_by(id=self.session_id).values(about | owner))
            if end is None:
                end_at_last_moment(connection, self.session_id)
            connection.execute(delete(tables.participants).filter_by(id=self.stand_in))

        self.in_step(work)


@contextmanager
def staged(store: Store, new: NewSession) -> Iterator[StagedSession]:
    """A session that is seen once it is published; otherwise it is gone when the block ends.

    Args:
        store: where to.
        new: whose participant does not count yet.

    Raises:
        StoreError: the database cannot be written.
    """
    steps = Steps(store)

    def begin(connection: Connection) -> StagedSession:
        stand_in = add_stand_in(connection)
        session_id = insert_session(connection, replace(new, participant_id=stand_in), state="open")
        return StagedSession(session_id, stand_in, steps)

    stage = steps.in_step(begin)
    try:
        yield stage
    finally:  # also where the page's run is ended meanwhile, as when its tab is closed
        with contextlib.suppress(StoreError):  # whatever is wrong, the next start tries again
            purge(store, stage.stand_in)  # once published, it has nothing


def refuse_stored(connection: Connection, uid: str) -> None:
    """Raises StoreError where a session of that uid is stored."""
    title = connection.scalar(select(tables.sessions.c.title).filter_by(uid=uid))
    if title is not None:
        raise StoreError(f"this session is already stored, as {title!r}; delete that one first.")
