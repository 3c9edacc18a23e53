"""The first weights of a votes' head."""

import keras
import numpy as np
import pytest

from tests.helpers.synthetic import drawn_dataset, drawn_votes
from train.networks.build import build_network, with_crowd
from train.networks.head_start import fit_crowd_head, softmax_regression
from train.networks.inputs import to_input
from train.settings.training import TrainingConfig

FACES = drawn_dataset()["train"]
SHARES = (drawn_votes(FACES.labels) / 10).astype(np.float32)


def answers(kernel: np.ndarray, bias: np.ndarray, features: np.ndarray) -> np.ndarray:
    raised = np.exp(features @ kernel + bias)
    shares: np.ndarray = raised / raised.sum(1, keepdims=True)
    return shares


def test_a_regression_finds_the_weights_that_made_the_shares():
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((2000, 3)) * [1, 10, 0.1] + [0, 5, 0]).astype(np.float32)
    kernel = np.array([[0.5, -0.5, 0], [0.05, 0, -0.05], [2, -4, 2]], np.float32)
    shares = answers(kernel, np.array([0.1, 0.2, -0.3], np.float32), features)
    assert answers(*softmax_regression(features, shares), features) == pytest.approx(shares, abs=0.02)


@pytest.mark.usefixtures("tiny")
def test_a_fitted_head_knows_the_voters_better_than_a_random_one_and_the_rest_stays():
    network = with_crowd(build_network(TrainingConfig(architecture="tiny")))
    before = network.get_weights()
    error = [_crossentropy(network)]
    fit_crowd_head(network, FACES.pixels, SHARES)
    error.append(_crossentropy(network))
    assert error[1] < 0.7 * error[0]
    changed = [not np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True)]
    names = [variable.path for variable in network.weights]
    assert [name for name, is_changed in zip(names, changed, strict=True) if is_changed] == [
        "crowd/kernel",
        "crowd/bias",
    ]


@pytest.mark.usefixtures("tiny")
def test_without_votes_a_head_stays_as_it_is():
    network = with_crowd(build_network(TrainingConfig(architecture="tiny")))
    before = network.get_weights()
    fit_crowd_head(network, FACES.pixels, np.zeros_like(SHARES))
    assert all(np.array_equal(a, b) for a, b in zip(before, network.get_weights(), strict=True))


def _crossentropy(network: keras.Model) -> float:
    crowd = np.asarray(network(to_input(FACES.pixels)))[:, 7:]
    return float(-(SHARES * np.log(crowd)).sum(1).mean())
