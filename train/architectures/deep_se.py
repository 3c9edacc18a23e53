"""Deeper compact CNN with squeeze-and-excitation and short cuts: made to be taught, and to answer in a millisecond.

compact_se's trunk with three convolutions a stage instead of two; the last two of each are added to what the first
gives (He et al., 2016, arXiv:1512.03385).
"""

import keras
from keras import layers

from train.architectures._blocks import (
    apply_conv,
    apply_linear_conv,
    apply_normalization,
    apply_squeeze_excitation,
    classify,
)


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    x = apply_conv(x, 64, kernel_size=4, strides=2)
    x = apply_conv(x, 64)
    for filters in (128, 256):
        x = apply_conv(layers.MaxPooling2D()(x), filters)
        deeper = apply_squeeze_excitation(apply_linear_conv(apply_conv(x, filters), filters))
        x = layers.ReLU()(layers.Add()([x, deeper]))
    x = apply_squeeze_excitation(apply_conv(layers.MaxPooling2D()(x), 512))
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="deep_se")
