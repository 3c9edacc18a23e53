"""Residual network with squeeze-and-excitation: eighteen layers at full resolution, for patient machines.

ResNet-18's layout (He et al., 2016, arXiv:1512.03385) at half its width, a 3x3 stem without stride or pooling, as is
usual for small images, and squeeze-and-excitation (Hu et al., 2018, arXiv:1709.01507) in every block.
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

WIDTH = 32


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    return build_residual(
        input_shape, num_classes, dropout=dropout, normalization=normalization, width=WIDTH, name="se_resnet"
    )


def build_residual(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    dropout: float,
    normalization: str,
    width: int,
    name: str,
) -> keras.Model:
    """The layout at any width: the channels of the first stage, doubled with each of the other three."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_conv(apply_normalization(inputs, normalization), width)
    for stage in range(4):
        x = apply_residual_block(x, width << stage, strides=1 if stage == 0 else 2)
        x = apply_residual_block(x, width << stage)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name=name)


def apply_residual_block(x: keras.KerasTensor, filters: int, *, strides: int = 1) -> keras.KerasTensor:
    """Two convolutions and squeeze-and-excitation, added to the input."""
    shortcut = x
    if strides > 1 or x.shape[-1] != filters:
        shortcut = apply_linear_conv(x, filters, kernel_size=1, strides=strides)
    x = apply_conv(x, filters, strides=strides)
    x = apply_linear_conv(x, filters)
    x = layers.Add()([apply_squeeze_excitation(x), shortcut])
    return layers.ReLU()(x)
