"""Smoothing in seconds, a label that holds at a tie, and "unsure" with a margin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.expressions.smoothing import ProbabilitySmoother, SmoothingSettings
from fer_core.results import Level

SETTINGS = SmoothingSettings(time_constant_s=0.5, switch_margin=0.08, unsure_below=0.4, unsure_margin=0.03)
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

    assert changed_s == pytest.approx(2.35, abs=0.2)


@given(st.lists(st.floats(0.001, 1), min_size=1, max_size=20))
def test_how_the_time_is_divided_does_not_matter(gaps_s):
    divided, at_once = ProbabilitySmoother(), ProbabilitySmoother()
    for smoother in (divided, at_once):
        smoother.update(SAD, 0.0, SETTINGS)

    now_s = 0.0
    for gap_s in gaps_s:
        now_s += gap_s
        mean, _ = divided.update(HAPPY, now_s, SETTINGS)

    assert mean == pytest.approx(at_once.update(HAPPY, now_s, SETTINGS)[0], abs=1e-9)


def test_after_one_time_constant_a_new_expression_has_63_percent_of_the_weight():
    smoother = ProbabilitySmoother()
    smoother.update(np.array([1.0, 0.0]), 10.0, SETTINGS)

    mean, _ = smoother.update(np.array([0.0, 1.0]), 10.5, SETTINGS)

    assert mean[1] == pytest.approx(0.632, abs=0.001)


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


@given(st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), min_size=1, max_size=10), st.floats(0.01, 2))
def test_the_average_always_sums_to_one(views, gap_s):
    smoother = ProbabilitySmoother()
    for i, view in enumerate(views):
        mean, _ = smoother.update(np.array(view) / sum(view), i * gap_s, SETTINGS)

        assert mean.sum() == pytest.approx(1)
        assert (mean >= 0).all()


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
