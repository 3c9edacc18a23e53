"""Over weeks: has something changed, measured against the participant's own first days?

An exponentially weighted moving average (EWMA) of daily values with control limits: S. W. Roberts, Control chart tests
based on geometric moving averages, Technometrics 1 (1959) 239-250; exact limits and the choice of weight and width by
J. M. Lucas and M. S. Saccucci, Technometrics 32 (1990) 1-12: with weight 0.2 and width 2.962, a chart whose mean and
spread are known raises a false alarm once in 500 days and finds a shift of one standard deviation after 10.5 days.

Here mean and spread come from a few first days, and limits that ignore that raise many more false alarms (L. A. Jones,
C. W. Champ and S. E. Rigdon, Technometrics 43 (2001) 156-167). So the limits also hold the uncertainty of the first
days' mean, and their width is Student's t for so few days, not the normal one; below six days there are none yet. Moods
last, so days resemble the day before, which alone would triple the false alarms at a correlation of 0.3. So the limits
assume a correlation of 0.2. The width 2.7 then keeps false alarms about as rare as above.

Days count one after the other, however far apart: a day without a session says nothing. What all this promises and
costs stands in docs/decisions.md, and `python -m benchmarks.statistics` measures it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from app.formatting import agreeing, counted, signed, whole_percent
from fer_core.quantiles import STANDARD_NORMAL, student_quantile

WEIGHT: Final = 0.2
"""Of the newest day in the average."""
WIDTH: Final = 2.7
"""Of the limits in standard errors, were mean and spread known; with few first days they are wider."""
CORRELATION: Final = 0.2
"""Assumed of one day's value with the next day's."""
REFERENCE_DAYS: Final = 14
"""First days that make the reference, where there are so many."""
FEWEST_REFERENCE_DAYS: Final = 5
CAUTION: Final = (
    "This describes recorded expressions. It is not a diagnosis: light, camera and occasion change them too."
)


@dataclass(frozen=True)
class DayValue:
    """One day's value, such as the mean valence of its sessions."""

    day: date
    value: float


@dataclass(frozen=True)
class Reference:
    """A participant's own usual: mean and standard deviation of the first days."""

    days: int
    first: date
    last: date
    mean: float
    sd: float


@dataclass(frozen=True)
class ChartPoint:
    """One day after the reference.

    Attributes:
        day: when.
        value: of that day.
        average: the EWMA with that day in it.
        low: lower limit of the average.
        high: upper limit of the average.
    """

    day: date
    value: float
    average: float
    low: float
    high: float

    @property
    def is_outside(self) -> bool:
        """Whether the average is beyond a limit."""
        return not self.low <= self.average <= self.high


@dataclass(frozen=True)
class Change:
    """What the newest day says.

    Attributes:
        is_up: whether the average is above the reference.
        since: the first of the unbroken run of days whose average is on that side: an estimate of when it began
            (K. Nishina, Quality and Reliability Engineering International 8 (1992) 537-544).
        amount: the average less the reference's mean, in the value's unit.
        low: of its 95 % interval.
        high: likewise.
    """

    is_up: bool
    since: date
    amount: float
    low: float
    high: float


@dataclass(frozen=True)
class ControlChart:
    """A history against its own beginning.

    Attributes:
        reference: None where there are too few days yet.
        points: the days after the reference.
        days_missing: how many more days until there is a chart; 0 where there is one.
        change: None while the newest average is within its limits, or there is none.
    """

    reference: Reference | None
    points: tuple[ChartPoint, ...]
    days_missing: int
    change: Change | None


