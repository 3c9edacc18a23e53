"""A history against its own beginning: alarms as rare as promised, shifts found, too little data called so."""

import math
import re
from datetime import timedelta

import numpy as np
import pytest

from app.session_statistics.control_chart import WIDTH, control_chart, describe, width_for
from benchmarks.simulations import (
    FIRST_DAY,
    days_of,
    days_to_alarm_as_published,
    days_to_find,
    false_alarms,
    false_alarms_of_four,
)


@pytest.mark.parametrize("count", range(6))
def test_below_six_days_there_is_no_chart_and_it_is_said(count):
    chart = control_chart(days_of([0.1] * count))

    assert chart.reference is None
    assert chart.days_missing == 6 - count
    assert describe(chart, "Valence").startswith(f"Valence: {6 - count} more day")


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
    unchanged, shifted = (days_to_alarm_as_published(shift=shift) for shift in (0, 1))

    assert np.mean(unchanged <= 400) == pytest.approx(1 - math.exp(-400 / 500), abs=0.1)
    assert np.mean(shifted) == pytest.approx(10.5, abs=1.0)


@pytest.mark.parametrize(("correlation", "at_most"), [(0.0, 0.06), (0.2, 0.11), (0.3, 0.16)])
def test_who_looks_every_day_for_six_weeks_is_seldom_alarmed_for_nothing(correlation, at_most):
    """Once in 500 days is 8 % in 42 days."""
    assert false_alarms(correlation=correlation) < at_most


@pytest.mark.parametrize(
    ("shift", "known_days", "within", "share"), [(1, 14, 30, 0.3), (1, 28, 30, 0.6), (2, 14, 10, 0.6)]
)
def test_a_lasting_shift_is_found(shift, known_days, within, share):
    assert np.mean(days_to_find(shift=shift, known_days=known_days) <= within) >= share


def test_several_charts_together_alarm_about_as_seldom_as_one():
    alone, together = false_alarms_of_four()

    assert together < alone + 0.05
    assert width_for(1) == pytest.approx(WIDTH)
    with pytest.raises(ValueError, match="at least one chart"):
        width_for(0)


def test_days_far_apart_count_one_after_the_other():
    values = np.random.default_rng(7).normal(size=20)

    daily, weekly = control_chart(days_of(values)), control_chart(days_of(values, every=7))

    assert [p.average for p in daily.points] == [p.average for p in weekly.points]
    assert weekly.points[-1].day == FIRST_DAY + timedelta(days=7 * 19)


def test_days_may_come_in_any_order():
    days = days_of(np.random.default_rng(8).normal(size=20))

    assert control_chart(days[::-1]) == control_chart(days)


def test_a_change_is_told_with_its_uncertainty_and_without_a_diagnosis():
    values = np.append(np.tile([0.15, 0.05], 7), np.tile([-0.15, -0.05], 8))
    chart = control_chart(days_of(values))

    words = describe(chart, "Valence")

    assert chart.change is not None
    assert chart.change.low < chart.change.amount < chart.change.high < 0
    assert chart.change.since == FIRST_DAY + timedelta(days=14)
    low, high = abs(chart.change.high), abs(chart.change.low)
    assert words == (
        f"Valence fell from +0.10 to \N{MINUS SIGN}0.09 since 16 March "
        f"(95\N{NO-BREAK SPACE}% interval of the change: {low:.2f}–{high:.2f})."
    )


def test_shares_are_told_in_per_cent_and_another_year_by_its_number():
    values = np.append(np.tile([50, 54], 7), np.tile([8, 12], 160))
    words = describe(control_chart(days_of(values)), "Happy", in_percent=True).replace("\N{NO-BREAK SPACE}", " ")

    assert re.fullmatch(
        r"Happy fell from 52 % to 10 % since 16 March 20\d\d \(95 % interval of the change: \d+–\d+ points\)\.", words
    )


def test_no_change_is_told_with_the_limits():
    words = describe(control_chart(days_of(np.tile([0.15, 0.05], 14))), "Valence")

    assert words == ("Valence is as usual: +0.09, expected +0.01 to +0.19 (first 14 days: +0.10).")


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
