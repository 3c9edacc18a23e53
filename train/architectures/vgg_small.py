"""Small VGG: pairs of 3x3 convolutions at full resolution.

After Simonyan and Zisserman (2015, arXiv:1409.1556) with batch normalisation, and global average pooling instead of
the large dense layers; in size near the network that Pramerdorfer and Kampel (2016, arXiv:1612.02903) trained on
FER2013 from scratch.
"""

import keras
from keras import layers

from train.architectures._blocks import apply_conv, apply_normalization, classify


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    for filters in (32, 64, 128, 256):
        x = apply_conv(x, filters)
        x = apply_conv(x, filters)
        x = layers.MaxPooling2D()(x)
    # A dense layer with ReLU but without batch normalisation dies in the first epoch at the recipe's learning rate.
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="vgg_small")
