"""Measuring a participant's neutral face while recording. Imports no Streamlit."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final, Literal

from fer_core.expressions.baseline import Baseline, check_baseline
from fer_core.results import FaceEmotion, FrameResult

SETTLE_S: Final = 2.0
"""Time to relax the face after the button; smoothing forgets the expression before meanwhile."""
MEASURE_S: Final = 5.0
MAX_RESULTS: Final = 1000
LATE_S: Final = 10.0
"""On a slow machine results come late; the last of the measuring are waited for, but not for longer than this."""

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
        stranger: the number of a face in view that is not known to be the participant's, while none that is, is there.
    """

    stage: BaselineStage = "none"
    remaining_s: float = 0.0
    share: float = 0.0
    problems: tuple[str, ...] = ()
    good_views: int = 0
    stranger: int | None = None


class BaselineTry:
    """One try to measure it. Not thread-safe: its recording locks."""

    def __init__(self, began_s: float) -> None:
        """The face comes to rest from now on.

        Args:
            began_s: on the clock of the results.
        """
        self._from_s = began_s + SETTLE_S
        self._newest_s = began_s
        self.results: deque[FrameResult] = deque(maxlen=MAX_RESULTS)

    def add(self, result: FrameResult) -> None:
        """Take a result, if it belongs to the measuring."""
        self._newest_s = max(self._newest_s, result.captured_at_s)
        if self._from_s <= result.captured_at_s < self._from_s + MEASURE_S:
            self.results.append(result)

    def is_over(self, now_s: float) -> bool:
        """Whether the last result of the measuring has come, or is waited for no longer."""
        end_s = self._from_s + MEASURE_S
        return now_s >= end_s + 0.3 and (self._newest_s >= end_s or now_s >= end_s + LATE_S)

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

    def person(self) -> int | None:
        """The number of the face that was measured: the one seen most."""
        seen = Counter(face.face.track_id for result in self.results for face in result.faces)
        return seen.most_common(1)[0][0] if seen else None


class OwnFaces:
    """Which of a session's faces are the participant's, whose baseline it is. Not thread-safe.

    The one that was measured, and those that somebody says are the same person's. A number that comes later is not
    taken for theirs, even alone in view: the program recognises nobody, and it may be the next person's.
    """

    def __init__(self) -> None:
        """None yet."""
        self._numbers: set[int] = set()
        self._in_view: tuple[int, ...] = ()
        self._takes_next = False

    def see(self, result: FrameResult) -> None:
        """Learn from a result who is in view."""
        self._in_view = tuple(face.face.track_id for face in result.faces if face.face.track_id is not None)
        if self._takes_next and self._in_view:
            self.settle(self._in_view[0])

    def settle(self, person: int | None) -> None:
        """The baseline is this face's; None for the largest in view, or the next that comes."""
        if person is None and self._in_view:
            person = self._in_view[0]
        self._takes_next = person is None
        self._numbers = set() if person is None else {person}

    def add(self, face: int) -> None:
        """This face is the participant's as well."""
        self._numbers.add(face)

    @property
    def stranger(self) -> int | None:
        """The largest face in view, where none of those in view is known to be the participant's."""
        is_known = self._takes_next or not self._numbers.isdisjoint(self._in_view)
        return None if is_known or not self._in_view else self._in_view[0]

    def __contains__(self, face: FaceEmotion) -> bool:
        """Whether it is one of theirs."""
        return face.face.track_id in self._numbers
