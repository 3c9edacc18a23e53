"""How many live results this server has given, in all and lately. Imports no Streamlit."""

import threading
import time
from collections import deque
from typing import Final

from app.server import for_server

RECENT_S: Final = 10.0
_BIN_S: Final = 1.0


class ResultCounter:
    """Counts results of all viewers. Thread-safe."""

    def __init__(self) -> None:
        """None has come."""
        self._lock = threading.Lock()
        self._total = 0
        self._bins: deque[list[float]] = deque()  # when it began, and how many came

    @property
    def total(self) -> int:
        """Since the server's start."""
        with self._lock:
            return self._total

    def add(self) -> None:
        """One more came, now."""
        now_s = time.monotonic()
        with self._lock:
            self._total += 1
            if not self._bins or now_s - self._bins[-1][0] >= _BIN_S:
                self._forget(now_s)
                self._bins.append([now_s, 0])
            self._bins[-1][1] += 1

    def per_second(self) -> float:
        """On average over the last `RECENT_S` seconds."""
        with self._lock:
            self._forget(time.monotonic())
            return sum(count for _, count in self._bins) / RECENT_S

    def _forget(self, now_s: float) -> None:
        while self._bins and now_s - self._bins[0][0] > RECENT_S:
            self._bins.popleft()


@for_server
def results_given() -> ResultCounter:
    """The server's, over all viewers."""
    return ResultCounter()
