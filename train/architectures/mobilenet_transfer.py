"""MobileNetV2 pre-trained on ImageNet, where its weights can be downloaded.

Sandler et al. (2018, arXiv:1801.04381). The grey face is doubled to 96 x 96 pixels and copied to three channels inside
the graph. ImageNet's weights expect pixels in [-1, 1]: keep the normalisation "symmetric".
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import keras
import numpy as np
from keras import layers

from train.architectures import PretrainedError
from train.architectures._blocks import apply_normalization, classify

PRETRAINED_SIDE = 96
DOWNLOAD_TIMEOUT_S = 20.0


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network with random weights; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    x = layers.UpSampling2D(PRETRAINED_SIDE // input_shape[0], interpolation="bilinear")(x)
    x = layers.Concatenate()([x, x, x])
    base = keras.applications.MobileNetV2(input_tensor=x, include_top=False, weights=None)
    for layer in base.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = 0.95  # with Keras' 0.999 the statistics lag behind, and ten epochs validate as chance
    x = layers.GlobalAveragePooling2D()(base.output)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="mobilenet_transfer")


def load_pretrained(model: keras.Model, images: np.ndarray) -> dict[str, str]:
    """Copy ImageNet's weights, from Keras' download cache or the network, into a built model.

    Args:
        model: what `build` gave.
        images: not needed here.

    Returns:
        What was loaded, for the card.

    Raises:
        PretrainedError: they can neither be found nor downloaded.
    """
    try:
        with _short_timeout():
            shape = (PRETRAINED_SIDE, PRETRAINED_SIDE, 3)
            published = keras.applications.MobileNetV2(input_shape=shape, include_top=False, weights="imagenet")
    except Exception as error:  # what Keras' download raises, whatever went wrong
        raise PretrainedError(
            f"ImageNet's weights of MobileNetV2 cannot be downloaded ({error}); training starts from random ones. "
            "Connect to the internet once, or fine-tune one of the shipped models with --init-from."
        ) from error
    own = {layer.name: layer for layer in model.layers}
    for layer in published.layers:
        if layer.weights:
            own[layer.name].set_weights(layer.get_weights())
    return {"name": "MobileNetV2", "about": "ImageNet's 1000 classes, as Keras distributes it (keras.applications)."}


@contextmanager
def _short_timeout() -> Iterator[None]:
    """Keras' download waits for ever by default."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
