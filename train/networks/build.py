"""The network of a run: built from its settings or read from a saved model."""

import json
from collections.abc import Callable, Collection
from pathlib import Path

import keras
import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.expressions.card import read_card
from fer_core.expressions.model import KERAS_FILE, file_sha256, find_model
from fer_core.whole_files import write_whole
from train.architectures import builder
from train.architectures._side_by_side import join
from train.archive.reader import SIDE
from train.dataset.ferplus import ANSWERS, EMOTION_COLUMNS
from train.errors import ConfigError
from train.networks.checkpoints import load_weights
from train.networks.heads import ANSWER, CROWD, HEADS, OUTPUT
from train.networks.keras_files import check_keras_file, check_structure_file, check_weights_file
from train.networks.memory import bounded_memory
from train.runs.files import BEST, NETWORK
from train.runs.request import read_request
from train.settings.training import TrainingConfig


def build_network(config: TrainingConfig) -> keras.Model:
    """The uncompiled float32 network that a run starts from: random weights, or those of `config.init_from`.

    Raises:
        ConfigError: no such architecture, or what to start from has no weights, or other inputs or outputs, or one of
            two to be joined has not learnt from votes or has no dense layer at its end.
        ArtifactError: the model to start from is missing or damaged.
    """
    if config.join_with:
        return _joined(Path(config.init_from), Path(config.join_with))
    if config.init_from:
        return load_trained(Path(config.init_from))
    build: Callable[..., keras.Model] = builder(config.architecture)
    return build(
        input_shape=(SIDE, SIDE, 1),
        num_classes=len(EMOTIONS),
        dropout=config.dropout,
        normalization=config.normalization,
    )


def _joined(start: Path, beside: Path) -> keras.Model:
    """Two trained networks as one. Outputs float32 (n, 7 + 10).

    The votes' head gives the normalised product of both networks' shares, each to the power of a half. A softmax of a
    weighted sum is such a product, so it is one layer whose weights are half of theirs (products of experts: Hinton,
    2002, doi:10.1162/089976602760128018). The labels' head is the first's; the features of the second count nothing in
    it, until it is trained.
    """
    first, second = load_trained(start), load_trained(beside)
    for network, folder in ((first, start), (second, beside)):
        if not has_crowd(network):
            raise ConfigError(
                f"{folder} has not learnt from votes, which networks that are joined must have. Choose another one, "
                "or train it with --ferplus-weight."
            )
        if not isinstance(network.get_layer(OUTPUT), keras.layers.Dense):
            raise ConfigError(
                f"{folder} cannot be joined: expected a network that ends in a dense layer, and {network.name} ends in "
                "another. Choose another one."
            )
    joined = with_crowd(join(first, second))
    for name, shares in ((OUTPUT, (1.0, 0.0)), (CROWD, (0.5, 0.5))):
        heads = [network.get_layer(name).get_weights() for network in (first, second)]
        kernels, biases = zip(*heads, strict=True)
        kernel = np.concatenate([share * own for share, own in zip(shares, kernels, strict=True)])
        bias = sum(share * own for share, own in zip(shares, biases, strict=True))
        joined.get_layer(name).set_weights([kernel, bias])
    return joined


def load_saved(name_or_path: Path) -> keras.Model:
    """The network of a model folder, checked against its card and read in Keras' safe mode.

    Outputs float32 (n, 7), or (n, 7 + 10) where it learnt from votes (see `with_crowd`).

    Raises:
        ConfigError: it takes or gives something else than this version's networks.
        ArtifactError: the folder is missing or damaged.
    """
    folder = find_model(name_or_path)
    card = read_card(folder)
    path = folder / KERAS_FILE
    if not path.is_file() or file_sha256(path) != card.sha256.get(KERAS_FILE):
        raise ConfigError(f"{path} is missing or altered since it was exported. Start from another model.")
    if card.labels != EMOTIONS or card.input_shape != (SIDE, SIDE, 1):
        raise ConfigError(
            f"{folder} has labels {card.labels} and input {card.input_shape}; expected {EMOTIONS} and "
            f"{(SIDE, SIDE, 1)}. Start from another model."
        )
    check_keras_file(path)
    # Whatever Keras finds wrong in a stranger's file, of which it raises many kinds, is one thing to whoever asked.
    try:
        with bounded_memory():
            model: keras.Model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        raise ConfigError(_unreadable(path, error)) from error
    _check_ends(model, folder)
    return model


def load_trained(folder: Path) -> keras.Model:
    """The float32 network of a model folder, or of a run folder with its best weights; outputs as in `load_saved`.

    Raises:
        ConfigError: it has no weights, or takes or gives something else than this version's networks.
        ArtifactError: a model folder is missing or damaged.
    """
    request = read_request(folder)
    if request is None:
        return load_saved(folder)
    if not (folder / BEST).is_file():
        raise ConfigError(f"{folder} has no {BEST}: expected a run folder with a finished epoch. Train it first.")
    network = load_structure(request.training, folder)
    check_weights_file(folder / BEST)
    load_weights(network, folder / BEST)
    _check_ends(network, folder)
    return network


def save_structure(model: keras.Model, run_dir: Path) -> None:
    """Write network.json, so that the run can be exported whatever becomes of the architecture's file."""
    write_whole(run_dir / NETWORK, json.dumps(json.loads(model.to_json()), indent=1) + "\n")


