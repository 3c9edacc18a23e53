"""Residual network that has learnt to tell people apart, on three million photographs: transfer from face recognition.

The layout, and where they are installed the weights, of dlib's face recognition network, without its last stage, which
knows more of who than of how; see `_face_stages`.
"""

import keras
import numpy as np
from keras import layers

from train.architectures._blocks import classify
from train.architectures._dlib_weights import ORIGIN, STAGES
from train.architectures._face_stages import apply_face_stages, load_face_stages


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network with random weights; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_face_stages(inputs, normalization, STAGES)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="face_resnet")


def load_pretrained(model: keras.Model, images: np.ndarray) -> dict[str, str]:
    """Copy dlib's weights into a built model; see `_face_stages.load_face_stages`.

    Args:
        model: what `build` gave.
        images: float32 (n, 48, 48, 1), 0-255; a hundred training images are enough.

    Returns:
        What was loaded, for the card.

    Raises:
        PretrainedError: the file is not installed, or another one.
    """
    load_face_stages(model, images, STAGES)
    return ORIGIN
