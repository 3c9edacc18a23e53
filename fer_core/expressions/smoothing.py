"""Steady labels: probabilities smoothed over time, a label that does not flip at a tie, and "unsure".

Every constant is in seconds, never in frames, so a slow machine shows the same label as a fast one.

The views of one expression are averaged for long, so that evidence adds up and labels are calm. A quick average runs
beside it. Where they come apart, the expression has changed, and the long average is pulled along. Both are averages of
the network's probabilities: a face that is seen in the same way for long is not called more certain than in one view.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from fer_core.results import Level

_STEPS_PER_QUICK: Final = 2
"""So many steps of a gap between views to one quick time constant: how time is divided then hardly matters."""
_FORGOTTEN: Final = 5
"""After this many time constants less than a hundredth is left of what came before."""
_ALIKE: Final = 1e-11
"""Averages that differ by less are the same: tables have five digits."""


@dataclass(frozen=True)
class SmoothingSettings:
    """How steady, how sure.

    Attributes:
        time_constant_s: views of one expression are averaged over about this time; 0 switches smoothing off.
        quick_share: the time constant of the quick average, as a share of that one, above 0, at most 1.
        max_lag: how far the average may be from the quick one, as the part of the probability that they place
            differently, 0-1; 0 leaves the quick one alone, 1 the long one.
        switch_margin: how much more probable another emotion must be to replace the shown one.
        unsure_below: confidence under which no label is shown, 0-1.
        unsure_margin: how far above `unsure_below` the confidence must rise until one is shown again; likewise above
            `named_from` until one is named outright.
        named_from: confidence from which a label is named outright; between both the face is leaning to it. At or below
            `unsure_below` there is no leaning.
    """

    time_constant_s: float = 1.0
    quick_share: float = 0.25
    max_lag: float = 0.06
    switch_margin: float = 0.08
    unsure_below: float = 0.4
    unsure_margin: float = 0.03
    named_from: float = 0.0


class ProbabilitySmoother:
    """One face's running average and shown label. Belongs to one thread."""

    def __init__(self) -> None:
        self._mean: np.ndarray | None = None
        self._quick: np.ndarray | None = None
        self._label_index: int | None = None
        self._level = Level.NAMED
        self.updated_at_s = 0.0

    def update(self, probabilities: np.ndarray, now_s: float, settings: SmoothingSettings) -> tuple[np.ndarray, int]:
        """Take in one view.

        Both averages are exponential in time: weight 1 - exp(-elapsed / time constant) for the new view, which keeps
        the sum at 1 and allows for any spacing of the views.

        Args:
            probabilities: float (n,), summing to 1.
            now_s: the view's time in seconds.
            settings: how steady; may change from call to call.

        Returns:
            The average, float64 (n,), and the index of the shown emotion after hysteresis.
        """
        fresh = np.asarray(probabilities, np.float64)
        elapsed_s = max(0.0, now_s - self.updated_at_s)
        if self._mean is None or self._quick is None or elapsed_s >= _FORGOTTEN * settings.time_constant_s:
            self._mean = self._quick = fresh
        else:
            self._mean, self._quick = _averaged(self._mean, self._quick, fresh, elapsed_s, settings)
        self.updated_at_s = now_s
        top = int(self._mean.argmax())
        shown = self._label_index
        if shown is None or self._mean[top] - self._mean[shown] > settings.switch_margin:
            self._label_index = shown = top
        return self._mean, shown

    def is_like(self, other: "ProbabilitySmoother") -> bool:
        """Whether both give the same answers from here on, to far more digits than are written anywhere."""
        return (
            (self.updated_at_s, self._label_index, self._level)
            == (other.updated_at_s, other._label_index, other._level)  # noqa: SLF001 - of the same class
            and _are_alike(self._mean, other._mean)  # noqa: SLF001
            and _are_alike(self._quick, other._quick)  # noqa: SLF001
        )

    def level(self, confidence: float, settings: SmoothingSettings) -> Level:
        """How far a label of this confidence can be trusted, with a margin on the way up."""
        rising = settings.unsure_margin
        named_from = max(settings.named_from, settings.unsure_below)
        if confidence >= named_from + (0.0 if self._level is Level.NAMED else rising):
            self._level = Level.NAMED
        elif confidence >= settings.unsure_below + (rising if self._level is Level.UNSURE else 0.0):
            # Without a span for leaning, what is not yet named again is unsure.
            self._level = Level.LEANING if named_from > settings.unsure_below else Level.UNSURE
        else:
            self._level = Level.UNSURE
        return self._level


def _are_alike(first: np.ndarray | None, second: np.ndarray | None) -> bool:
    if first is None or second is None:
        return first is second
    return bool(np.abs(first - second).max() <= _ALIKE)


def _averaged(
    mean: np.ndarray, quick: np.ndarray, fresh: np.ndarray, elapsed_s: float, settings: SmoothingSettings
) -> tuple[np.ndarray, np.ndarray]:
    """The average and the quick one after `fresh` was seen for so long."""
    quick_s = settings.quick_share * settings.time_constant_s
    steps = math.ceil(elapsed_s / quick_s * _STEPS_PER_QUICK)
    for _ in range(steps):
        mean = _moved(mean, fresh, elapsed_s / steps, settings.time_constant_s)
        quick = _moved(quick, fresh, elapsed_s / steps, quick_s)
        apart = float(np.abs(mean - quick).sum()) / 2
        if apart > settings.max_lag:
            mean = quick + settings.max_lag / apart * (mean - quick)
    return mean, quick


def _moved(average: np.ndarray, fresh: np.ndarray, elapsed_s: float, time_constant_s: float) -> np.ndarray:
    weight = -math.expm1(-elapsed_s / time_constant_s)
    return (1 - weight) * average + weight * fresh
