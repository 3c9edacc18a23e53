"""A history against its own beginning: alarms as rare as promised, shifts found, too little data called so."""

import math
from datetime import date, timedelta

import numpy as np
import pytest

from app.statistics.control_chart import CAUTION, WIDTH, DayValue, control_chart, describe, width_for

START = date(2026, 3, 2)


def days_of(values: np.ndarray | list[float], *, every: int = 1) -> list[DayValue]:
    return [DayValue(START + timedelta(days=every * i), float(v)) for i, v in enumerate(values)]


def first_alarm(values: np.ndarray, *, look_from: int, reference_days: int = 14) -> float:
    """On which day after `look_from` somebody who looks every day is first told of a change; infinity for never."""
    for count in range(max(6, look_from + 1), len(values) + 1):
        if control_chart(days_of(values[:count]), reference_days=reference_days).change:
            return count - look_from
    return math.inf


def steps_to_alarm(values: np.ndarray, *, reference_days: int, **settings: float) -> float:
    """The same from one chart, for a reference that is complete: much faster."""
    points = control_chart(days_of(values), reference_days=reference_days, **settings).points
    return next((step for step, point in enumerate(points, 1) if point.is_outside), math.inf)


@pytest.mark.parametrize("count", range(6))
def test_below_six_days_there_is_no_chart_and_it_is_said(count):
    chart = control_chart(days_of([0.1] * count))

    assert chart.reference is None
    assert chart.days_missing == 6 - count
    assert describe(chart, "Valence").startswith(f"Valence: not yet. {6 - count} more day")


def test_the_reference_grows_to_fourteen_days_and_stays_there():
    used = [chart.reference.days for n in (6, 12, 16, 28, 50) if (chart := control_chart(days_of([0.0] * n))).reference]

    assert used == [5, 6, 8, 14, 14]


def test_few_reference_days_give_wide_limits():
    generator = np.random.default_rng(2)
    widths = {n: [] for n in (5, 10, 40)}  # type: dict[int, list[float]]
    for _ in range(300):
        values = generator.normal(size=80)
        for n, found in widths.items():
            newest = control_chart(days_of(values), reference_days=n).points[-1]
            found.append(newest.high - newest.low)
    five, ten, forty = (float(np.median(found)) for found in widths.values())

    assert five > 1.5 * ten > 1.5 * 1.3 * forty
    assert forty > 2 * WIDTH / 3, "a chart of known mean and spread has this width"


def test_a_chart_that_knows_mean_and_spread_behaves_as_published():
    """500 days to a false alarm, 10.5 to a shift of one deviation, or a little less with exact early limits."""
    generator = np.random.default_rng(3)
    reference = np.tile([-1.0, 1.0], 200) * np.sqrt(399 / 400)
    found = {
        shift: [
            steps_to_alarm(
                np.append(reference, generator.normal(shift, 1, 400)), reference_days=400, width=2.962, correlation=0
            )
            for _ in range(200)
        ]
        for shift in (0, 1)
    }
    alarmed = np.mean(np.array(found[0]) <= 400)
    print(f"known reference: {alarmed:.0%} alarmed within 400 days, shift found after {np.mean(found[1]):.1f} days")

    assert alarmed == pytest.approx(1 - math.exp(-400 / 500), abs=0.1)
    assert np.mean(found[1]) == pytest.approx(10.5, abs=1.0)


@pytest.mark.parametrize(("correlation", "at_most"), [(0.0, 0.06), (0.2, 0.11), (0.3, 0.16)])
def test_who_looks_every_day_for_six_weeks_is_seldom_alarmed_for_nothing(correlation, at_most):
    """Once in 500 days is 8 % in 42 days."""
    generator, alarms = np.random.default_rng(4), []
    for _ in range(400):
        values = generator.normal(size=42)
        for i in range(1, 42):
            values[i] = correlation * values[i - 1] + math.sqrt(1 - correlation**2) * values[i]
        alarms.append(first_alarm(values, look_from=0) < math.inf)

    print(f"no change, days correlated {correlation}: {np.mean(alarms):.1%} alarmed at least once in 42 days")
    assert np.mean(alarms) < at_most


