"""The last minutes of results, for charts and downloads."""

import threading
from collections import deque

from fer_core.results import FrameResult


class EmotionHistory:
    """A rolling window of results. Thread-safe: one thread adds, others take snapshots.

    Results closer than `min_interval_s` to the last one kept are left out, so that five minutes stay small whatever
    the frame rate: charts cannot show more, and recordings do not come from here.
    """

    def __init__(self, *, window_s: float = 300.0, min_interval_s: float = 0.1) -> None:
        """Start empty.

        Args:
            window_s: seconds that are kept.
            min_interval_s: seconds between two results that are kept.
        """
        self.window_s = window_s
        self._min_interval_s = min_interval_s
        # Nine tenths of the interval, as in `add`: otherwise 11 results a second would push the window's start out.
        self._results: deque[FrameResult] = deque(maxlen=int(window_s / (0.9 * min_interval_s)) + 2)
        self._lock = threading.Lock()

    def add(self, result: FrameResult) -> None:
        """Append a result that is newer than all before; left out where it comes too soon after the last one."""
        with self._lock:
            # A tenth of tolerance: frames of a 10 Hz source jitter around the interval.
            if self._results and result.captured_at_s - self._results[-1].captured_at_s < 0.9 * self._min_interval_s:
                return
            self._results.append(result)
            while self._results[0].captured_at_s < result.captured_at_s - self.window_s:
                self._results.popleft()

    def snapshot(self, *, since_s: float | None = None) -> tuple[FrameResult, ...]:
        """The results so far, oldest first, from `since_s` on where it is given (on the results' own clock)."""
        with self._lock:
            kept = tuple(self._results)
        return kept if since_s is None else tuple(r for r in kept if r.captured_at_s >= since_s)

    def clear(self) -> None:
        """Drop all results; the window starts anew."""
        with self._lock:
            self._results.clear()

    def __len__(self) -> int:
        with self._lock:
            return len(self._results)
