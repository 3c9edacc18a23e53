import numpy as np
import pytest

from train.evaluation.calibrate import choose_levels, fit_temperature, undo_temperature


def sampled(temperature: float, *, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities, and labels drawn from them at another temperature."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(7, 0.5), n)
    true = probabilities ** (1 / temperature)
    true /= true.sum(1, keepdims=True)
    labels = (true.cumsum(1) < rng.random((n, 1))).sum(1)
    return probabilities, labels


@pytest.mark.parametrize("temperature", [0.6, 1.0, 1.8])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    assert fit_temperature(*sampled(temperature)) == pytest.approx(temperature, rel=0.07)


def test_the_temperature_stays_within_bounds_for_a_model_that_is_always_or_never_right():
    probabilities = np.full((20, 7), 0.05)
    probabilities[:, 2] = 0.7
    assert fit_temperature(probabilities, np.full(20, 2)) == pytest.approx(0.25, rel=0.01)
    assert fit_temperature(probabilities, np.full(20, 1)) == pytest.approx(4, rel=0.01)


def test_a_temperature_can_be_undone():
    probabilities, _ = sampled(1.0, n=50)
    powered = probabilities ** (1 / 1.7)
    assert undo_temperature(powered / powered.sum(1, keepdims=True), 1.7) == pytest.approx(probabilities)


def test_the_temperature_is_fitted_to_the_shares_of_voters_too():
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(7, 0.5), 400)
    too_sure = shares**1.7
    too_sure /= too_sure.sum(1, keepdims=True)
    assert fit_temperature(too_sure, shares) == pytest.approx(1.7, rel=0.01)


def answers(confidence: list[float]) -> np.ndarray:
    """Probabilities (n, 7) whose highest, of the first emotion, are these."""
    rest = (1 - np.array(confidence))[:, None] / 6
    return np.concatenate([np.array(confidence)[:, None], np.repeat(rest, 6, axis=1)], axis=1)


def test_as_many_are_named_as_may_be_while_few_stay_unsure():
    probabilities = answers([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2])
    right = np.array([True, True, True, True, False, True, False, True, False, False])
    # right of the surest 1 to 10: 1, 1, 1, 1, .8, .83, .71, .75, .67, .6
    levels = choose_levels(probabilities, right, named_right=0.75, leaning_right=0.3, most_unsure=0.1)
    # Eight named leave two that are wrong, so two unsure; six named leave four, of which the first three are .33 right.
    assert (levels.named_from, levels.named, levels.named_right) == (0.4, 0.6, 5 / 6)
    assert (levels.unsure_below, levels.leaning, levels.leaning_right) == (0.25, 0.3, 1 / 3)
    more = choose_levels(probabilities, right, named_right=0.75, leaning_right=0.3, most_unsure=0.2)
    assert (more.named, more.leaning) == (0.8, 0.0)


def test_what_is_right_half_of_the_time_is_not_named_however_good_the_rest_is():
    # 84 sure ones are right; of the 16 others every second one, so that 92 of 100 are right and all could be named.
    right = np.array([True] * 84 + [True, False] * 8)
    probabilities = answers(list(np.linspace(1, 0.2, 100)))
    levels = choose_levels(probabilities, right, named_right=0.9, leaning_right=0.7, most_unsure=0.1)
    # The five least sure of the named are right at least 7 times in 10; what leans has sure ones enough for 7 in 10.
    assert right[: round(100 * levels.named)][-5:].mean() >= 0.7
    assert levels.leaning >= 0.1
    assert levels.leaning_right >= 0.7
    assert levels.named + levels.leaning >= 0.9


def test_where_so_few_cannot_be_reached_as_few_as_can_be_stay_unsure():
    probabilities = answers([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    right = np.array([True, True, True, False, False, False])
    levels = choose_levels(probabilities, right, named_right=1.0, leaning_right=0.5, most_unsure=0.1)
    # Each right one that leans carries a wrong one: one named, two leaning with two wrong ones, one unsure.
    assert (levels.named, levels.leaning, levels.unsure_below) == (1 / 6, 4 / 6, 0.5)
    levels = choose_levels(probabilities, right, named_right=1.0, leaning_right=0.9, most_unsure=0.1)
    assert (levels.named, levels.leaning, levels.unsure_below) == (3 / 6, 0.0, 0.7)


def test_where_no_threshold_reaches_it_only_the_surest_face_is_named():
    levels = choose_levels(
        answers([0.4, 0.9, 0.5, 0.6]), np.zeros(4, bool), named_right=0.9, leaning_right=0.7, most_unsure=0.1
    )
    assert (levels.named_from, levels.unsure_below, levels.named, levels.leaning) == (0.9, 0.9, 0.25, 0.0)
