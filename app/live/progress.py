"""What has come from the camera and what was answered: the state that the page tells, and how far labels lag.

Imports no Streamlit.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from app.live.types import LiveState, LiveStatus
from fer_core.results import Doubt, FrameResult

HOLD_FACTOR: Final = 10.0
"""While the analysis is behind, its last result is shown muted until it is so many times as old as a stale one."""
FEWEST_RECENT: Final = 3
"""On a slow machine fewer answers come in the usual time; rates and delays are then those of the last so many."""


@dataclass(frozen=True)
class Limits:
    """Seconds from which on something is said: see the constants of `app.live.session`."""

    stale_s: float
    recent_s: float
    no_face_s: float
    frames_lost_s: float


@dataclass(frozen=True)
class Shown:
    """What may be drawn now.

    Attributes:
        result: the newest one.
        is_late: it is stale, but the analysis is behind and has nothing newer.
    """

    result: FrameResult
    is_late: bool


@dataclass(frozen=True)
class _Answer:
    at_s: float
    latency_s: float
    lag_s: float  # how far behind the labels were just before


class LiveProgress:
    """Frames and answers of one viewer. Not thread-safe: its session locks."""

    def __init__(self) -> None:
        """Nothing has come."""
        self.frame_times: deque[float] = deque(maxlen=90)
        self.result: FrameResult | None = None
        self.error = ""
        self._refusal = ""
        self._answers: deque[_Answer] = deque(maxlen=60)
        self._face_seen_at_s = 0.0
        self._started_at_s = 0.0
        # The first frame that is not answered, and the first that came after the one in work was taken.
        self._waiting_since_s: float | None = None
        self._came_since_s: float | None = None

    def start(self, now_s: float) -> None:
        """A worker begins: what the one before said counts no more."""
        self._started_at_s, self.result, self.error, self._refusal = now_s, None, "", ""
        self._waiting_since_s = self._came_since_s = None
        self._answers.clear()

    def stop(self) -> None:
        """The video ends."""
        self.frame_times.clear()
        self._waiting_since_s = self._came_since_s = None

    def refused(self, now_s: float, why: str) -> None:
        """A frame came and was not taken in, as the server is full or the frame too large: this sentence says it."""
        self.frame_times.append(now_s)
        self._refusal = why

    def frame(self, now_s: float) -> None:
        """A frame came, and was taken in."""
        self._refusal = ""
        self.frame_times.append(now_s)
        if self._waiting_since_s is None:
            self._waiting_since_s = now_s
        if self._came_since_s is None:
            self._came_since_s = now_s

    def taken(self) -> None:
        """The newest frame is in work."""
        self._came_since_s = None

    def ready(self, now_s: float) -> None:
        """The parts of the analysis were built: that they took their time says nothing about later answers."""
        self._waiting_since_s = now_s

    def skipped(self) -> None:
        """The frame in work gets no answer, as while the analysis is paused."""
        self._waiting_since_s = self._came_since_s

    def failed(self, message: str) -> None:
        """The analysis ended in an error."""
        self.error, self.result = message, None
        self.skipped()

    def answered(self, result: FrameResult, now_s: float) -> None:
        """The frame in work has its result."""
        self._answers.append(_Answer(now_s, now_s - result.captured_at_s, self.lag_s(now_s)))
        self.skipped()
        if result.faces:
            self._face_seen_at_s = now_s
        self.error, self.result = "", result

    def lag_s(self, now_s: float) -> float:
        """For how long there has been something newer to see than the newest result; 0 where there is nothing."""
        return 0.0 if self._waiting_since_s is None else max(0.0, now_s - self._waiting_since_s)

    def shown(self, now_s: float, limits: Limits, *, paused: bool) -> Shown | None:
        """The newest result, unless it is stale for another reason than that the analysis is slow."""
        if self.result is None:
            return None
        age_s = now_s - self.result.captured_at_s
        if paused or age_s <= limits.stale_s:
            return Shown(self.result, is_late=False)
        is_behind = age_s - self.lag_s(now_s) <= limits.stale_s
        return Shown(self.result, is_late=True) if is_behind and age_s <= HOLD_FACTOR * limits.stale_s else None

    def status(self, now_s: float, limits: Limits, *, paused: bool) -> LiveStatus:
        """What to tell the viewer now."""
        recent = self._recent(now_s, limits)
        latencies = sorted(answer.latency_s for answer in recent)
        shown = None if not self.frame_times else self.shown(now_s, limits, paused=paused)
        faces = shown.result.faces if shown else ()
        lag_s = max([self.lag_s(now_s), *(answer.lag_s for answer in recent)])
        behind_s = 0.0 if paused or lag_s <= limits.stale_s else lag_s
        return LiveStatus(
            state=self._state(now_s, limits, behind_s=behind_s, paused=paused),
            message=self._refusal or self.error,
            faces=len(faces),
            faces_left_out=shown.result.faces_left_out if shown else 0,
            results_per_s=rate_per_s([answer.at_s for answer in recent]),
            frames_per_s=rate_per_s([at_s for at_s in self.frame_times if now_s - at_s < limits.recent_s]),
            latency_ms=latencies[len(latencies) // 2] * 1000 if latencies else None,
            doubts=faces[0].doubts if faces else (),
            behind_s=behind_s,
            is_shown=shown is not None,
        )

    def _recent(self, now_s: float, limits: Limits) -> list[_Answer]:
        answers = list(self._answers)
        recent = [answer for answer in answers if now_s - answer.at_s < limits.recent_s]
        if len(recent) >= FEWEST_RECENT:
            return recent
        last = answers[-FEWEST_RECENT:]
        span_s = max(limits.recent_s, FEWEST_RECENT * max((answer.latency_s for answer in last), default=0.0))
        return [answer for answer in last if now_s - answer.at_s < span_s]

    def _state(self, now_s: float, limits: Limits, *, behind_s: float, paused: bool) -> LiveState:
        if not self.frame_times:
            return LiveState.NO_FRAMES
        if now_s - self.frame_times[-1] > limits.frames_lost_s:
            return LiveState.LOST
        if self._refusal:
            return LiveState.BUSY
        if self.error:
            return LiveState.FAILED
        if paused:
            return LiveState.PAUSED
        if not self._answers or self.result is None:
            return LiveState.STARTING
        return self._view(self.result, now_s, limits, is_slow=behind_s > 0)

    def _view(self, result: FrameResult, now_s: float, limits: Limits, *, is_slow: bool) -> LiveState:
        waited_s = now_s - max(self._face_seen_at_s, self._started_at_s)
        if not result.faces and waited_s > limits.no_face_s:
            return LiveState.NO_FACE
        if result.faces and all(_is_poor(face.doubts) for face in result.faces):
            return LiveState.POOR_VIEW
        return LiveState.SLOW if is_slow else LiveState.FINE


def _is_poor(doubts: tuple[Doubt, ...]) -> bool:
    return any(doubt is not Doubt.NOT_CONFIDENT for doubt in doubts)


def rate_per_s(times_s: list[float]) -> float:
    """Events per second from their times: gaps, not events, over the time they span; 0 for fewer than two."""
    span = times_s[-1] - times_s[0] if len(times_s) > 1 else 0.0
    return (len(times_s) - 1) / span if span > 0 else 0.0
