"""The thread that watches over a recording, whatever goes wrong. Imports no Streamlit."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from app.store.errors import StoreError

log = logging.getLogger(__name__)

WATCH_EACH_S: Final = 0.25
SURPRISE_S: Final = 3.0
"""An error that nobody thought of and that lasts for this long ends a recording."""


def start_watch(
    over: threading.Event, look: Callable[[float], None], give_up: Callable[[float, Exception], None]
) -> None:
    """Look each `WATCH_EACH_S`, on a thread of its own, until it is over.

    Args:
        over: set when nothing is left to watch.
        look: called with the monotonic time in seconds; may raise anything. What the store cannot do is somebody
            else's to tell.
        give_up: called with the time and the error, when every look for `SURPRISE_S` met one that nobody thought of.
    """
    threading.Thread(target=_watch, args=(over, look, give_up), name="session-watch", daemon=True).start()


def attempt(work: Callable[[], object], failure: str) -> None:
    """Do one of several things that must all be tried; an error is only logged, after the words `failure`."""
    try:
        work()
    except Exception:
        log.exception("Recording: %s", failure)


def _watch(over: threading.Event, look: Callable[[float], None], give_up: Callable[[float, Exception], None]) -> None:
    surprised_s: float | None = None
    while not over.wait(WATCH_EACH_S):
        now_s = time.monotonic()
        try:
            look(now_s)
            surprised_s = None
        except StoreError as error:
            log.warning("Recording: %s", error)
        # Broad on purpose: an error that ended this thread would leave the session open for ever.
        except Exception as error:
            log.exception("Watching over a recording failed")
            surprised_s = now_s if surprised_s is None else surprised_s
            if now_s - surprised_s >= SURPRISE_S:
                _give_up(give_up, now_s, error)


def _give_up(give_up: Callable[[float, Exception], None], now_s: float, error: Exception) -> None:
    attempt(lambda: give_up(now_s, error), "it could not be closed, which is tried again")
