"""The markers of a session while it is recorded. Imports no Streamlit."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.records import Marker, MarkerKind
from app.store.session_parts import add_marker, edit_marker

EXTEND_EACH_MS: Final = 1000


@dataclass(frozen=True)
class MarkersView:
    """A look at the markers: all of one moment.

    Attributes:
        task: the name of the task that is going on; empty without one.
        open_range: the range that is being left out; None while what happens counts.
        newest: the markers made last, newest first; an open range ends where it was last extended.
    """

    task: str
    open_range: Marker | None
    newest: tuple[Marker, ...]


class SessionMarkers:
    """Notes, tasks and excluded ranges of one session, each stored as soon as it is made. Thread-safe.

    Every method that makes one may raise StoreError: nothing was marked then. A marker's moment is that of the call,
    however long the store takes.
    """

    def __init__(
        self, store: Store, session_id: int, time_ms: Callable[[], int], earlier: Sequence[Marker] = ()
    ) -> None:
        """None yet, or those of a recording that goes on: its task too, while an open range ended with its server.

        Args:
            store: where the session is.
            session_id: its number.
            time_ms: gives the milliseconds since its start.
            earlier: what is stored of it, by time.
        """
        self._store = store
        self._session_id = session_id
        self._time_ms = time_ms
        # One lock for whole actions, which wait for the store, and one for what is read, which nobody waits for.
        self._acting = threading.RLock()
        self._lock = threading.Lock()
        self._made: list[Marker] = list(earlier)
        tasks = [marker for marker in earlier if marker.kind in ("task_start", "task_end")]
        self._task: Marker | None = tasks[-1] if tasks and tasks[-1].kind == "task_start" else None
        self._range: Marker | None = None
        self._last_ms = max((marker.end_ms or marker.time_ms for marker in earlier), default=0)
        self._is_closed = False

    def view(self, count: int) -> MarkersView:
        """How things stand, with at most `count` of the newest markers."""
        with self._lock:
            task = "" if self._task is None else self._task.text
            return MarkersView(task, self._range, tuple(self._made[: -count - 1 : -1]))

    @property
    def task(self) -> str:
        """See `MarkersView`."""
        return self.view(0).task

    @property
    def open_range(self) -> Marker | None:
        """See `MarkersView`."""
        return self.view(0).open_range

    def newest(self, count: int) -> list[Marker]:
        """See `MarkersView`."""
        return list(self.view(count).newest)

    @property
    def last_ms(self) -> int:
        """When somebody last marked something, in milliseconds since the session's start; 0 before the first time."""
        with self._lock:
            return self._last_ms

    def note(self, text: str) -> None:
        """Mark this moment."""
        now_ms = self._time_ms()
        with self._acting:
            self._mark("note", text.strip(), now_ms)

    def start_task(self, name: str) -> None:
        """Begin a task or stimulus; one that is going on ends."""
        now_ms = self._time_ms()
        with self._acting:
            name = name.strip() or self._next_name()
            self._end_task(now_ms)
            task = self._mark("task_start", name, now_ms)
            with self._lock:
                self._task = task

    def end_task(self) -> None:
        """End the task that is going on, if there is one."""
        now_ms = self._time_ms()
        with self._acting:
            self._end_task(now_ms)

    def start_range(self) -> None:
        """What happens from now on counts nowhere, until `end_range`."""
        now_ms = self._time_ms()
        with self._acting:
            if self.open_range is None:
                opened = self._mark("exclude", "", now_ms, lasts_ms=1)
                with self._lock:
                    self._range = opened

    def end_range(self) -> None:
        """What happens from now on counts again."""
        now_ms = self._time_ms()
        with self._acting:
            self._end_range(now_ms)

    def keep_open_range(self) -> None:
        """Let the open range reach up to now, about each second: a program that dies leaves it nearly whole."""
        with self._acting:
            now_ms, before = self._time_ms(), self.open_range
            if before is not None and now_ms - (before.end_ms or 0) >= EXTEND_EACH_MS:
                self._let_range_end(before, now_ms)

    def close(self, ended_ms: int | None = None) -> None:
        """The session ends: end what is open, then and there, and mark no more.

        Args:
            ended_ms: where the session ends, in milliseconds since its start; None for now. What began later ends
                where it began.
        """
        now_ms = self._time_ms() if ended_ms is None else ended_ms
        with self._acting:
            try:
                self._end_task(now_ms)
            finally:
                try:
                    self._end_range(now_ms)
                finally:
                    self._is_closed = True

    def _end_task(self, now_ms: int) -> None:
        with self._lock:
            task = self._task
        if task is not None:
            self._mark("task_end", task.text, max(now_ms, task.time_ms))
            with self._lock:
                self._task = None

    def _end_range(self, now_ms: int) -> None:
        before = self.open_range
        if before is not None:
            self._let_range_end(before, now_ms)
            with self._lock:
                self._range, self._last_ms = None, max(self._last_ms, now_ms)

    def _let_range_end(self, before: Marker, now_ms: int) -> None:
        now: Marker | None = replace(before, end_ms=max(before.time_ms + 1, now_ms))
        try:
            edit_marker(self._store, now or before)
        except NoSuchRecordError:
            now = None  # deleted elsewhere, so all of it counts again
        with self._lock:
            self._range = now
            place = self._made.index(before)
            self._made[place : place + 1] = [] if now is None else [now]

    def _next_name(self) -> str:
        with self._lock:
            return f"Task {sum(marker.kind == 'task_start' for marker in self._made) + 1}"

    def _mark(self, kind: MarkerKind, text: str, now_ms: int, *, lasts_ms: int | None = None) -> Marker:
        if self._is_closed:
            raise StoreError("The recording has ended, so nothing was marked. Add it on the session's own page.")
        marker = Marker(now_ms, kind, text, None if lasts_ms is None else now_ms + lasts_ms)
        marker = replace(marker, id=add_marker(self._store, self._session_id, marker))
        with self._lock:
            self._made.append(marker)
            self._last_ms = max(self._last_ms, now_ms)
        return marker
