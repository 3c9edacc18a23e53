"""The neutral face of a recording: measured or taken over from an earlier one, and whose it is.

Imports no Streamlit.
"""

import threading
from collections.abc import Callable, Mapping

from app.recording.baseline import BaselineTry, BaselineView, OwnFaces
from app.store.errors import StoreError
from fer_core.expressions.baseline import Baseline
from fer_core.results import FaceEmotion, FrameResult


class NeutralFace:
    """The participant's baseline. Thread-safe."""

    def __init__(self, keep: Callable[[Baseline, float], None]) -> None:
        """There is none yet.

        Args:
            keep: stores a measured one, with the share of good views (0-1); may raise StoreError.
        """
        self._keep = keep
        self._lock = threading.Lock()
        self._own = OwnFaces()
        self._baseline: Baseline | None = None
        self._problems: tuple[str, ...] = ()
        self.tried: BaselineTry | None = None
        """The try that is going on."""

    def see(self, result: FrameResult) -> None:
        """Take a result into account."""
        with self._lock:
            self._own.see(result)
            if self.tried is not None:
                self.tried.add(result)

    def measure(self, now_s: float) -> None:
        """Begin a try; `judge` ends it."""
        with self._lock:
            self._problems, self.tried = (), BaselineTry(now_s)

    def use(self, baseline: Baseline, person: int | None = None) -> None:
        """Take it off a face from now on.

        Args:
            baseline: of the participant's face.
            person: the face's number; None for the largest one in view, or else the next that comes.
        """
        with self._lock:
            self._baseline, self.tried, self._problems = baseline, None, ()
            self._own.settle(person)

    def is_participant(self, face: int) -> None:
        """The face of that number is the participant's too, as when they were out of view for a while."""
        with self._lock:
            self._own.add(face)

    def judge(self, now_s: float) -> bool:
        """End a try whose time is over; whether a baseline came into use."""
        with self._lock:
            tried = self.tried
            if tried is None or not tried.is_over(now_s):
                return False
            baseline, quality, problems = tried.outcome()
            self.tried, self._problems = None, problems
        if baseline is None:
            return False
        try:
            self._keep(baseline, quality)
        except StoreError as error:
            with self._lock:
                self._problems = (str(error),)
            return False
        self.use(baseline, tried.person())
        return True

    def view(self, now_s: float) -> BaselineView:
        """Where it stands."""
        with self._lock:
            if self.tried is not None:
                return self.tried.view(now_s)
            if self._problems:
                return BaselineView("failed", problems=self._problems)
            if self._baseline is None:
                return BaselineView()
            return BaselineView("in use", good_views=self._baseline.samples, stranger=self._own.stranger)

    def correct(self, face: FaceEmotion) -> Mapping[str, float] | None:
        """The face's probabilities with the baseline taken off; None where it is not the participant's, or none."""
        with self._lock:
            baseline = self._baseline if face in self._own else None
        return None if baseline is None else baseline.correct_face(face)
