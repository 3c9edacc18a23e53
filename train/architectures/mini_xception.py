"""Mini-Xception (Arriaga et al., 2017): separable convolutions, 58 thousand weights.

After arXiv:1710.07557: two convolutions, four residual modules of separable convolutions, and a classifying
convolution with global average pooling. Added: dropout before that convolution.
"""

import keras
from keras import layers

from train.architectures._blocks import apply_normalization


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    for _ in range(2):
        x = layers.Conv2D(8, 3, use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization(momentum=0.95)(x)
        x = layers.ReLU()(x)
    for filters in (16, 32, 64, 128):
        x = apply_separable_module(x, filters)
    x = layers.Dropout(dropout)(x)
    x = layers.Conv2D(num_classes, 3, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    # The paper has no dense layer: only the softmax follows the pooling.
    outputs = layers.Softmax(dtype="float32", name="probabilities")(x)
    return keras.Model(inputs, outputs, name="mini_xception")


def apply_separable_module(x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
    """Two separable convolutions and a pooling, beside a strided 1x1 convolution; the map's side is halved."""
    shortcut = layers.Conv2D(filters, 1, strides=2, padding="same", use_bias=False)(x)
    shortcut = layers.BatchNormalization(momentum=0.95)(shortcut)
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    x = layers.ReLU()(x)
    x = layers.SeparableConv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.95)(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    return layers.Add()([x, shortcut])
