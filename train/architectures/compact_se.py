"""Compact CNN with squeeze-and-excitation: made for two processor cores.

A 4x4 convolution of stride 2 leaves the full resolution at once, where batch-norm and ReLU would cost the most; then
pairs of 3x3 convolutions at 24, 12, 6 and 3 pixels. Squeeze-and-excitation (Hu et al., 2018, arXiv:1709.01507) after
the deeper stages.
"""

import keras
from keras import layers

from train.architectures._blocks import apply_conv, apply_normalization, apply_squeeze_excitation, classify


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    x = apply_conv(x, 64, kernel_size=4, strides=2)
    x = apply_conv(x, 64)
    for filters in (128, 256):
        x = layers.MaxPooling2D()(x)
        x = apply_conv(x, filters)
        x = apply_conv(x, filters)
        x = apply_squeeze_excitation(x)
    x = layers.MaxPooling2D()(x)
    x = apply_conv(x, 512)
    x = apply_squeeze_excitation(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="compact_se")
