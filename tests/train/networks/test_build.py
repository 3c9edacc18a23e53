"""Networks that a run starts from: two trained ones as one."""

import json
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from fer_core.expressions.model import KERAS_FILE, file_sha256
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.synthetic import drawn_faces
from train.errors import ConfigError
from train.networks.build import build_network, fixed_layers, label_network, load_saved, with_crowd
from train.networks.heads import CROWD, OUTPUT
from train.networks.inputs import to_input
from train.runs.files import read_json
from train.settings.training import TrainingConfig

PIXELS = to_input(drawn_faces(6, seed=2).pixels)


def saved(folder: Path, network: keras.Model) -> Path:
    """A model folder that holds this network, under the shipped one's card."""
    shutil.copytree(SHIPPED_MODELS / "default", folder)
    # Through JSON, as an export does it: else Keras numbers by their place in memory what layers share.
    again = keras.models.model_from_json(network.to_json())
    again.set_weights(network.get_weights())
    again.save(folder / KERAS_FILE)
    card = read_json(folder / "card.json")
    card["sha256"][KERAS_FILE] = file_sha256(folder / KERAS_FILE)
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def of_votes(architecture: str, seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    network = with_crowd(build_network(TrainingConfig(architecture=architecture)))
    rng = np.random.default_rng(seed)
    for name in (OUTPUT, CROWD):  # so that the answers are far from even, and from one another
        kernel, bias = network.get_layer(name).get_weights()
        network.get_layer(name).set_weights([10 * kernel, rng.normal(size=bias.shape)])
    return network


def answers(network: keras.Model) -> np.ndarray:
    return np.asarray(network(PIXELS))


def joining(start: Path, beside: Path) -> TrainingConfig:
    return TrainingConfig(init_from=str(start), join_with=str(beside), ferplus_weight=1)


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("second", ["tiny", "baseline_cnn"])
def test_joined_networks_answer_for_votes_by_half_of_each_and_for_labels_as_the_start(tmp_path, second):
    one, other = of_votes("tiny", 1), of_votes(second, 2)
    config = joining(saved(tmp_path / "one", one), saved(tmp_path / "other", other))

    joined = build_network(config)

    parts = answers(one), answers(other)
    assert np.abs(parts[0] - parts[1]).max() > 0.2
    product = np.sqrt(parts[0][:, 7:] * parts[1][:, 7:])
    found = answers(joined)
    assert found[:, 7:] == pytest.approx(product / product.sum(1, keepdims=True), abs=1e-5)
    assert found[:, :7] == pytest.approx(parts[0][:, :7], abs=1e-5)
    trunks = [network.count_params() - sum(_of_heads(network)) for network in (one, other)]
    assert joined.count_params() - sum(_of_heads(joined)) == sum(trunks)
    assert len({layer.name for layer in joined.layers}) == len(joined.layers)


def _of_heads(network: keras.Model) -> list[int]:
    return [network.get_layer(name).count_params() for name in (OUTPUT, CROWD)]


@pytest.mark.usefixtures("tiny")
def test_a_joined_network_is_saved_and_joined_again(tmp_path):
    parts = [of_votes("tiny", seed) for seed in (1, 2, 3)]
    folders = [saved(tmp_path / str(i), part) for i, part in enumerate(parts)]
    two = saved(tmp_path / "two", build_network(joining(folders[0], folders[1])))

    three = build_network(joining(two, folders[2]))

    assert answers(load_saved(two)) == pytest.approx(answers(build_network(joining(*folders[:2]))), abs=1e-5)
    shares = [answers(part)[:, 7:] for part in parts]
    product = (shares[0] * shares[1]) ** 0.25 * shares[2] ** 0.5
    assert answers(three)[:, 7:] == pytest.approx(product / product.sum(1, keepdims=True), abs=1e-5)


@pytest.mark.usefixtures("tiny")
def test_layers_that_are_kept_as_published_stay_so_in_a_joined_network(tmp_path):
    one, other = of_votes("tiny", 1), of_votes("tiny", 2)
    kept = next(layer for layer in other.layers if layer.weights)
    kept.trainable = False
    joined = build_network(joining(saved(tmp_path / "one", one), saved(tmp_path / "other", other)))
    assert [name.endswith(kept.name) for name in fixed_layers(joined)] == [True]
    again = keras.models.model_from_json(joined.to_json())
    assert fixed_layers(again) == fixed_layers(joined)


@pytest.mark.usefixtures("tiny")
def test_a_network_whose_answer_is_no_dense_layer_is_not_joined(tmp_path):
    one = saved(tmp_path / "one", of_votes("tiny", 1))
    other = saved(tmp_path / "other", with_crowd(build_network(TrainingConfig(architecture="mini_xception"))))
    with pytest.raises(ConfigError, match="other cannot be joined: expected a network that ends in a dense layer"):
        build_network(joining(one, other))


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("without", ["one", "other"])
def test_a_network_that_knows_no_votes_is_not_joined(tmp_path, without):
    folders = []
    for seed, name in enumerate(("one", "other")):
        network = of_votes("tiny", seed)
        folders.append(saved(tmp_path / name, label_network(network) if name == without else network))
    with pytest.raises(ConfigError, match=rf"{without} has not learnt from votes.*--ferplus-weight"):
        build_network(joining(*folders))
