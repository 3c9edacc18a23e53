"""Check-ins before or after a session: how somebody feels, in their own words and on two published scales.

Mood is a place on a 9 by 9 grid of pleasure and arousal, after J. A. Russell, A. Weiss and G. A. Mendelsohn, Affect
Grid, Journal of Personality and Social Psychology 57 (1989) 493-502.

The PHQ-4 is by K. Kroenke, R. L. Spitzer, J. B. W. Williams and B. Löwe, An ultra-brief screening scale for anxiety
and depression: the PHQ-4, Psychosomatics 50 (2009) 613-621. Its authors and Pfizer allow anybody to reproduce,
translate, show and hand it out without asking. It is a screening: a sign to look closer, no diagnosis.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.formatting import counted

GRID_POINTS: Final = 9
"""Points per axis of the mood grid."""


@dataclass(frozen=True)
class Mood:
    """A place on the mood grid.

    Attributes:
        valence: 1 (unpleasant) to 9 (pleasant), 5 in the middle.
        arousal: 1 (calm) to 9 (excited), 5 in the middle.

    Raises:
        ValueError: a number that is no point of the grid.
    """

    valence: int
    arousal: int

    def __post_init__(self) -> None:
        for name, point in (("valence", self.valence), ("arousal", self.arousal)):
            if point not in range(1, GRID_POINTS + 1):
                raise ValueError(f"{name} must be a whole number from 1 to {GRID_POINTS}, got {point}. Choose a field.")

    @property
    def on_axes(self) -> tuple[float, float]:
        """On the axes of `fer_core.expressions.affect`: each -1 to 1, the middle of the grid at 0."""
        middle = (GRID_POINTS + 1) / 2
        return (self.valence - middle) / (middle - 1), (self.arousal - middle) / (middle - 1)


PHQ4_QUESTION: Final = "Over the last 2 weeks, how often have you been bothered by the following problems?"

PHQ4_ITEMS: Final = (
    "Feeling nervous, anxious or on edge",
    "Not being able to stop or control worrying",
    "Little interest or pleasure in doing things",
    "Feeling down, depressed, or hopeless",
)
"""As published. The first two are the GAD-2 (anxiety), the last two the PHQ-2 (depression)."""

PHQ4_ANSWERS: Final = ("Not at all", "Several days", "More than half the days", "Nearly every day")
"""As published; an answer's score is its index, 0 to 3."""

PHQ4_BANDS: Final = ((0, "normal"), (3, "mild"), (6, "moderate"), (9, "severe"))
"""Lowest total of each published category of distress."""

POSITIVE_SCREEN: Final = 3
"""From this score on, a subscale is a positive screen."""

NO_DIAGNOSIS: Final = "These questions are a screening, not a diagnosis."


@dataclass(frozen=True)
class Phq4:
    """Somebody's answers to the PHQ-4.

    Attributes:
        answers: a score of 0 to 3 for each of PHQ4_ITEMS, in their order; None where a question was left out.

    Raises:
        ValueError: not four answers, or one outside 0-3.
    """

    answers: tuple[int | None, ...]

    def __post_init__(self) -> None:
        if len(self.answers) != len(PHQ4_ITEMS) or any(a is not None and a not in range(4) for a in self.answers):
            raise ValueError(
                f"the PHQ-4 needs {len(PHQ4_ITEMS)} answers, each 0 to 3 or None where left out; got {self.answers}. "
                "Use the index of each answer in PHQ4_ANSWERS."
            )

    @property
    def anxiety(self) -> int | None:
        """The GAD-2, 0 to 6; None when one of its two answers is missing."""
        return _total(self.answers[:2])

    @property
    def depression(self) -> int | None:
        """The PHQ-2, 0 to 6; None when one of its two answers is missing."""
        return _total(self.answers[2:])

    @property
    def total(self) -> int | None:
        """0 to 12; None when any answer is missing: with four questions a missing one cannot be guessed."""
        return _total(self.answers)

    @property
    def band(self) -> str | None:
        """The published category of the total: normal, mild, moderate or severe; None without a total."""
        total = self.total
        return None if total is None else [name for lowest, name in PHQ4_BANDS if total >= lowest][-1]

    @property
    def positive_screens(self) -> tuple[str, ...]:
        """Those of "anxiety" and "depression", as far as their scores reach 3 for certain.

        Missing answers count as 0 here, so a single answer of 3 is enough, whatever the other would have been.
        """
        scores = {"anxiety": self.answers[:2], "depression": self.answers[2:]}
        return tuple(name for name, pair in scores.items() if sum(a or 0 for a in pair) >= POSITIVE_SCREEN)

    @property
    def missing(self) -> tuple[str, ...]:
        """The questions that were left out."""
        return tuple(item for item, answer in zip(PHQ4_ITEMS, self.answers, strict=True) if answer is None)

    def summary(self) -> str:
        """One line of scores, with a dash for what missing answers leave open."""
        total = "–" if self.total is None else f"{self.total} of 12 ({self.band})"
        anxiety, depression = ("–" if s is None else f"{s} of 6" for s in (self.anxiety, self.depression))
        line = f"PHQ-4: {total} · anxiety (GAD-2): {anxiety} · depression (PHQ-2): {depression}"
        if not self.missing:
            return line
        missing = counted(len(self.missing), "question was", "questions were")
        return f"{line}. {missing} not answered, so there is no total."

    def advice(self) -> str | None:
        """What to tell the person, calmly, when a subscale is positive; None otherwise.

        A total that is moderate or severe never comes without a positive subscale.
        """
        if not self.positive_screens:
            return None
        return (
            f"Your answers suggest looking closer at {' and '.join(self.positive_screens)}. This is common and can be "
            "treated well. Consider talking to a doctor or a psychotherapist; you can show them these answers. If "
            "things feel too heavy, or you think of harming yourself, please call your local emergency number or a "
            "crisis line now."
        )


def _total(scores: Sequence[int | None]) -> int | None:
    known = [score for score in scores if score is not None]
    return sum(known) if len(known) == len(scores) else None
