"""People, sessions and days that are made up, so that the truth is known: shared by benchmarks and tests.

Every function draws from a generator or a seed that it is given, so the same call gives the same figures.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from app.session_statistics.comparison import FIGURES, Difference, Stretch, compare, make_stretch
from app.session_statistics.control_chart import CORRELATION, DayValue, control_chart, width_for
from app.session_statistics.summary import FaceSamples
from fer_core.emotions import EMOTIONS
from fer_core.expressions.baseline import Baseline

FIRST_DAY: Final = date(2026, 3, 2)
REST_VIEWS: Final = 25
"""Neutral images from which a simulated person's baseline is taken."""
SAMPLES_PER_S: Final = 5
DRAWS: Final = 300
"""Of blocks, for one interval: fewer than the app takes, for speed."""
VALENCE: Final = FIGURES.index("valence")


def baseline_accuracy(
    answers: np.ndarray, labels: np.ndarray, *, spread: float, people: int = 100, seed: int = 7
) -> tuple[float, float]:
    """Accuracy for simulated people, without and with a baseline of their own, 0-1.

    Each person shifts the log-probabilities by one normal number per emotion. The images that make the baseline do not
    count.

    Args:
        answers: a network's answers, float64 (n, 7), 0-1.
        labels: the true emotions' indices, int (n,).
        spread: standard deviation of the shifts.
        people: how many.
        seed: of the shifts and of the images that make the baselines.
    """
    generator = np.random.default_rng(seed)
    neutral = np.flatnonzero(labels == EMOTIONS.index("neutral"))
    accuracies = []
    for _ in range(people):
        shifted = answers * np.exp(generator.normal(0, spread, len(EMOTIONS)))
        shifted /= shifted.sum(axis=1, keepdims=True)
        rest = generator.choice(neutral, REST_VIEWS, replace=False)
        others = np.setdiff1d(np.arange(len(labels)), rest)
        mean = dict(zip(EMOTIONS, shifted[rest].mean(axis=0).tolist(), strict=True))
        corrected = Baseline(mean).correct(shifted)
        accuracies.append([(rows.argmax(axis=1) == labels)[others].mean() for rows in (shifted, corrected)])
    before, after = np.mean(accuracies, axis=0)
    return float(before), float(after)


def million_samples() -> FaceSamples:
    """About a million samples, five a second; a label stays for 1 to 10 s."""
    generator = np.random.default_rng(1)
    stays = generator.integers(5, 50, 36_000)
    labels = np.repeat(generator.integers(0, 7, 36_000), stays)
    rows = np.eye(7)[labels] * 0.7 + 0.3 / 7
    return FaceSamples(
        time_s=np.arange(len(labels)) / SAMPLES_PER_S,
        probabilities=rows,
        label=np.array(EMOTIONS, object)[labels],
        leaning=np.zeros(len(labels), bool),
        valence=rows[:, 3],
        arousal=rows[:, 5],
        doubts=np.zeros(len(labels), np.int16),
    )


def sluggish_rows(generator: np.random.Generator, count: int, *, seconds: float, memory_s: float) -> np.ndarray:
    """Rows of a first-order autoregressive process, five values a second, float64 (`count`, n); mean 0, deviation 1.

    The correlation of two values falls to 1/e in `memory_s`.
    """
    keep = np.exp(-1 / SAMPLES_PER_S / memory_s)
    rows = generator.normal(size=(round(seconds * SAMPLES_PER_S), count))
    for i in range(1, len(rows)):
        rows[i] = keep * rows[i - 1] + np.sqrt(1 - keep**2) * rows[i]
    return rows.T


def stretch_of(valence: np.ndarray) -> Stretch:
    """A session without a label whose valence is given, float64 (n,), five values a second.

    Raises:
        ValueError: there are no values.
    """
    count = len(valence)
    samples = FaceSamples(
        time_s=np.arange(count) / SAMPLES_PER_S,
        probabilities=np.full((count, len(EMOTIONS)), 1 / len(EMOTIONS)),
        label=np.full(count, None, object),
        leaning=np.zeros(count, bool),
        valence=valence,
        arousal=np.zeros(count),
        doubts=np.full(count, 16, np.int16),
    )
    stretch = make_stretch(samples)
    if stretch is None:
        raise ValueError("a stretch needs at least one value")
    return stretch


def valence_difference(first: Sequence[Stretch], second: Sequence[Stretch], *, draws: int = DRAWS) -> Difference:
    """What the comparison says of valence on two sides."""
    return compare({"A": first, "B": second}, draws=draws)[VALENCE]


@dataclass(frozen=True)
class Coverage:
    """Shares of the 95 % intervals that hold the truth, 0-1: those in question, and simpler ones beside them."""

    ours: float
    simpler: float


