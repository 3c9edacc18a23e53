"""Differences with intervals that keep what they promise, where samples resemble their neighbours."""

import numpy as np
import pytest

from app.session_statistics.comparison import FIGURES, Difference, block_length, compare, make_stretch
from app.session_statistics.summary import summarise
from benchmarks.simulations import (
    VALENCE,
    coverage_of_seconds,
    coverage_of_sessions,
    sluggish_rows,
    stretch_of,
    valence_difference,
)
from tests.helpers.session_builders import make_samples


def test_bins_give_the_same_means_as_the_samples():
    samples = make_samples(["happy"] * 33 + [None] * 21 + ["sad"] * 50)
    summary, stretch = summarise(samples, leave_out=[(3, 4.1)]), make_stretch(samples, leave_out=[(3, 4.1)])

    assert stretch is not None
    assert summary.valence is not None
    assert stretch.seconds.sum() == pytest.approx(summary.watched_s)
    assert stretch.means[:8] == pytest.approx(list(summary.label_shares.values()))
    assert stretch.means[VALENCE] == pytest.approx(summary.valence.mean)


def test_a_long_session_has_no_more_than_600_bins():
    stretch = make_stretch(make_samples(["happy", "sad"] * 10_000))

    assert stretch is not None
    assert len(stretch.seconds) <= 601


def test_no_time_is_no_stretch():
    assert make_stretch(make_samples(["happy"] * 10), keep=[(50, 60)]) is None


@pytest.mark.slow
@pytest.mark.parametrize(("seconds", "memory_s"), [(300, 0.5), (300, 3), (60, 1)])
def test_intervals_hold_the_truth_about_as_often_as_they_say_and_naive_ones_do_not(seconds, memory_s):
    found = coverage_of_seconds(seconds=seconds, memory_s=memory_s)

    assert 0.92 <= found.ours <= 0.98
    assert found.simpler < 0.70


def test_a_difference_of_one_deviation_is_seen_in_five_minutes():
    rows = sluggish_rows(np.random.default_rng(5), 80, seconds=300, memory_s=1)

    clear = [
        valence_difference([stretch_of(a)], [stretch_of(b + 1)]).is_clear
        for a, b in zip(rows[:40], rows[40:], strict=True)
    ]

    assert np.mean(clear) > 0.95


def test_what_changes_too_slowly_for_the_recording_is_called_shaky():
    generator = np.random.default_rng(6)
    quick, slow = (stretch_of(sluggish_rows(generator, 1, seconds=300, memory_s=m)[0]) for m in (0.5, 60))

    assert not valence_difference([quick], [quick]).is_shaky
    assert valence_difference([quick], [slow]).is_shaky
    assert valence_difference([quick], [stretch_of(np.zeros(50))]).is_shaky, "ten seconds"


def test_with_five_sessions_a_side_intervals_speak_of_further_sessions():
    sessions = [stretch_of(row) for row in np.random.default_rng(7).normal(0, 0.3, (10, 100))]
    many, few = valence_difference(sessions[:5], sessions[5:]), valence_difference(sessions[:4], sessions[5:])

    found = coverage_of_sessions()

    assert (many.scope, few.scope) == ("sessions like these", "these recordings")
    assert 0.90 <= found.ours <= 0.99
    assert found.simpler < 0.5, "which is why the scope is said"


def test_each_two_of_three_sides_are_compared_on_every_figure():
    stretch = stretch_of(np.zeros(100))

    found = compare({"A": [stretch], "B": [stretch], "C": [stretch]}, draws=50)

    assert [difference.names for difference in found[:: len(FIGURES)]] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert [difference.figure for difference in found[: len(FIGURES)]] == list(FIGURES)


def test_swapping_the_sides_swaps_the_sign_and_the_seed_repeats():
    rows = sluggish_rows(np.random.default_rng(8), 2, seconds=120, memory_s=1)
    first, second = ([stretch_of(row)] for row in rows)

    there, back, again = (valence_difference(*sides) for sides in ((first, second), (second, first), (first, second)))

    assert there.change == pytest.approx(-back.change)
    assert there == again
    assert there.low < there.change < there.high


def test_sentences_say_how_much_and_how_surely():
    happy = Difference("happy", ("Monday", "Friday"), (0.3, 0.42), 0.05, 0.19, "these recordings", False)
    valence = Difference("valence", ("Monday", "Friday"), (0.1, 0.05), -0.2, 0.1, "these recordings", True)

    assert happy.sentence() == "Time shown as happy is 12 points higher for Friday than for Monday (+5 to +19)."
    assert valence.sentence() == (
        "Valence: no clear difference between Monday and Friday (\N{MINUS SIGN}0.20 to +0.10). The recording is "
        "short: the true uncertainty is larger."
    )


def test_block_lengths_follow_the_memory():
    generator = np.random.default_rng(9)
    lengths = [
        np.median([block_length(row) for row in sluggish_rows(generator, 20, seconds=100, memory_s=memory_s)])
        for memory_s in (0.01, 0.5, 2)
    ]

    assert lengths[0] < 5 < lengths[1] < lengths[2]
    assert block_length(np.ones(50)) == 1


@pytest.mark.parametrize("sides", [{"A": [1]}, {"A": [1], "B": []}])
def test_a_comparison_needs_two_sides(sides):
    with pytest.raises(ValueError, match="two or more sides"):
        compare(sides)
