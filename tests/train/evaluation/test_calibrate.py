import numpy as np
import pytest

from train.evaluation.calibrate import choose_threshold, fit_temperature, undo_temperature


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


def test_the_threshold_is_the_lowest_that_keeps_the_wanted_accuracy():
    confidence = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    probabilities = np.full((5, 7), 0.0)
    probabilities[:, 0] = confidence
    labels = np.array([0, 0, 1, 0, 1])  # accuracies of the surest 1 to 5: 1, 1, .67, .75, .6
    assert choose_threshold(probabilities, labels, kept_accuracy=0.75) == (0.6, 0.8)
    assert choose_threshold(probabilities, labels, kept_accuracy=0.8) == (0.8, 0.4)
    assert choose_threshold(probabilities, labels, kept_accuracy=0.5) == (0.5, 1.0)


def test_where_no_threshold_reaches_it_only_the_surest_face_is_kept():
    probabilities = np.full((4, 7), 0.1)
    probabilities[:, 0] = [0.4, 0.9, 0.5, 0.6]
    assert choose_threshold(probabilities, np.ones(4, int), kept_accuracy=0.9) == (0.9, 0.25)