def coverage_of_seconds(*, seconds: float, memory_s: float, pairs: int = 1000) -> Coverage:
    """Two sessions that do not differ, often: intervals from blocks, and naive ones for independent samples.

    The standard error of a coverage of 95 % is 0.7 points with 1000 pairs.
    """
    rows = sluggish_rows(np.random.default_rng(77), 2 * pairs, seconds=seconds, memory_s=memory_s)
    ours = naive = 0
    for first, second in zip(rows[:pairs], rows[pairs:], strict=True):
        found = valence_difference([stretch_of(first)], [stretch_of(second)])
        ours += found.low <= 0 <= found.high
        error = np.sqrt((first.var() + second.var()) / len(first))
        naive += bool(abs(second.mean() - first.mean()) <= 1.96 * error)
    return Coverage(ours / pairs, naive / pairs)


def coverage_of_sessions(*, pairs: int = 300) -> Coverage:
    """Six sessions a side whose means differ from day to day by a deviation of 0.5: intervals from whole sessions.

    Beside them, intervals of the first four sessions a side, which speak of these recordings alone.
    """
    generator = np.random.default_rng(7)
    ours = within = 0
    for _ in range(pairs):
        days = generator.normal(0, 0.5, 12)
        sessions = [stretch_of(row + day) for row, day in zip(generator.normal(0, 0.3, (12, 100)), days, strict=True)]
        many = valence_difference(sessions[:6], sessions[6:])
        few = valence_difference(sessions[:4], sessions[6:10])
        ours += many.low <= 0 <= many.high
        within += few.low <= 0 <= few.high
    return Coverage(ours / pairs, within / pairs)


def days_of(values: np.ndarray | Sequence[float], *, every: int = 1) -> list[DayValue]:
    """The values as days from `FIRST_DAY` on, one in `every`."""
    return [DayValue(FIRST_DAY + timedelta(days=every * i), float(v)) for i, v in enumerate(values)]


def correlated_days(generator: np.random.Generator, count: int, *, correlation: float) -> np.ndarray:
    """Normal values, mean 0, deviation 1, each correlated with the one before, float64 (`count`,)."""
    values = generator.normal(size=count)
    for i in range(1, count):
        values[i] = correlation * values[i - 1] + math.sqrt(1 - correlation**2) * values[i]
    return values


def first_alarm(values: np.ndarray, *, assumed: float = CORRELATION) -> float:
    """On which day somebody who looks every day is first told of a change; infinity for never.

    Args:
        values: one a day, float64 (n,).
        assumed: correlation of neighbouring days that the limits account for.
    """
    days = days_of(values)
    for count in range(6, len(values) + 1):
        if control_chart(days[:count], correlation=assumed).change:
            return count
    return math.inf


def steps_to_alarm(values: np.ndarray, *, reference_days: int, **settings: float) -> float:
    """The same from one chart, counted from the end of a complete reference: much faster."""
    points = control_chart(days_of(values), reference_days=reference_days, **settings).points
    return next((step for step, point in enumerate(points, 1) if point.is_outside), math.inf)


def false_alarms(*, correlation: float, assumed: float = CORRELATION, people: int = 400, days: int = 42) -> float:
    """Share of people without a change who are alarmed at least once in their first days, 0-1.

    Args:
        correlation: of neighbouring days, in truth.
        assumed: the one that the limits account for.
        people: how many.
        days: how many each of them records and looks.
    """
    generator = np.random.default_rng(4)
    alarmed = [
        first_alarm(correlated_days(generator, days, correlation=correlation), assumed=assumed) < math.inf
        for _ in range(people)
    ]
    return float(np.mean(alarmed))


def false_alarms_of_four(*, people: int = 300, days: int = 44, reference_days: int = 14) -> tuple[float, float]:
    """Shares of people without a change whom one chart alarms, and whom one of four wider charts alarms, 0-1."""
    generator, alone, together = np.random.default_rng(9), [], []
    for _ in range(people):
        four = [generator.normal(size=days) for _ in range(4)]
        alone.append(steps_to_alarm(four[0], reference_days=reference_days) < math.inf)
        wider = [steps_to_alarm(values, reference_days=reference_days, width=width_for(4)) for values in four]
        together.append(min(wider) < math.inf)
    return float(np.mean(alone)), float(np.mean(together))


def days_to_alarm_as_published(*, shift: float, people: int = 200) -> np.ndarray:
    """Days until a chart alarms whose mean and spread are known and whose days do not correlate, float64 (`people`,).

    At most 400, else infinity. Weight and width are those of Lucas and Saccucci (1990); see
    `app.session_statistics.control_chart`.
    """
    generator = np.random.default_rng(3)
    reference = np.tile([-1.0, 1.0], 200) * np.sqrt(399 / 400)
    known: dict[str, float] = {"width": 2.962, "correlation": 0}
    return np.array(
        [
            steps_to_alarm(np.append(reference, generator.normal(shift, 1, 400)), reference_days=400, **known)
            for _ in range(people)
        ]
    )


def days_to_find(*, shift: float, known_days: int, people: int = 400) -> np.ndarray:
    """Days until a lasting shift (in deviations) after `known_days` first days is found, float64 (`people`,)."""
    generator = np.random.default_rng(6)
    found = []
    for _ in range(people):
        values = np.append(generator.normal(size=known_days), generator.normal(shift, 1, 60))
        found.append(steps_to_alarm(values, reference_days=known_days))
    return np.array(found)
