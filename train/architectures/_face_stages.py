"""The stages of dlib's face recognition network, as Keras layers, and its published weights in them.

King (2017), http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html. The grey face is enlarged inside
the graph until its eyes are as far apart as that network expects.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Final

import keras
import numpy as np
from keras import layers

from train.architectures._blocks import apply_conv, apply_linear_conv, apply_normalization
from train.architectures._dlib_weights import PIXEL_MEANS, PIXEL_SCALE, STAGES, read_face_weights

SIDE: Final = 116


def apply_face_stages(
    inputs: keras.KerasTensor, normalization: str, stages: Sequence[tuple[int, int]]
) -> keras.KerasTensor:
    """From (n, 48, 48, 1) pixels 0-255 to the map of the last of these stages, the first ones of `STAGES`."""
    x = apply_normalization(inputs, normalization)
    # Keras takes this layer's own default, training, for all that follow it in a call that does not say.
    x = layers.Resizing(SIDE, SIDE)(x, training=False)
    x = apply_conv(x, STAGES[0][0], kernel_size=7, strides=2, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for filters, blocks in stages:
        for block in range(blocks):
            name = stage_end(filters) if block == blocks - 1 else None
            x = _apply_block(x, filters, smaller=block == 0 and filters != STAGES[0][0], name=name)
    return x


def stage_end(filters: int) -> str:
    """Name of the last layer of the stage with so many filters."""
    return f"stage_{filters}"


def load_face_stages(model: keras.Model, images: np.ndarray, stages: Sequence[tuple[int, int]]) -> None:
    """Copy the published weights into the stages of a built model, so that they answer as dlib's do.

    dlib's file has normalisation that is fixed for good. It becomes batch normalisation again, with the statistics of
    these images; kernels are brought to the norm of random ones, which normalisation undoes, or learning rates made for
    random weights would wipe them out: their steps count for more the shorter a kernel is.

    Args:
        model: its first layers are those of `apply_face_stages`.
        images: float32 (n, 48, 48, 1), 0-255; a hundred training images are enough.
        stages: as given there.

    Raises:
        PretrainedError: the file is not installed, or another one.
    """
    count = 1 + 2 * sum(blocks for _, blocks in stages)
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D) and layer.kernel_size != (1, 1)]
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)][:count]
    published_weights = islice(read_face_weights(), count)
    for i, (conv, norm, published) in enumerate(zip(convs[:count], norms, published_weights, strict=True)):
        kernel, bias = published.kernel, published.bias
        if i == 0:
            kernel, bias = _for_grey_pixels(kernel, bias)
        factor = np.sqrt(2 * kernel.shape[-1] / np.square(kernel).sum())  # the norm that He's random kernels have
        conv.set_weights([kernel * factor])
        zeros, ones = np.zeros_like(bias), np.full_like(bias, 1 - norm.epsilon)
        norm.set_weights([published.scale / factor, published.offset + published.scale * bias, zeros, ones])
    for filters, _ in stages[1:]:
        shortcut = model.get_layer(_shortcut(filters))
        shortcut.set_weights([np.eye(filters // 2, filters, dtype=np.float32)[None, None]])
    _take_statistics(model, norms, images)


def _apply_block(x: keras.KerasTensor, filters: int, *, smaller: bool, name: str | None) -> keras.KerasTensor:
    """Two convolutions added to their input, which dlib halves by averaging and fills up with empty channels."""
    shortcut = x
    if smaller:
        # A matrix instead of empty channels: it starts as the same, and can learn.
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=_shortcut(filters))(layers.AveragePooling2D(2)(x))
        x = apply_conv(x, filters, strides=2, padding="valid")
    else:
        x = apply_conv(x, filters)
    x = apply_linear_conv(x, filters)
    missing = shortcut.shape[1] - x.shape[1]
    if missing:
        x = layers.ZeroPadding2D(((0, missing), (0, missing)))(x)
    return layers.ReLU(name=name)(layers.Add()([x, shortcut]))


def _shortcut(filters: int) -> str:
    return f"shortcut_{filters}"


def _for_grey_pixels(kernel: np.ndarray, bias: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first convolution for one grey channel in [-1, 1] instead of three colours as dlib scales them."""
    shifts = ((127.5 - PIXEL_MEANS) / PIXEL_SCALE).astype(np.float32)
    bias = bias + np.einsum("yxco,c->o", kernel, shifts)
    return kernel.sum(2, keepdims=True) * np.float32(127.5 / PIXEL_SCALE), bias


def _take_statistics(model: keras.Model, norms: list[layers.BatchNormalization], images: np.ndarray) -> None:
    """Give every normalisation the mean and variance of its input, and the same answers as before."""
    inputs = keras.Model(model.input, [norm.input for norm in norms]).predict_on_batch(images)
    for norm, values in zip(norms, inputs, strict=True):
        gamma, beta = norm.get_weights()[:2]
        mean, variance = values.mean((0, 1, 2)), values.var((0, 1, 2))
        norm.set_weights([gamma * np.sqrt(variance + norm.epsilon), beta + gamma * mean, mean, variance])
