"""When a frame was taken, from when it came and what the camera's end says of its time. Imports no Streamlit."""

from collections import deque
from typing import Final

WINDOW_S: Final = 10.0
MAX_AGE_S: Final = 2.0
"""A frame that would be older, or from the future, has no usable time of its own."""


class CaptureClock:
    """Puts the frames' own times, whose zero is anywhere, on the server's clock. Belongs to one thread.

    A frame comes late by as much as its way was slow, and by one frame more: the receiver knows that it is whole only
    when the next one begins (aiortc's jitter buffer). So the arrival of each frame is held against the own time of the
    one after it, and the quickest of the last seconds says what lies between the two clocks.
    """

    def __init__(self) -> None:
        """Nothing has come."""
        self._lags: deque[tuple[float, float]] = deque()  # arrival, arrival less the next frame's own time
        self._arrived_s: float | None = None
        self._own_s = 0.0
        self._last_s = 0.0

    def captured_at(self, own_s: float | None, now_s: float) -> float:
        """When the frame was taken, in seconds of the server's clock; never before the frame before it.

        Args:
            own_s: the frame's own time; None where it has none.
            now_s: when it came.
        """
        at_s = now_s if own_s is None else self._at(own_s, now_s)
        self._last_s = max(self._last_s, at_s)
        return self._last_s

    def _at(self, own_s: float, now_s: float) -> float:
        if self._arrived_s is not None and own_s < self._own_s:
            self._lags.clear()  # another stream
        elif self._arrived_s is not None:
            lag_s = self._arrived_s - own_s
            while self._lags and self._lags[-1][1] >= lag_s:
                self._lags.pop()  # only what may still become the least is kept
            self._lags.append((self._arrived_s, lag_s))
        self._arrived_s, self._own_s = now_s, own_s
        while self._lags and now_s - self._lags[0][0] > WINDOW_S:
            self._lags.popleft()
        if not self._lags:
            return now_s
        at_s = own_s + self._lags[0][1]
        if 0 <= now_s - at_s <= MAX_AGE_S:
            return at_s
        self._lags.clear()
        return now_s
