"""Residual network with squeeze-and-excitation at full width: a teacher, for accelerators.

As se_resnet with twice the channels: ResNet-18 (He et al., 2016, arXiv:1512.03385) for small images.
"""

import keras

from train.architectures.se_resnet import build_residual


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    return build_residual(
        input_shape, num_classes, dropout=dropout, normalization=normalization, width=64, name="se_resnet_wide"
    )
