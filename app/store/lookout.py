"""Sessions that a process left open as it died, found while another one goes on; without asking what time it is.

A process that records says each second that it lives, but it may be kept from that for minutes, as by a database that
does not answer, and clocks are set and differ between machines. So none counts as dead before it was seen to stand
still.
"""

import time
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select

from app.store import tables
from app.store.database import Store
from app.store.hidden import is_shown
from app.store.owners import SILENT, is_dead, is_gone, this_process
from app.store.sessions import end_at_last_moment

CONFIRM_S: Final = 5.0
"""So long a session that looks dead must stand still before it is closed."""


class Lookout:
    """Looks again and again. Belongs to one thread."""

    def __init__(self, store: Store) -> None:
        """Nothing is seen yet."""
        self._store = store
        self._seen: dict[int, tuple[datetime, float]] = {}

    def look(self, now_s: float | None = None) -> list[int]:
        """Close the sessions whose process is dead at their last sample; gives their numbers.

        Args:
            now_s: by the monotonic clock; None for now.

        Raises:
            StoreError: the database cannot be read or written.
        """
        now_s = time.monotonic() if now_s is None else now_s
        with self._store.read() as connection:
            others = _open_ones().where(tables.sessions.c.owner != this_process())
            rows = connection.execute(others.order_by(tables.sessions.c.id)).all()
        before, self._seen = self._seen, {}
        dead = {}
        for number, owner, alive_at in rows:
            said, since_s = before.get(number, (None, now_s))
            since_s = since_s if said == alive_at else now_s
            self._seen[number] = (alive_at, since_s)
            still_s = now_s - since_s
            if is_gone(owner) or still_s >= (CONFIRM_S if is_dead(owner, alive_at) else SILENT.total_seconds()):
                dead[number] = alive_at
        return self._close(dead) if dead else []

    def _close(self, dead: dict[int, datetime]) -> list[int]:
        with self._store.write() as connection:
            # Asked again under the lock: it may have spoken since, and another process may look out as well.
            found = {number: alive_at for number, _, alive_at in connection.execute(_open_ones().with_for_update())}
            closed = [number for number, alive_at in dead.items() if found.get(number) == alive_at]
            for number in closed:
                end_at_last_moment(connection, number)
        return closed


def _open_ones() -> Select[Any]:
    columns = tables.sessions.c.id, tables.sessions.c.owner, tables.sessions.c.alive_at
    return select(*columns).where(is_shown()).filter_by(state="open")
