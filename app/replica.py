"""This server's row in the store: every few seconds it says how it stands, for the administrators of all replicas.

It never opens the store itself, and a store that does not answer delays nothing but this. Imports no Streamlit.
"""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Final

from app.live.load import Standing, load_watch
from app.store.database import Store
from app.store.errors import StoreError
from app.store.owners import this_process
from app.store.replicas import Replica, forget, tell
from fer_core import __version__

log = logging.getLogger(__name__)

TELL_EACH_S: Final = 10.0
FAREWELL_S: Final = 2.0
"""So long the end of the server waits for its row to be deleted."""


def own_row(standing: Standing) -> Replica:
    """What this server says of itself now."""
    return Replica(
        name=this_process(),
        at=datetime.now(UTC),
        version=__version__,
        viewers=standing.viewers,
        most_viewers=standing.limit,
        measured=standing.measured,
        cores_per_viewer=standing.cores_per_viewer,
        rate_min=standing.rate_min,
        rate_median=standing.rate_median,
        wait_s=standing.wait_s,
        verdict=standing.verdict.value,
    )


@contextmanager
def told(opened: Callable[[], Store | None], standing: Callable[[], Standing] | None = None) -> Iterator[None]:
    """Tell the store how this server stands, on a thread of its own, for as long as the block lasts.

    Args:
        opened: gives everybody's store; None while nobody has opened it.
        standing: gives what is told; None for this server's own.
    """
    over = threading.Event()
    stands = standing or (lambda: load_watch().standing())
    teller = threading.Thread(target=_work, args=(over, opened, stands), name="replica", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join(FAREWELL_S)


def _work(over: threading.Event, opened: Callable[[], Store | None], standing: Callable[[], Standing]) -> None:
    problem = ""
    wait_s = 1.0  # the store is opened soon after the start
    while not over.wait(wait_s):
        # Broad on purpose: an error that ended this thread would leave an old row for good.
        try:
            store = opened()
            if store is None:
                continue
            wait_s = TELL_EACH_S
            tell(store, own_row(standing()))
            problem = ""
        except StoreError as error:
            if str(error) != problem:
                log.warning("The store is not told how this server stands: %s", error)
            problem = str(error)
        except Exception:
            log.exception("The store could not be told how this server stands")
    store = opened()
    if store is not None and not problem:
        with contextlib.suppress(StoreError):  # the row grows old by itself
            forget(store, this_process())
