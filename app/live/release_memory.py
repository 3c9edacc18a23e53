"""After a video has ended: what it held goes back to the system."""

import contextlib
import ctypes
import gc
import sys
import threading
from typing import Final

AFTER_S: Final = 5.0
"""By then WebRTC has let go of the connection."""

_lock = threading.Lock()
_pending: threading.Timer | None = None


def give_memory_back() -> None:
    """Free what nobody uses any more, and hand it back to the system.

    A connection, its tracks and its codecs refer to each other in circles, and a process that has little to do looks
    for circles seldom. Then glibc would keep their 60 MB for itself. Both take a few milliseconds, as the models and
    libraries are frozen (see `app.live.pipelines`).
    """
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


def give_memory_back_soon() -> None:
    """The same in `AFTER_S` seconds, on a thread that keeps no program from ending.

    Once for all videos that end meanwhile: each collection stops every other thread for as long as it takes.
    """
    global _pending
    with _lock:
        if _pending is not None:
            _pending.cancel()
        _pending = threading.Timer(AFTER_S, give_memory_back)
        _pending.daemon = True
        _pending.start()
