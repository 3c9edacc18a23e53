"""Who may analyse now: viewers wait in line, so that on a full machine everybody's rate falls evenly. No Streamlit."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event

from app.server import for_server
from fer_core.processor import cores_allowed


@dataclass(frozen=True)
class Turns:
    """The turns that have ended, since the beginning.

    Attributes:
        count: of them.
        waited_s: in line, all together.
        lasted_s: all together.
    """

    count: int = 0
    waited_s: float = 0.0
    lasted_s: float = 0.0


class AnalysisSlots:
    """So many analyses at a time, first come, first served. Thread-safe, not re-entrant.

    A semaphore gives its place to whichever thread the system wakes, and one that asks again at once is mostly the
    first. Here a place that becomes free goes to the head of the line, and whoever had it stands at its end.
    """

    def __init__(self, count: int) -> None:
        """All are free.

        Args:
            count: how many analyses may run at a time, from 1.
        """
        if count < 1:
            raise ValueError(f"count must be at least 1, got {count}")
        self.count = count
        self._lock = threading.Lock()
        self._free = count
        self._line: deque[Event] = deque()
        self._turns = Turns()

    @property
    def waiting(self) -> int:
        """How many stand in line now."""
        with self._lock:
            return len(self._line)

    @property
    def turns(self) -> Turns:
        """What they were so far; two of them tell what was between."""
        with self._lock:
            return self._turns

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait in line, then have a slot for as long as the block runs, however it ends.

        What may have changed meanwhile (the newest frame, whether the viewer is still there) is best asked inside.
        """
        came_s = time.monotonic()
        self._wait()
        begun_s = time.monotonic()
        try:
            yield
        finally:
            ended_s = time.monotonic()
            with self._lock:
                self._pass_on()
                before = self._turns
                self._turns = replace(
                    before,
                    count=before.count + 1,
                    waited_s=before.waited_s + begun_s - came_s,
                    lasted_s=before.lasted_s + ended_s - begun_s,
                )

    def _wait(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            called = Event()
            self._line.append(called)
        try:
            called.wait()
        except BaseException:  # an interrupt: the line must not wait for somebody who has gone
            with self._lock:
                if called.is_set():
                    self._pass_on()
                else:
                    self._line.remove(called)
            raise

    def _pass_on(self) -> None:
        """Give a slot to the head of the line; to be called with the lock. Nobody can come between."""
        if self._line:
            self._line.popleft().set()
        else:
            self._free += 1


@for_server
def analysis_slots() -> AnalysisSlots:
    """The server's, over all viewers: one per core.

    With a core left free for decoding and sending, two cores gave eight viewers a fifth less (docs/decisions.md): an
    analysis that waits for Python's lock uses no core.
    """
    return AnalysisSlots(max(1, int(cores_allowed())))
