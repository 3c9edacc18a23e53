"""The early half of a network that has learnt to tell people apart: a third of face_resnet's weights.

The stages of 32, 64 and 128 filters and one convolution; see `_face_stages`. What comes later knows more of who than of
how. The first stage is not trained but kept as published, which saves half of the time of a step.
"""

import keras
import numpy as np
from keras import layers

from train.architectures._blocks import apply_conv, classify
from train.architectures._dlib_weights import ORIGIN, STAGES
from train.architectures._face_stages import apply_face_stages, load_face_stages, stage_end

EARLY = STAGES[:3]


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network with random weights; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_conv(apply_face_stages(inputs, normalization, EARLY), 256)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="face_early")


def load_pretrained(model: keras.Model, images: np.ndarray) -> dict[str, str]:
    """Copy dlib's weights into a built model and keep its first stage as it is; see `_face_stages.load_face_stages`.

    Args:
        model: what `build` gave.
        images: float32 (n, 48, 48, 1), 0-255; a hundred training images are enough.

    Returns:
        What was loaded, for the card.

    Raises:
        PretrainedError: the file is not installed, or another one.
    """
    load_face_stages(model, images, EARLY)
    first_stage = model.layers[: model.layers.index(model.get_layer(stage_end(EARLY[0][0]))) + 1]
    for layer in first_stage:
        layer.trainable = False
    return ORIGIN
