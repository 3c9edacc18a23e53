"""Five-layer CNN of the field's beginner projects: the yardstick.

Three convolutions, each with pooling and dropout, and two dense layers; no batch normalisation. Like it stands in many
tutorials on FER2013; here so that better networks can show by how much.
"""

import keras
from keras import layers

from train.architectures._blocks import apply_normalization, classify


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    for filters in (32, 64, 128):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
        x = layers.MaxPooling2D()(x)
        x = layers.Dropout(dropout / 2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256, activation="relu", kernel_initializer="he_normal")(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="baseline_cnn")
