"""Long work on the store in short transactions, so that a recording's samples are on disk in time whatever else runs.

SQLite has one write lock, and whoever waits for it asks for it again at most each tenth of a second. So each step is
short, and between two steps the lock is free for at least as long as the step before held it.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from sqlalchemy import Connection

from app.store.database import Store

T = TypeVar("T")
STEP_ROWS: Final = 2_000
"""So many samples are written or deleted in one step: some hundredths of a second."""
LEAST_PAUSE_S: Final = 0.005
MOST_PAUSE_S: Final = 1.0


class Steps:
    """The steps of one piece of work. Belongs to one thread."""

    def __init__(self, store: Store) -> None:
        """Nothing is done yet."""
        self._store = store
        self._next_s = 0.0

    def in_step(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a transaction of its own, after others had their turn; gives what `work` gives.

        Raises:
            StoreError: the database cannot be written.
        """
        if self._store.is_sqlite:
            time.sleep(max(0.0, self._next_s - time.monotonic()))
        with self._store.write() as connection:
            started_s = time.monotonic()
            done = work(connection)
        ended_s = time.monotonic()
        self._next_s = ended_s + min(max(LEAST_PAUSE_S, ended_s - started_s), MOST_PAUSE_S)
        return done
