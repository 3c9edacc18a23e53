"""Measuring a participant's neutral face while recording. Imports no Streamlit."""

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from fer_core.baseline import Baseline, check_baseline
from fer_core.results import FaceEmotion, FrameResult

SETTLE_S: Final = 2.0
"""Time to relax the face after the button; smoothing forgets the expression before meanwhile."""
MEASURE_S: Final = 5.0
MAX_RESULTS: Final = 1000

BaselineStage = Literal["none", "settling", "measuring", "failed", "in use"]


@dataclass(frozen=True)
class BaselineView:
    """Where the baseline stands.

    Attributes:
        stage: "none" before the first try.
        remaining_s: until the measuring begins, or ends.
        share: of the measuring, 0-1.
        problems: why the last try does not count and what to do, sentences.
        good_views: answers in the baseline in use.
    """

    stage: BaselineStage = "none"
    remaining_s: float = 0.0
    share: float = 0.0
    problems: tuple[str, ...] = ()
    good_views: int = 0


class BaselineTry:
    """One try to measure it. Not thread-safe: its recording locks."""

    def __init__(self, began_s: float) -> None:
        """The face comes to rest from now on.

        Args:
            began_s: on the clock of the results.
        """
        self._from_s = began_s + SETTLE_S
        self.results: deque[FrameResult] = deque(maxlen=MAX_RESULTS)

    def add(self, result: FrameResult) -> None:
        """Take a result, if it belongs to the measuring."""
        if self._from_s <= result.captured_at_s < self._from_s + MEASURE_S:
            self.results.append(result)

    def is_over(self, now_s: float) -> bool:
        """Whether the last result of the measuring should have come; the analysis is a little behind."""
        return now_s >= self._from_s + MEASURE_S + 0.3

    def view(self, now_s: float) -> BaselineView:
        """How far it is."""
        if now_s < self._from_s:
            return BaselineView("settling", self._from_s - now_s)
        share = min(1.0, (now_s - self._from_s) / MEASURE_S)
        return BaselineView("measuring", max(0.0, self._from_s + MEASURE_S - now_s), share)

    def outcome(self) -> tuple[Baseline | None, float, tuple[str, ...]]:
        """The baseline where it counts, the share of good views (0-1), and the problems."""
        check = check_baseline(list(self.results))
        if check.baseline is None or check.problems:
            return None, 0.0, check.problems
        return check.baseline, check.baseline.samples / len(self.results), ()


class OwnFaces:
    """Which of a session's faces are the participant's, whose baseline it is. Not thread-safe.

    A face that is alone in view is theirs; of several, when none of theirs is among them, the largest.
    """

    def __init__(self) -> None:
        """None yet."""
        self._numbers: set[int | None] = set()

    def see(self, result: FrameResult) -> None:
        """Learn from a result."""
        numbers = [face.face.track_id for face in result.faces]
        if numbers and self._numbers.isdisjoint(numbers):
            self._numbers.add(numbers[0])

    def __contains__(self, face: FaceEmotion) -> bool:
        """Whether it is one of theirs."""
        return face.face.track_id in self._numbers
