"""A person's history as the page reads it: the figures that are followed, their charts and sentences. No Streamlit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, timezone
from typing import Final

import numpy as np

from app.session_statistics.check_ins import Mood, Phq4
from app.session_statistics.control_chart import (
    WIDTH,
    ControlChart,
    DayValue,
    control_chart,
    describe,
    value_words,
    width_for,
)
from app.store.history import Means
from app.store.records import CheckIn
from fer_core.emotions import EMOTIONS
from fer_core.results import Level

FOLLOWED: Final = ("valence", "arousal", "happy", "sad", "neutral")
"""What is compared with the first days. The first is the figure to go by, with the usual limits; the others share the
risk of one false alarm, so each one more would make their limits wider, see `width_for`."""
RANGES: Final[dict[str, int | None]] = {"1 month": 31, "3 months": 92, "1 year": 366, "All": None}
"""Choices of time to days, counted back from the newest day; None for all."""


@dataclass(frozen=True)
class WatchedStatistic:
    """One figure over the days.

    Attributes:
        name: one of FOLLOWED.
        days: its daily values, oldest first: valence and arousal from -1 to 1, shares in per cent.
        said: what the person said of it on the same axis; empty for shares.
        chart: the days against the first ones.
    """

    name: str
    days: tuple[DayValue, ...]
    said: tuple[DayValue, ...]
    chart: ControlChart

    @property
    def is_share(self) -> bool:
        """Whether it is an emotion's share in per cent."""
        return self.name in EMOTIONS

    @property
    def title(self) -> str:
        """For choices and sentences."""
        return self.name.capitalize()

    def sentence(self) -> str:
        """What the newest day says."""
        return describe(self.chart, self.title, in_percent=self.is_share)

    def mean_words(self) -> str:
        """The mean of all days, of which there must be one: "happy 52 %"."""
        mean = float(np.mean([day.value for day in self.days]))
        return f"{self.name} {value_words(mean, in_percent=self.is_share)}"


def follow(days: Sequence[Means], check_ins: Sequence[CheckIn]) -> tuple[WatchedStatistic, ...]:
    """Each of FOLLOWED.

    Args:
        days: oldest first.
        check_ins: in any order; several a day are averaged.
    """
    said = {name: said_values(check_ins, axis=axis) for axis, name in enumerate(("valence", "arousal"))}
    found = []
    for name in FOLLOWED:
        values = tuple(DayValue(means.day, _value(means, name)) for means in days)
        width = WIDTH if name == FOLLOWED[0] else width_for(len(FOLLOWED) - 1)
        chart = control_chart(values, width=width)
        found.append(WatchedStatistic(name, values, said.get(name, ()), chart))
    return tuple(found)


def changed(followed: Iterable[WatchedStatistic]) -> list[WatchedStatistic]:
    """Those that left their expected range."""
    return [one for one in followed if one.chart.change is not None]


def leading(means: Means) -> tuple[str, float]:
    """The expression with the largest mean probability, and that probability, 0-1."""
    index = int(means.probabilities.argmax())
    return EMOTIONS[index], float(means.probabilities[index])


def said_values(check_ins: Iterable[CheckIn], *, axis: int) -> tuple[DayValue, ...]:
    """A person's own valence (axis 0) or arousal (axis 1) by day, on the expressions' axis of -1 to 1, oldest first."""
    days: dict[date, list[float]] = {}
    for one in check_ins:
        if one.valence is not None and one.arousal is not None:
            days.setdefault(local_day(one), []).append(Mood(one.valence, one.arousal).on_axes[axis])
    return tuple(DayValue(day, float(np.mean(values))) for day, values in sorted(days.items()))


def phq4_totals(check_ins: Iterable[CheckIn]) -> tuple[tuple[date, Phq4], ...]:
    """The days of complete answers to the PHQ-4 and those answers, oldest first."""
    scored = [(local_day(one), Phq4(one.phq4)) for one in check_ins if one.phq4 is not None]
    return tuple(sorted((pair for pair in scored if pair[1].total is not None), key=lambda pair: pair[0]))


def local_day(one: CheckIn) -> date:
    """The day of a check-in by the person's own clock."""
    return one.at.astimezone(timezone(timedelta(minutes=one.utc_offset_min))).date()


def level_shares(days: Sequence[Means]) -> dict[Level, float]:
    """Level to its share of all samples of these days; all 0 without days."""
    total = sum(means.count for means in days) or 1
    unsure, leaning = (sum(getattr(m, name) * m.count for m in days) / total for name in ("unsure", "leaning"))
    named = max(0.0, 1 - unsure - leaning) if days else 0.0
    return {Level.NAMED: named, Level.LEANING: leaning, Level.UNSURE: unsure}


def before_leaning(days: Sequence[Means]) -> str:
    """A sentence where the first days have no leaning time and later ones do; empty otherwise.

    Args:
        days: oldest first.
    """
    first = next((means.day for means in days if means.leaning), None)
    if first is None or first == days[0].day:
        return ""
    return (
        f"Before {first.day} {first:%b %Y} no time is leaning (“probably …”), as in sessions recorded with two levels; "
        "more of it is unsure. All charts here come from the probabilities, so the days stay comparable."
    )


def span(days: Sequence[Means], check_ins: Sequence[CheckIn], length: int | None) -> tuple[date, date] | None:
    """First and last day to show; None where there is nothing.

    Args:
        days: of sessions.
        check_ins: of the same person.
        length: days, counted back from the newest; None for all.
    """
    known = [*(means.day for means in days), *map(local_day, check_ins)]
    if not known:
        return None
    last = max(known)
    return (min(known) if length is None else last - timedelta(days=length - 1)), last


def _value(means: Means, name: str) -> float:
    if name in EMOTIONS:
        return 100 * float(means.probabilities[EMOTIONS.index(name)])
    return float(getattr(means, name))
