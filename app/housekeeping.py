"""What a server that is never stopped does from time to time: the work that else only a start would do.

It closes what other processes left open as they died, and deletes what is past its time. Imports no Streamlit.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from app.recording.interrupted import Interrupted
from app.recording.video import rescue_half_videos
from app.store.database import Store
from app.store.errors import StoreError
from app.store.hidden import purge_abandoned
from app.store.lookout import Lookout
from app.store.privacy import apply_retention

log = logging.getLogger(__name__)

LOOK_EACH_S: Final = 5.0
TIDY_EACH_S: Final = 3600.0


class Housekeeping:
    """One server's. Belongs to one thread."""

    def __init__(self, opened: Callable[[], Store], interrupted: Callable[[], Interrupted]) -> None:
        """Nothing is done yet.

        Args:
            opened: gives everybody's store, opened and put in order; may raise StoreError.
            interrupted: notes recordings that ended with their server.
        """
        self._opened, self._interrupted = opened, interrupted
        self._store: Store | None = None
        self._lookout: Lookout | None = None
        self._tidied_s = time.monotonic()
        self._problem = ""

    def round(self, now_s: float) -> None:
        """Do what is due; what the store cannot do now is logged once and tried again."""
        try:
            self._do(now_s)
            self._problem = ""
        except StoreError as error:
            if str(error) != self._problem:
                log.warning("Housekeeping waits: %s", error)
            self._problem = str(error)
        # Broad on purpose: an error that ended this thread would end retention for good.
        except Exception:
            log.exception("Housekeeping failed")

    def _do(self, now_s: float) -> None:
        store = self._opened()
        if self._lookout is None or store is not self._store:
            self._store, self._lookout = store, Lookout(store)
        closed = self._lookout.look(now_s)
        if closed:
            log.warning("%d recordings ended with their server; they are closed", len(closed))
            rescue_half_videos(store, closed)
            self._interrupted().note(closed)
        if now_s - self._tidied_s >= TIDY_EACH_S:
            self._tidied_s = now_s
            purge_abandoned(store)
            apply_retention(store)


@contextmanager
def kept(opened: Callable[[], Store], interrupted: Callable[[], Interrupted]) -> Iterator[None]:
    """Housekeeping on a thread of its own for as long as the block lasts; see `Housekeeping`."""
    over = threading.Event()
    keeper = Housekeeping(opened, interrupted)

    def work() -> None:
        while not over.wait(LOOK_EACH_S):
            keeper.round(time.monotonic())

    threading.Thread(target=work, name="housekeeping", daemon=True).start()
    try:
        yield
    finally:
        over.set()
