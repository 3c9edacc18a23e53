"""Two networks over one picture, their features side by side for the same heads: "first+second" in the registry.

Networks of different origin err differently, so both together are right more often than either.
"""

from collections.abc import Callable, Sequence

import keras
from keras import layers

from train.architectures._blocks import classify


def build_side_by_side(
    builds: Sequence[Callable[..., keras.Model]],
    *,
    input_shape: tuple[int, int, int],
    num_classes: int,
    dropout: float = 0.4,
    normalization: str = "symmetric",
) -> keras.Model:
    """Build networks with random weights by their architectures' `build`, and put them side by side."""
    parts = [
        build(input_shape=input_shape, num_classes=num_classes, dropout=dropout, normalization=normalization)
        for build in builds
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = join(joined, part)
    return joined


def join(first: keras.Model, second: keras.Model) -> keras.Model:
    """One network with the layers of `first`, and copies of those of `second` under other names.

    Its head reads the features of both, the first's before the second's, and starts from random weights. Layers that
    cannot be trained stay so. Both networks must take the same pictures and have a last layer "probabilities"; other
    heads are left out.
    """
    features = _features(first)
    trunk = keras.Model(second.input, _features(second))
    taken = {layer.name for layer in first.layers}
    prefix = "second"
    while any(name.startswith(f"{prefix}_") for name in taken):
        prefix += "_"

    def rename(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config(layer.get_config() | {"name": f"{prefix}_{layer.name}"})

    copy = keras.models.clone_model(trunk, input_tensors=first.input, clone_function=rename)
    for layer in trunk.layers:
        if layer.weights:
            copy.get_layer(f"{prefix}_{layer.name}").set_weights(layer.get_weights())
    both = layers.Concatenate(name=f"{prefix}_beside")([features, copy.output])
    names = (model.name.removesuffix("_with_crowd") for model in (first, second))
    num_classes = first.get_layer("probabilities").output.shape[-1]
    return keras.Model(first.input, classify(both, num_classes), name="_".join(names))


def _features(network: keras.Model) -> keras.KerasTensor:
    return network.get_layer("probabilities").input
