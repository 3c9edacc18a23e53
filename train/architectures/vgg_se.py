"""VGG with squeeze-and-excitation at full resolution: a teacher, for accelerators.

vgg_small at twice its width, with squeeze-and-excitation (Hu et al., 2018, arXiv:1709.01507) after each stage.
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
    for filters in (64, 128, 256, 512):
        x = apply_conv(x, filters)
        x = apply_conv(x, filters)
        x = apply_squeeze_excitation(x)
        x = layers.MaxPooling2D()(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="vgg_se")
