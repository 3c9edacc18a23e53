"""Residual network that has learnt to tell people apart, on three million photographs: transfer from face recognition.

The layout, and where they are installed the weights, of dlib's face recognition network (King, 2017,
http://blog.dlib.net/2017/02/high-quality-face-recognition-with-deep.html), without its last stage, which knows more of
who than of how. The grey face is enlarged inside the graph until its eyes are as far apart as that network expects.
"""

import keras
import numpy as np
from keras import layers

from train.architectures._blocks import apply_conv, apply_linear_conv, apply_normalization, classify
from train.architectures._dlib_weights import ORIGIN, PIXEL_MEANS, PIXEL_SCALE, STAGES, read_face_weights

SIDE = 116


def build(
    *, input_shape: tuple[int, int, int], num_classes: int, dropout: float = 0.4, normalization: str = "symmetric"
) -> keras.Model:
    """Build the network with random weights; see the package for what goes in and out."""
    inputs = keras.Input(input_shape, name="pixels")
    x = apply_normalization(inputs, normalization)
    # Keras takes this layer's own default, training, for all that follow it in a call that does not say.
    x = layers.Resizing(SIDE, SIDE)(x, training=False)
    x = apply_conv(x, STAGES[0][0], kernel_size=7, strides=2, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for filters, blocks in STAGES:
        for block in range(blocks):
            x = _apply_block(x, filters, smaller=block == 0 and filters != STAGES[0][0])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, classify(x, num_classes), name="face_resnet")


def _apply_block(x: keras.KerasTensor, filters: int, *, smaller: bool) -> keras.KerasTensor:
    """Two convolutions added to their input, which dlib halves by averaging and fills up with empty channels."""
    shortcut = x
    if smaller:
        # A matrix instead of empty channels: it starts as the same, and can learn.
        shortcut = layers.Conv2D(filters, 1, use_bias=False, name=f"shortcut_{filters}")(layers.AveragePooling2D(2)(x))
        x = apply_conv(x, filters, strides=2, padding="valid")
    else:
        x = apply_conv(x, filters)
    x = apply_linear_conv(x, filters)
    missing = shortcut.shape[1] - x.shape[1]
    if missing:
        x = layers.ZeroPadding2D(((0, missing), (0, missing)))(x)
    return layers.ReLU()(layers.Add()([x, shortcut]))


def load_pretrained(model: keras.Model, images: np.ndarray) -> dict[str, str]:
    """Copy the weights of dlib's network into a built model, so that it answers as dlib's trunk does.

    dlib's file has normalisation that is fixed for good. It becomes batch normalisation again, with the statistics of
    these images; kernels are brought to the norm of random ones, which normalisation undoes, or learning rates made for
    random weights would wipe them out: their steps count for more the shorter a kernel is.

    Args:
        model: what `build` gave.
        images: float32 (n, 48, 48, 1), 0-255; a hundred training images are enough.

    Returns:
        What was loaded, for the card.

    Raises:
        PretrainedError: the file is not installed, or another one.
    """
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D) and layer.kernel_size != (1, 1)]
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for i, (conv, norm, published) in enumerate(zip(convs, norms, read_face_weights(), strict=True)):
        kernel, bias = published.kernel, published.bias
        if i == 0:
            kernel, bias = _for_grey_pixels(kernel, bias)
        factor = np.sqrt(2 * kernel.shape[-1] / np.square(kernel).sum())  # the norm that He's random kernels have
        conv.set_weights([kernel * factor])
        zeros, ones = np.zeros_like(bias), np.full_like(bias, 1 - norm.epsilon)
        norm.set_weights([published.scale / factor, published.offset + published.scale * bias, zeros, ones])
    for filters, _ in STAGES[1:]:
        shortcut = model.get_layer(f"shortcut_{filters}")
        shortcut.set_weights([np.eye(filters // 2, filters, dtype=np.float32)[None, None]])
    _take_statistics(model, norms, images)
    return ORIGIN


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