def control_chart(
    days: Sequence[DayValue],
    *,
    reference_days: int = REFERENCE_DAYS,
    width: float = WIDTH,
    correlation: float = CORRELATION,
) -> ControlChart:
    """Compare later days with the first ones.

    While there are not twice as many days as the reference asks for, it takes half of them, but at least five; so a
    chart begins on the sixth day, with wide limits, and settles when the reference is complete.

    Args:
        days: in any order, one value a day.
        reference_days: that make the reference, at least 5.
        width: of the limits; larger ones alarm more seldom and later.
        correlation: assumed of neighbouring days, 0 to 0.5.

    Raises:
        ValueError: two values for one day, a value that is no number, a reference below 5 days, or a correlation out
            of range.
    """
    if not 0 <= correlation <= 0.5:
        raise ValueError(f"the correlation of neighbouring days must be 0 to 0.5, got {correlation}. Leave it out.")
    if reference_days < FEWEST_REFERENCE_DAYS:
        raise ValueError(f"a reference needs {FEWEST_REFERENCE_DAYS} days or more, got {reference_days}. Ask for more.")
    ordered = sorted(days, key=lambda d: d.day)
    if len({d.day for d in ordered}) < len(ordered) or not all(math.isfinite(d.value) for d in ordered):
        raise ValueError("expected one finite value a day, got two or none. Average each day's sessions first.")
    if len(ordered) <= FEWEST_REFERENCE_DAYS:
        return ControlChart(None, (), FEWEST_REFERENCE_DAYS + 1 - len(ordered), None)
    used = min(reference_days, max(FEWEST_REFERENCE_DAYS, len(ordered) // 2))
    first, later = ordered[:used], ordered[used:]
    values = np.array([d.value for d in first])
    reference = Reference(used, first[0].day, first[-1].day, float(values.mean()), float(values.std(ddof=1)))
    errors = _standard_errors(len(later), reference, correlation)
    degrees = _degrees_of_freedom(reference, correlation)
    points = _points(later, reference, student_quantile(STANDARD_NORMAL.cdf(width), degrees) * errors)
    return ControlChart(reference, points, 0, _change(points, reference, student_quantile(0.975, degrees) * errors[-1]))


def width_for(charts: int) -> float:
    """The width with which so many charts looked at together alarm about as seldom as one of `WIDTH` alone.

    Each gets its part of the risk (Bonferroni), so the promise holds however the figures hang together.
    """
    if charts < 1:
        raise ValueError(f"at least one chart is looked at, got {charts}. Count the charts that are shown.")
    return STANDARD_NORMAL.inv_cdf(1 - (1 - STANDARD_NORMAL.cdf(WIDTH)) / charts)


def describe(chart: ControlChart, what: str, *, in_percent: bool = False) -> str:
    """A plain sentence on what the newest day says.

    Args:
        chart: of `what`.
        what: how the value is called at the start of a sentence, such as "Valence".
        in_percent: the values are shares in per cent, 0 to 100; otherwise they are written with sign and two decimals.
    """
    reference = chart.reference
    if reference is None:
        days = counted(chart.days_missing, "more day", "more days")
        return f"{what}: {days} with a session {agreeing(chart.days_missing, 'is', 'are')} needed."
    newest, change = chart.points[-1], chart.change
    before, now = (value_words(value, in_percent=in_percent) for value in (reference.mean, newest.average))
    if change is None:
        low, high = (value_words(value, in_percent=in_percent) for value in (newest.low, newest.high))
        return f"{what} is as usual: {now}, expected {low} to {high} (first {reference.days} days: {before})."
    low, high = (
        f"{value:.0f}" if in_percent else f"{value:.2f}" for value in sorted((abs(change.low), abs(change.high)))
    )
    year = "" if change.since.year == newest.day.year else f" {change.since.year}"
    return (
        f"{what} {'rose' if change.is_up else 'fell'} from {before} to {now} since {change.since.day} "
        f"{change.since:%B}{year} (95\N{NO-BREAK SPACE}% interval of the change: "
        f"{low}–{high}{' points' if in_percent else ''})."
    )


def value_words(value: float, *, in_percent: bool) -> str:
    """A value as `describe` writes it: "52 %", or "+0.35"."""
    return whole_percent(min(max(value, 0.0), 100.0) / 100) if in_percent else signed(value)


def _points(later: Sequence[DayValue], reference: Reference, margins: np.ndarray) -> tuple[ChartPoint, ...]:
    average, points = reference.mean, []
    for day, margin in zip(later, margins.tolist(), strict=True):
        average += WEIGHT * (day.value - average)
        points.append(ChartPoint(day.day, day.value, float(average), reference.mean - margin, reference.mean + margin))
    return tuple(points)


def _standard_errors(count: int, reference: Reference, correlation: float) -> np.ndarray:
    """Of the average after 1 to `count` days, less the reference's mean; float64 (count,).

    The average still holds the reference's mean with weight 0.8^days, so only the rest of that mean's error counts.
    Values that each resemble the last have a moving average, and a mean, that vary more.
    """
    inflation = (1 + correlation) / (1 - correlation)
    # The spread of few days that resemble each other comes out too small.
    spread = reference.sd * math.sqrt((reference.days - 1) / (reference.days - inflation))
    variance, with_value, errors = 0.0, 0.0, []
    for step in range(1, count + 1):
        # In units of one day's variance: that of the average, and the average's covariance with the newest value.
        faded = (1 - WEIGHT) ** step
        shared = correlation * with_value
        variance = (1 - WEIGHT) ** 2 * variance + WEIGHT**2 + 2 * WEIGHT * (1 - WEIGHT) * shared
        with_value = (1 - WEIGHT) * shared + WEIGHT
        errors.append(spread * math.sqrt(variance + (1 - faded) ** 2 * inflation / reference.days))
    return np.array(errors)


def _degrees_of_freedom(reference: Reference, correlation: float) -> int:
    """What the first days tell of the spread, as a number of independent ones, less one."""
    return max(1, int(reference.days - (1 + correlation) / (1 - correlation)))


def _change(points: Sequence[ChartPoint], reference: Reference, margin: float) -> Change | None:
    newest = points[-1]
    if not newest.is_outside:
        return None
    is_up = newest.average > reference.mean
    since = newest.day
    for point in reversed(points):
        if (point.average > reference.mean) != is_up:
            break
        since = point.day
    amount = newest.average - reference.mean
    return Change(is_up, since, amount, float(amount - margin), float(amount + margin))