def load_structure(config: TrainingConfig, run_dir: Path) -> keras.Model:
    """The float32 network of a run, with random weights. Runs of earlier versions have no network.json."""
    path = run_dir / NETWORK
    if not path.is_file():
        return build_network(config)
    structure = json.dumps(check_structure_file(path))
    try:
        with bounded_memory():
            model: keras.Model = keras.models.model_from_json(structure)
    except Exception as error:
        raise ConfigError(_unreadable(path, error)) from error
    return model


def _check_ends(network: keras.Model, folder: Path) -> None:
    takes, gives = (None, SIDE, SIDE, 1), (None, len(EMOTIONS))
    with_votes = (None, len(EMOTIONS) + len(ANSWERS))
    outputs = gives if not has_crowd(network) else with_votes
    if network.input_shape != takes or network.output_shape != outputs:
        raise ConfigError(
            f"{folder} takes {network.input_shape} and gives {network.output_shape}; expected {takes} and {gives}. "
            "Choose another one."
        )


def _unreadable(path: Path, error: Exception) -> str:
    reason = (" ".join(str(error).split()) or type(error).__name__)[:300]
    return f"{path} cannot be read ({reason}): expected a network that this program saved. Start from another model."


def with_crowd(network: keras.Model) -> keras.Model:
    """The network with a second head beside its own, for what FER+'s voters would say.

    It shares the network's layers; its own head reads what the last layer reads, and starts from random weights. A
    network that has one already stays as it is. Outputs float32 (n, 7 + 10).
    """
    if has_crowd(network):
        return network
    features = network.get_layer(OUTPUT).input
    crowd = keras.layers.Dense(len(ANSWERS), activation="softmax", dtype="float32", name=CROWD)(features)
    joined = keras.layers.Concatenate(dtype="float32", name=HEADS)([network.output, crowd])
    return keras.Model(network.input, joined, name=f"{network.name}_with_crowd")


def has_crowd(network: keras.Model) -> bool:
    """Whether a network answers for FER+'s voters, too."""
    return any(layer.name == HEADS for layer in network.layers)


def label_network(network: keras.Model) -> keras.Model:
    """The part of a network that answers with the archive's labels, float32 (n, 7); it shares the layers."""
    if not has_crowd(network):
        return network
    return keras.Model(network.input, network.get_layer(OUTPUT).output, name=network.name.removesuffix("_with_crowd"))


def answering_network(network: keras.Model, label_share: float) -> keras.Model:
    """The network as it answers live; it shares the layers.

    A network with a crowd's head answers with the normalised product of both heads' shares of the seven emotions, each
    to the power of its weight. Both are softmaxes of the same features, so the product is one, too: its weights are the
    weighted mean of theirs. Contempt, "unknown" and "not a face" are left out before.

    Args:
        network: outputs (n, 7), or (n, 7 + 10).
        label_share: weight of the labels' head, 0-1; the crowd's head has the rest.

    Returns:
        Outputs float32 (n, 7), or (n, 7 + 7 + 10): the parts of `fer_core.expressions.card.WITH_VOTES`.
    """
    if not has_crowd(network):
        return network
    labels, crowd = network.get_layer(OUTPUT), network.get_layer(CROWD)
    layer = keras.layers.Dense(len(EMOTIONS), activation="softmax", dtype="float32", name=ANSWER)
    answer = layer(labels.input)
    mixed = [
        label_share * of_labels + (1 - label_share) * of_crowd[..., EMOTION_COLUMNS]
        for of_labels, of_crowd in zip(labels.get_weights(), crowd.get_weights(), strict=True)
    ]
    layer.set_weights(mixed)
    joined = keras.layers.Concatenate(dtype="float32", name="parts")([answer, labels.output, crowd.output])
    return keras.Model(network.input, joined, name=f"{network.name}_answering")


def answer_network(network: keras.Model, label_share: float) -> keras.Model:
    """The part of `answering_network` that is shown live, float32 (n, 7)."""
    if not has_crowd(network):
        return network
    answering = answering_network(network, label_share)
    return keras.Model(network.input, answering.get_layer(ANSWER).output, name=network.name.removesuffix("_with_crowd"))


def fixed_layers(model: keras.Model) -> frozenset[str]:
    """Names of the layers that never learn: published ones that are kept as they are. Ask before anything is frozen."""
    return frozenset(layer.name for layer in model.layers if layer.weights and not layer.trainable)


def freeze_trunk(model: keras.Model, *, frozen: bool, fixed: Collection[str] = ()) -> None:
    """Freeze, or free, all layers but the heads; those named in `fixed` stay frozen. Compile the model afterwards."""
    for layer in model.layers:
        if layer.weights and layer.name not in (OUTPUT, CROWD):
            layer.trainable = not frozen and layer.name not in fixed


def seed_dropout(model: keras.Model, seed: int) -> None:
    """Start every dropout layer's chance anew, in place.

    Weights files do not hold it, so a run does this before each epoch, and a resumed one meets the same chance.
    """
    for i, layer in enumerate(model.layers):
        generator = getattr(layer, "seed_generator", None)
        if generator is not None:
            generator.state.assign(keras.ops.convert_to_tensor([seed % 2**31, i], generator.state.dtype))
