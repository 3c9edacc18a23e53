"""The markers of a session while it is recorded. Imports no Streamlit."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from app.store.database import Store
from app.store.records import Marker, MarkerKind
from app.store.session_parts import add_marker, edit_marker

EXTEND_EACH_MS: Final = 1000


class SessionMarkers:
    """Notes, tasks and excluded ranges of one session, each stored as soon as it is made. Thread-safe.

    Every method that makes one may raise StoreError: nothing was marked then.
    """

    def __init__(self, store: Store, session_id: int, time_ms: Callable[[], int]) -> None:
        """None yet.

        Args:
            store: where the session is.
            session_id: its number.
            time_ms: gives the milliseconds since its start.
        """
        self._store = store
        self._session_id = session_id
        self._time_ms = time_ms
        self._lock = threading.Lock()
        self._made: list[Marker] = []
        self._task = ""
        self._range: Marker | None = None

    @property
    def task(self) -> str:
        """The name of the task that is going on; empty without one."""
        return self._task

    @property
    def open_range(self) -> Marker | None:
        """The range that is being left out; None while what happens counts."""
        return self._range

    def newest(self, count: int) -> list[Marker]:
        """The markers made last, newest first; an open range ends where it was last extended."""
        with self._lock:
            return self._made[: -count - 1 : -1]

    def note(self, text: str) -> None:
        """Mark this moment."""
        self._mark("note", text.strip())

    def start_task(self, name: str) -> None:
        """Begin a task or stimulus; one that is going on ends."""
        if not name.strip():
            name = self._next_name()
        self.end_task()
        self._mark("task_start", name.strip())
        self._task = name.strip()

    def end_task(self) -> None:
        """End the task that is going on, if there is one."""
        if self._task:
            self._mark("task_end", self._task)
            self._task = ""

    def start_range(self) -> None:
        """What happens from now on counts nowhere, until `end_range`."""
        if self._range is None:
            self._range = self._mark("exclude", "", lasts_ms=1)

    def end_range(self) -> None:
        """What happens from now on counts again."""
        self._extend_range(at_least_ms=0)
        self._range = None

    def keep_open_range(self) -> None:
        """Let the open range reach up to now, about each second: a program that dies leaves it nearly whole."""
        self._extend_range(at_least_ms=EXTEND_EACH_MS)

    def _extend_range(self, *, at_least_ms: int) -> None:
        with self._lock:
            before = self._range
            if before is None or self._time_ms() - (before.end_ms or 0) < at_least_ms:
                return
            now = replace(before, end_ms=max(before.time_ms + 1, self._time_ms()))
            edit_marker(self._store, now)
            self._made[self._made.index(before)] = self._range = now

    def close(self) -> None:
        """The session ends: end what is open."""
        self.end_task()
        self.end_range()

    def _next_name(self) -> str:
        return f"Task {sum(marker.kind == 'task_start' for marker in self._made) + 1}"

    def _mark(self, kind: MarkerKind, text: str, *, lasts_ms: int | None = None) -> Marker:
        now_ms = self._time_ms()
        marker = Marker(now_ms, kind, text, None if lasts_ms is None else now_ms + lasts_ms)
        with self._lock:
            marker = replace(marker, id=add_marker(self._store, self._session_id, marker))
            self._made.append(marker)
        return marker
