"""Smoothing in seconds, a label that holds at a tie, and "unsure" with a margin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from fer_core.expressions.smoothing import ProbabilitySmoother, SmoothingSettings
from fer_core.results import Level

SETTINGS = SmoothingSettings(
    time_constant_s=1.0, quick_share=0.25, max_lag=0.06, switch_margin=0.08, unsure_below=0.4, unsure_margin=0.03
)
PLAIN = replace(SETTINGS, max_lag=1.0)
"""The long average alone."""
SAD, HAPPY = np.array([0.8, 0.1, 0.1]), np.array([0.05, 0.85, 0.1])


def run(frames_per_s: int, *, until_s: float) -> tuple[np.ndarray, int]:
    """Two seconds of one expression, then the other: the average and label at the end."""
    smoother = ProbabilitySmoother()
    mean, label = SAD, 0
    for i in range(round(until_s * frames_per_s) + 1):
        now_s = i / frames_per_s
        mean, label = smoother.update(SAD if now_s < 2 else HAPPY, now_s, SETTINGS)
    return mean, label


@pytest.mark.parametrize("until_s", [1.8, 3.0, 4.0])
def test_five_and_fifty_frames_per_second_show_the_same(until_s):
    slow, slow_label = run(5, until_s=until_s)
    fast, fast_label = run(50, until_s=until_s)

    # The slow one takes its first view of the new expression for the whole fifth of a second before it.
    assert slow == pytest.approx(fast, abs=0.04)
    assert slow_label == fast_label


@pytest.mark.parametrize("frames_per_s", [5, 10, 50])
def test_the_label_changes_at_about_the_same_time(frames_per_s):
    smoother = ProbabilitySmoother()
    changed_s = None
    for i in range(5 * frames_per_s):
        now_s = i / frames_per_s
        _, label = smoother.update(SAD if now_s < 2 else HAPPY, now_s, SETTINGS)
        if label == 1 and changed_s is None:
            changed_s = now_s

    assert changed_s == pytest.approx(2.15, abs=0.15)


@settings_of_hypothesis(deadline=None)
@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=20))
def test_how_the_time_is_divided_matters_next_to_nothing(gaps_s):
    divided, at_once = ProbabilitySmoother(), ProbabilitySmoother()
    for smoother in (divided, at_once):
        smoother.update(SAD, 0.0, SETTINGS)

    now_s = 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        mean, _ = divided.update(HAPPY, now_s, SETTINGS)

    assert mean == pytest.approx(at_once.update(HAPPY, now_s, SETTINGS)[0], abs=0.01)


@pytest.mark.parametrize("frames_per_s", [3, 8, 16, 50])
def test_a_change_is_named_within_the_time_that_a_viewer_waits(frames_per_s):
    settings = replace(SETTINGS, unsure_below=0.45, named_from=0.615)
    smoother = ProbabilitySmoother()
    named_s = None
    for i in range(5 * frames_per_s):
        now_s = i / frames_per_s
        mean, label = smoother.update(SAD if now_s < 2 else HAPPY, now_s, settings)
        level = smoother.level(float(mean[label]), settings)
        if label == 1 and level is Level.NAMED and named_s is None:
            named_s = now_s

    assert named_s is not None
    assert 2 <= named_s <= 2.7


@pytest.mark.parametrize("frames_per_s", [5, 8, 16])
def test_one_odd_view_does_not_change_the_label(frames_per_s):
    smoother = ProbabilitySmoother()

    labels = [
        smoother.update(HAPPY if i == frames_per_s else SAD, i / frames_per_s, SETTINGS)[1]
        for i in range(3 * frames_per_s)
    ]

    assert labels == [0] * len(labels)


def test_single_views_that_differ_are_averaged_over_the_long_time():
    """A label would flip with each third view alone, and with the quick average too."""
    odd = np.array([0.46, 0.50, 0.04])
    usual = np.array([0.50, 0.46, 0.04])
    smoother, quick_alone = ProbabilitySmoother(), ProbabilitySmoother()
    calm, quick = [], []
    for i in range(100):
        view = odd if i % 3 == 0 else usual
        calm.append(smoother.update(view, i / 8, SETTINGS)[0])
        quick.append(quick_alone.update(view, i / 8, replace(SETTINGS, max_lag=0.0))[0])

    def spread(means: list[np.ndarray]) -> float:
        return float(np.std([mean[0] for mean in means[50:]]))

    assert spread(calm) < spread(quick) / 2
    assert calm[-1] == pytest.approx((odd + 2 * usual) / 3, abs=0.005)


def test_the_average_is_never_further_from_the_quick_one_than_allowed():
    smoother, quick_alone = ProbabilitySmoother(), ProbabilitySmoother()
    apart = []
    for i in range(60):
        view = SAD if i % 20 < 10 else HAPPY
        mean, _ = smoother.update(view, i / 8, SETTINGS)
        quick, _ = quick_alone.update(view, i / 8, replace(SETTINGS, max_lag=0.0))
        apart.append(np.abs(mean - quick).sum() / 2)

    assert max(apart) == pytest.approx(SETTINGS.max_lag), "after a change it is as far as allowed"
    assert min(apart[2:]) < SETTINGS.max_lag / 2, "while an expression lasts, the quick one comes back to it"


def test_the_same_view_for_long_stays_as_probable_as_it_is():
    smoother = ProbabilitySmoother()
    for i in range(100):
        mean, _ = smoother.update(SAD, i / 10, SETTINGS)

    assert mean == pytest.approx(SAD)


def test_alone_the_long_average_gives_a_new_expression_63_percent_after_its_time_constant():
    smoother = ProbabilitySmoother()
    smoother.update(np.array([1.0, 0.0]), 10.0, PLAIN)

    mean, _ = smoother.update(np.array([0.0, 1.0]), 11.0, PLAIN)

    assert mean[1] == pytest.approx(0.632, abs=0.001)


def test_after_a_long_gap_only_the_new_view_counts():
    smoother = ProbabilitySmoother()
    smoother.update(SAD, 0.0, SETTINGS)

    assert smoother.update(HAPPY, 10.0, SETTINGS)[0] == pytest.approx(HAPPY)


def test_the_first_view_counts_fully():
    mean, label = ProbabilitySmoother().update(HAPPY, 100.0, SETTINGS)

    assert mean == pytest.approx(HAPPY)
    assert label == 1


def test_a_time_constant_of_nought_shows_each_view_by_itself():
    settings = replace(SETTINGS, time_constant_s=0)
    smoother = ProbabilitySmoother()
    smoother.update(SAD, 0.0, settings)

    mean, label = smoother.update(HAPPY, 0.001, settings)

    assert (mean == HAPPY).all()
    assert label == 1


@pytest.mark.parametrize("elapsed_s", [0.0, -1.0])
def test_a_clock_that_stands_still_or_falls_changes_nothing(elapsed_s):
    smoother = ProbabilitySmoother()
    smoother.update(SAD, 5.0, SETTINGS)

    mean, label = smoother.update(HAPPY, 5.0 + elapsed_s, SETTINGS)

    assert mean == pytest.approx(SAD)
    assert label == 0


@settings_of_hypothesis(deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=4, max_size=4), min_size=1, max_size=10), st.floats(0.01, 2))
def test_the_average_always_sums_to_one_where_answers_are_nought_too(views, gap_s):
    smoother = ProbabilitySmoother()
    for i, view in enumerate(views):
        mean, _ = smoother.update(np.array(view) / sum(view) if any(view) else np.eye(4)[0], i * gap_s, SETTINGS)

        assert mean.sum() == pytest.approx(1)
        assert (mean >= -1e-12).all()


def test_the_given_array_is_not_modified():
    view = HAPPY.copy()
    smoother = ProbabilitySmoother()
    smoother.update(view, 0.0, SETTINGS)
    smoother.update(SAD, 0.3, SETTINGS)

    assert (view == HAPPY).all()


def test_the_label_holds_at_a_tie():
    settings = replace(SETTINGS, time_constant_s=0)
    smoother = ProbabilitySmoother()
    smoother.update(np.array([0.5, 0.4, 0.1]), 0.0, settings)

    wobble = [smoother.update(np.array([0.46 - d, 0.46 + d, 0.08]), i, settings)[1] for i, d in enumerate([0.03] * 5)]

    assert wobble == [0] * 5
    assert smoother.update(np.array([0.41, 0.5, 0.09]), 9, settings)[1] == 1, "beyond the margin it changes"
    assert smoother.update(np.array([0.5, 0.43, 0.07]), 10, settings)[1] == 1, "and holds on that side too"


def test_without_a_margin_the_label_is_the_most_probable_one():
    settings = replace(SETTINGS, time_constant_s=0, switch_margin=0)
    smoother = ProbabilitySmoother()
    smoother.update(np.array([0.51, 0.49]), 0, settings)

    assert smoother.update(np.array([0.49, 0.51]), 1, settings)[1] == 1


def test_unsure_begins_at_the_threshold_and_ends_above_it():
    smoother = ProbabilitySmoother()

    answers = [smoother.level(c, SETTINGS) is Level.NAMED for c in (0.41, 0.40, 0.399, 0.41, 0.429, 0.431, 0.41, 0.39)]

    assert answers == [True, True, False, False, False, True, True, False]


def test_a_threshold_of_nought_is_always_sure():
    assert ProbabilitySmoother().level(0.0, replace(SETTINGS, unsure_below=0.0)) is Level.NAMED


def test_a_new_threshold_counts_at_once():
    smoother = ProbabilitySmoother()
    assert smoother.level(0.5, SETTINGS) is Level.NAMED
    assert smoother.level(0.5, replace(SETTINGS, unsure_below=0.6)) is Level.UNSURE
    assert smoother.level(0.5, replace(SETTINGS, unsure_below=0.3)) is Level.NAMED


def test_between_both_thresholds_a_face_is_leaning_and_needs_the_margin_to_rise():
    settings = replace(SETTINGS, unsure_below=0.4, named_from=0.6)
    smoother = ProbabilitySmoother()

    levels = [smoother.level(c, settings) for c in (0.6, 0.59, 0.62, 0.631, 0.41, 0.39, 0.42, 0.431, 0.64)]

    assert levels == [
        Level.NAMED,
        Level.LEANING,
        Level.LEANING,
        Level.NAMED,
        Level.LEANING,
        Level.UNSURE,
        Level.UNSURE,
        Level.LEANING,
        Level.NAMED,
    ]
