"""A session in figures, weighted by time."""

import time
from dataclasses import astuple
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.session_statistics.spans import weigh
from app.session_statistics.summary import STATES, Dwell, doubt_shares, one_face, summarise
from benchmarks.simulations import million_samples
from fer_core.emotions import EMOTIONS
from fer_core.results import Doubt, Level
from tests.helpers.session_builders import make_samples

HAPPY, SAD = (STATES.index(state) for state in ("happy", "sad"))


def test_shares_are_of_time_not_of_samples():
    samples = make_samples(["happy"] * 5 + ["sad"] * 2, time_s=np.array([0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0]))

    summary = summarise(samples, hold_s=2)

    assert summary.watched_s == pytest.approx(1.1)
    assert summary.label_shares["sad"] == pytest.approx(0.6 / 1.1)


def test_a_face_that_was_away_does_not_count():
    samples = make_samples(["happy"] * 10 + ["sad"] * 10, time_s=np.append(np.arange(10) / 5, 60 + np.arange(10) / 5))

    summary = summarise(samples)

    assert summary.watched_s == pytest.approx(4.4)
    assert summary.transitions.sum() == 0, "nobody saw the change"
    assert summary.dwells["happy"].longest_s == pytest.approx(2.4)


def test_an_excluded_range_counts_nowhere():
    samples = make_samples(["happy"] * 10 + ["sad"] * 5 + ["happy"] * 10)

    summary = summarise(samples, leave_out=[(2.0, 3.0)])

    assert summary.label_shares["happy"] == pytest.approx(1)
    assert summary.samples == 20
    assert summary.flips_per_min == 0
    assert astuple(summary.dwells["happy"]) == pytest.approx((2, 2.0, 2.0))


def test_a_task_is_summarised_alone():
    samples = make_samples(["happy"] * 50 + ["sad"] * 50)

    assert summarise(samples, keep=[(10, 20)]).label_shares["sad"] == pytest.approx(1)


def test_changes_pass_over_unsure():
    summary = summarise(make_samples(["happy", "happy", None, "sad", None, "sad", "happy"]))

    assert summary.transitions[HAPPY, SAD] == 1
    assert summary.transitions[SAD, HAPPY] == 1
    assert summary.transitions.sum() == 2
    assert summary.flips_per_min == pytest.approx(2 / 1.4 * 60)


def test_a_leaning_second_is_a_second_of_its_emotion():
    summary = summarise(make_samples(["happy"] * 4 + ["happy?"] * 2 + ["sad?"] * 3 + [None]))

    assert summary.label_shares["happy"] == pytest.approx(0.6)
    assert summary.label_shares["sad"] == pytest.approx(0.3)
    assert summary.leaning_shares == pytest.approx({e: {"happy": 0.2, "sad": 0.3}.get(e, 0) for e in EMOTIONS})
    assert summary.level_shares == pytest.approx({Level.NAMED: 0.4, Level.LEANING: 0.5, Level.UNSURE: 0.1})


def test_leaning_time_is_weighted_like_all_other():
    samples = make_samples(["happy", "happy?", "happy"], time_s=np.array([0.0, 0.2, 0.8]))

    assert summarise(samples, hold_s=2).leaning_shares["happy"] == pytest.approx(0.6 / 1.2, abs=1e-9)


def test_from_leaning_to_named_is_no_change_of_label():
    summary = summarise(make_samples(["happy", "happy?", "happy", "sad?", "sad"]))

    assert summary.transitions.sum() == 1
    assert summary.transitions[HAPPY, SAD] == 1
    assert astuple(summary.dwells["happy"]) == pytest.approx((1, 0.6, 0.6))


def test_dwell_times_are_those_of_each_stay():
    summary = summarise(make_samples(["happy"] * 5 + ["sad"] * 10 + ["happy"] * 15))

    assert astuple(summary.dwells["happy"]) == pytest.approx((2, 2.0, 3.0))
    assert astuple(summary.dwells["sad"]) == pytest.approx((1, 2.0, 2.0))
    assert summary.dwells["fear"] == Dwell()


def test_mean_and_spread_of_valence_are_weighted_by_time():
    samples = make_samples(["happy", "sad", "sad"], time_s=np.array([0.0, 0.2, 0.4]))

    valence = summarise(samples).valence

    assert valence is not None
    assert valence.mean == pytest.approx(samples.valence.mean())
    assert valence.sd == pytest.approx(samples.valence.std())


