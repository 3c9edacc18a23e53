"""Steady labels: probabilities smoothed over time, a label that does not flip at a tie, and "unsure".

Every constant is in seconds, never in frames, so a slow machine shows the same label as a fast one.
"""

from dataclasses import dataclass

import numpy as np

from fer_core.results import Level


@dataclass(frozen=True)
class SmoothingSettings:
    """How steady, how sure.

    Attributes:
        time_constant_s: after this time a new expression has 63 % of the weight; 0 switches smoothing off.
        switch_margin: how much more probable another emotion must be to replace the shown one.
        unsure_below: confidence under which no label is shown, 0-1.
        unsure_margin: how far above `unsure_below` the confidence must rise until one is shown again; likewise above
            `named_from` until one is named outright.
        named_from: confidence from which a label is named outright; between both the face is leaning to it. At or below
            `unsure_below` there is no leaning.
    """

    time_constant_s: float = 0.5
    switch_margin: float = 0.08
    unsure_below: float = 0.4
    unsure_margin: float = 0.03
    named_from: float = 0.0


class ProbabilitySmoother:
    """One face's running average and shown label. Belongs to one thread."""

    def __init__(self) -> None:
        self._mean: np.ndarray | None = None
        self._label_index: int | None = None
        self._level = Level.NAMED
        self.updated_at_s = 0.0

    def update(self, probabilities: np.ndarray, now_s: float, settings: SmoothingSettings) -> tuple[np.ndarray, int]:
        """Take in one view.

        The average is exponential in time: weight 1 - exp(-elapsed / time constant) for the new view, which keeps the
        sum at 1 and allows for any spacing of the views.

        Args:
            probabilities: float (n,), summing to 1.
            now_s: the view's time in seconds.
            settings: how steady; may change from call to call.

        Returns:
            The average, float64 (n,), and the index of the shown emotion after hysteresis.
        """
        fresh = np.asarray(probabilities, np.float64)
        if self._mean is None or settings.time_constant_s <= 0:
            self._mean = fresh
        else:
            elapsed = max(0.0, now_s - self.updated_at_s)
            weight = 1 - np.exp(-elapsed / settings.time_constant_s)
            self._mean = (1 - weight) * self._mean + weight * fresh
        self.updated_at_s = now_s
        top = int(self._mean.argmax())
        shown = self._label_index
        if shown is None or self._mean[top] - self._mean[shown] > settings.switch_margin:
            self._label_index = shown = top
        return self._mean, shown

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
