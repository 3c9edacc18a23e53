"""Parts that several architectures share."""

import keras
from keras import layers

from train.errors import ConfigError


def apply_normalization(pixels: keras.KerasTensor, normalization: str) -> keras.KerasTensor:
    """Scale pixel values 0-255 inside the graph.

    Args:
        pixels: (n, height, width, channels).
        normalization: "unit" to [0, 1], "symmetric" to [-1, 1], "standardised" to mean 0 and variance 1 per image.

    Raises:
        ConfigError: another word.
    """
    if normalization == "unit":
        return layers.Rescaling(1 / 255)(pixels)
    if normalization == "symmetric":
        return layers.Rescaling(1 / 127.5, offset=-1)(pixels)
    if normalization == "standardised":
        # The epsilon is in squared grey values: an even image stays even instead of becoming amplified noise.
        return layers.LayerNormalization(axis=(1, 2, 3), epsilon=1.0, center=False, scale=False)(pixels)
    raise ConfigError(f"normalization must be unit, symmetric or standardised, got {normalization!r}")


def apply_conv(
    x: keras.KerasTensor, filters: int, *, kernel_size: int = 3, strides: int = 1, padding: str = "same"
) -> keras.KerasTensor:
    """Convolution, batch normalisation, ReLU."""
    return layers.ReLU()(apply_linear_conv(x, filters, kernel_size=kernel_size, strides=strides, padding=padding))


def apply_linear_conv(
    x: keras.KerasTensor, filters: int, *, kernel_size: int = 3, strides: int = 1, padding: str = "same"
) -> keras.KerasTensor:
    """Convolution and batch normalisation, without an activation."""
    x = layers.Conv2D(
        filters, kernel_size, strides=strides, padding=padding, use_bias=False, kernel_initializer="he_normal"
    )(x)
    return layers.BatchNormalization(momentum=0.95)(x)


def apply_squeeze_excitation(x: keras.KerasTensor, *, ratio: int = 8) -> keras.KerasTensor:
    """Weigh the channels by what the whole map shows (Hu et al., 2018, arXiv:1709.01507)."""
    channels = x.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Dense(channels // ratio, activation="relu")(weights)
    weights = layers.Dense(channels, activation="sigmoid")(weights)
    return layers.Multiply()([x, weights])


def apply_strided_trunk(x: keras.KerasTensor) -> keras.KerasTensor:
    """From (48, 48, 1) scaled pixels to a (6, 6, 256) map.

    A 4x4 convolution of stride 2 leaves the full resolution at once, where batch-norm and ReLU would cost the most.
    """
    x = apply_conv(x, 64, kernel_size=4, strides=2)
    x = apply_conv(x, 64)
    for filters in (128, 256):
        x = layers.MaxPooling2D()(x)
        x = apply_conv(x, filters)
        x = apply_conv(x, filters)
    return x


def classify(x: keras.KerasTensor, num_classes: int) -> keras.KerasTensor:
    """Features (n, k) to probabilities (n, num_classes), always in float32."""
    return layers.Dense(num_classes, activation="softmax", dtype="float32", name="probabilities")(x)