def test_peaks_are_one_for_each_strong_stretch_the_strongest_first():
    samples = make_samples(["neutral"] * 5 + ["happy"] * 20 + ["neutral"] * 5 + ["sad"] * 20)
    samples.probabilities[12, EMOTIONS.index("happy")] = 0.97
    samples.probabilities[40, EMOTIONS.index("sad")] = 0.9

    peaks = summarise(samples).peaks

    assert [peak.emotion for peak in peaks] == ["happy", "sad"]
    assert [(peak.at_s, peak.probability) for peak in peaks] == [pytest.approx((2.4, 0.97)), pytest.approx((8.0, 0.9))]


def test_no_samples_give_a_summary_of_nothing():
    summary = summarise(make_samples([]))

    assert summary.watched_s == 0
    assert summary.valence is None
    assert set(summary.label_shares.values()) == {0.0}
    assert set(summary.level_shares.values()) == {0.0}
    assert summary.peaks == ()


def test_doubts_are_shares_of_time():
    samples = make_samples(["happy", None, None, "sad"])

    shares = doubt_shares(samples, weigh(samples.time_s), {Doubt.NOT_CONFIDENT: 16, Doubt.TOO_DARK: 2})

    assert shares == pytest.approx({Doubt.NOT_CONFIDENT: 0.5, Doubt.TOO_DARK: 0})


@given(st.lists(st.sampled_from([*EMOTIONS, "happy?", "sad?", None]), min_size=1, max_size=40))
def test_shares_and_means_sum_to_one_and_stays_fill_the_time(labels):
    summary = summarise(make_samples(labels))

    assert sum(summary.label_shares.values()) == pytest.approx(1)
    assert sum(summary.level_shares.values()) == pytest.approx(1)
    assert sum(summary.mean_probabilities.values()) == pytest.approx(1)
    codes = [label.rstrip("?") if label else None for label in labels]
    stays = 1 + sum(before != after for before, after in pairwise(codes))
    assert sum(dwell.times for dwell in summary.dwells.values()) == stays
    expressions = [code for code in codes if code]
    assert summary.transitions.sum() == sum(before != after for before, after in pairwise(expressions))
    assert np.trace(summary.transitions) == 0


def test_one_face_is_picked_out_raw_or_corrected():
    both = make_samples(["happy", "sad", "happy?", "sad"])
    stored = SimpleNamespace(
        **vars(both),
        face=np.array([1, 2, 1, 2]),
        corrected=np.array([[np.nan] * 7, [0.1] * 7, [0.2] * 7, [0.3] * 7]),
        valence_corrected=np.array([np.nan, 0.1, 0.2, 0.3]),
        arousal_corrected=np.array([np.nan, 0.1, 0.2, 0.3]),
    )

    raw, corrected = one_face(stored, 1), one_face(stored, 1, corrected=True)

    assert raw.label.tolist() == ["happy", "happy"]
    assert raw.leaning.tolist() == [False, True]
    assert (raw.probabilities == both.probabilities[[0, 2]]).all()
    assert corrected.valence.tolist() == [0.2]
    assert corrected.probabilities.tolist() == [[0.2] * 7]


def test_a_million_samples_take_less_than_two_seconds():
    million = million_samples()
    started = time.process_time()

    summary = summarise(million)

    took_s = time.process_time() - started
    assert summary.samples > 900_000
    assert took_s < 2


def test_one_long_smile_that_wavers_is_one_moment_and_others_are_not_crowded_out():
    samples = make_samples(["happy"] * 200 + ["neutral"] * 40 + ["sad"] * 5)
    samples.probabilities[:200:7] = 1 / 7  # for a moment less than half

    peaks = summarise(samples).peaks

    assert sorted(peak.emotion for peak in peaks) == ["happy", "sad"]


def test_each_expression_has_its_strongest_moment_among_ten():
    samples = make_samples((["happy"] * 5 + ["neutral"] * 40) * 15 + ["sad"] * 5)
    samples.probabilities[-5:] = 1 / 7
    samples.probabilities[-5:, EMOTIONS.index("sad")] = 0.55

    peaks = summarise(samples).peaks

    assert len(peaks) == 10
    assert peaks[-1].emotion == "sad"
