"""Models on the same images: what is more than chance, with two of them and with several."""

import json

import numpy as np
import pytest

from tests.train.evaluation.test_evaluate import ANSWERS, LABELS, sure
from train.evaluation.compare import ComparedPair, Comparison, compare, holm, mcnemar_p


def with_mistakes(labels: np.ndarray, count: int) -> np.ndarray:
    """Answers to `labels` of which the first `count` are wrong."""
    named = labels.copy()
    named[:count] = (labels[:count] + 1) % 7
    return sure(*named)


def test_mcnemar_is_the_exact_binomial_test():
    assert mcnemar_p(0, 0) == 1
    assert mcnemar_p(5, 5) == 1
    assert mcnemar_p(1, 9) == pytest.approx(2 * (1 + 10) / 2**10)
    assert mcnemar_p(400, 300) == mcnemar_p(300, 400) == pytest.approx(0.000180, rel=0.02)


def test_holm_multiplies_the_smallest_most_and_keeps_the_order():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.2, 0.9, 0.5]) == pytest.approx([0.6, 1.0, 1.0])
    assert holm([0.04]) == [0.04]
    assert holm([]) == []


def test_a_model_compared_with_itself_differs_by_nothing():
    (pair,) = compare([ANSWERS, ANSWERS], LABELS, models=["a", "a"]).pairs

    assert (pair.difference, *pair.interval_95) == (0, 0, 0)
    assert pair.p_value == pair.p_corrected == 1
    assert not pair.is_beyond_chance


def test_a_better_model_is_found_better_beyond_chance():
    labels = np.arange(700) % 7

    found = compare([sure(*labels), with_mistakes(labels, 140)], labels, models=["good", "poor"])

    (pair,) = found.pairs
    assert list(found.accuracies) == [1, 0.8]
    assert (pair.only_first_right, pair.only_second_right) == (140, 0)
    assert pair.difference == pytest.approx(0.2)
    assert pair.interval_95[0] > 0.15
    assert pair.p_value == pair.p_corrected < 1e-6
    assert pair.recall_difference["sad"] == pytest.approx(0.2)
    assert "more than chance" in found.to_text()
    assert "Holm" not in found.to_text()
    assert json.loads(found.to_json())["n"] == 700


def test_of_several_models_each_pair_is_tested_and_corrected():
    labels = np.arange(700) % 7
    answers = [with_mistakes(labels, count) for count in (0, 7, 14)]

    found = compare(answers, labels, models=["a", "b", "c"])

    assert [(pair.first, pair.second) for pair in found.pairs] == [(0, 1), (0, 2), (1, 2)]
    assert [pair.p_corrected for pair in found.pairs] == holm([pair.p_value for pair in found.pairs])
    assert found.pairs[0].p_value < 0.05 / 3 < found.pairs[0].p_corrected < 0.05
    assert "C  98.00%  c" in found.to_text()
    assert "B - C" in found.to_text()
    assert found.to_text().count("corrected for 3 pairs (Holm)") == 3


def test_what_would_be_beyond_chance_alone_is_not_among_several():
    pair = ComparedPair(0, 1, 0.1, (0.02, 0.18), 20, 10, p_value=0.04, p_corrected=0.12, recall_difference={})

    assert not pair.is_beyond_chance


@pytest.mark.parametrize("answers", [[ANSWERS, ANSWERS[:7]], [ANSWERS]])
def test_comparing_answers_to_other_images_is_refused(answers):
    with pytest.raises(ValueError, match="must answer to the same images"):
        compare(answers, LABELS, models=["a", "b"])


def test_a_comparison_without_its_pairs_is_none():
    with pytest.raises(ValueError, match="3 models and their 3 pairs"):
        Comparison(8, ("a", "b", "c"), (0.5, 0.5, 0.5), pairs=())