@pytest.mark.parametrize(
    ("shift", "known_days", "within", "share"), [(1, 14, 30, 0.3), (1, 28, 30, 0.6), (2, 14, 10, 0.6)]
)
def test_a_lasting_shift_is_found(shift, known_days, within, share):
    generator, found = np.random.default_rng(6), []
    for _ in range(400):
        values = np.append(generator.normal(size=known_days), generator.normal(shift, 1, 60))
        found.append(steps_to_alarm(values, reference_days=known_days))

    print(
        f"shift of {shift} SD after {known_days} reference days: found within {within} days for "
        f"{np.mean(np.array(found) <= within):.0%}, half of them after {np.median(found):.0f} days"
    )
    assert np.mean(np.array(found) <= within) >= share


def test_several_charts_together_alarm_about_as_seldom_as_one():
    generator, alone, together = np.random.default_rng(9), [], []
    for _ in range(300):
        four = [generator.normal(size=44) for _ in range(4)]
        alone.append(steps_to_alarm(four[0], reference_days=14) < math.inf)
        together.append(any(steps_to_alarm(v, reference_days=14, width=width_for(4)) < math.inf for v in four))

    print(f"no change, 30 days: one chart alarms {np.mean(alone):.1%}, one of four wider ones {np.mean(together):.1%}")
    assert np.mean(together) < np.mean(alone) + 0.05
    assert width_for(1) == pytest.approx(WIDTH)
    with pytest.raises(ValueError, match="at least one chart"):
        width_for(0)


def test_days_far_apart_count_one_after_the_other():
    values = np.random.default_rng(7).normal(size=20)

    daily, weekly = control_chart(days_of(values)), control_chart(days_of(values, every=7))

    assert [p.average for p in daily.points] == [p.average for p in weekly.points]
    assert weekly.points[-1].day == START + timedelta(days=7 * 19)


def test_days_may_come_in_any_order():
    days = days_of(np.random.default_rng(8).normal(size=20))

    assert control_chart(days[::-1]) == control_chart(days)


def test_a_change_is_told_with_its_uncertainty_and_without_a_diagnosis():
    values = np.append(np.tile([0.15, 0.05], 7), np.tile([-0.15, -0.05], 8))
    chart = control_chart(days_of(values))

    words = describe(chart, "Valence")

    assert chart.change is not None
    assert chart.change.low < chart.change.amount < chart.change.high < 0
    assert chart.change.since == START + timedelta(days=14)
    assert words.startswith("Valence has been lower than in the first 14 days (mean 0.10) since about 16 March 2026")
    assert "95 % interval" in words
    assert "no diagnosis" in words
    assert f"{describe(chart, 'Valence', caution=False)} {CAUTION}" == words


def test_no_change_is_told_with_the_limits():
    words = describe(control_chart(days_of(np.tile([0.15, 0.05], 14))), "Valence")

    assert words == (
        "Valence is within what the first 14 days (mean 0.10) lead to expect: its running average is 0.09, "
        "the limits are 0.01 to 0.19."
    )


@pytest.mark.parametrize("days", [days_of([0.0, float("nan")]), [*days_of([0.0]), *days_of([1.0])]])
def test_days_without_one_number_are_refused(days):
    with pytest.raises(ValueError, match="one finite value a day"):
        control_chart(days)


@pytest.mark.parametrize("correlation", [-0.1, 0.6])
def test_a_correlation_out_of_range_is_refused(correlation):
    with pytest.raises(ValueError, match="neighbouring days"):
        control_chart(days_of([0.0] * 10), correlation=correlation)


def test_a_reference_of_fewer_than_five_days_is_refused():
    with pytest.raises(ValueError, match="5 days"):
        control_chart([], reference_days=4)
