"""What PyTorch does for each Keras layer that this package's networks are made of.

A map, of four axes, is (n, channels, height, width) here and (n, height, width, channels) to Keras; everything else
has Keras' axes. `WORK` has a function per class of layer: from the layer, its inputs and `training` to its output.
Variables are read from the layer at each call. A way to use a layer that is not written here raises UnknownLayerError.
"""

from collections.abc import Callable
from typing import Any, Final

import keras
import torch
from torch import Tensor
from torch.nn import functional


class UnknownLayerError(Exception):
    """The network has a layer, or a way to use one, that is not written here."""


def logits(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    """What a classifying layer's softmax gets: never in half precision."""
    if isinstance(layer, keras.layers.Softmax):
        return x.float()
    with torch.autocast(x.device.type, enabled=False):
        return functional.linear(x.float(), layer.kernel.value.T, layer.bias.value)


def _as_keras(x: Tensor) -> Tensor:
    """A map with its channels last."""
    return x.movedim(1, -1) if x.dim() == 4 else x


def _as_torch(x: Tensor) -> Tensor:
    """What has Keras' axes, a map with its channels second."""
    return x.movedim(-1, 1) if x.dim() == 4 else x


def _rescale(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x * layer.scale + layer.offset


def _standardise(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.scale or layer.center or x.dim() != 4:
        raise UnknownLayerError(f"layer {layer.name} scales or centres")
    return functional.layer_norm(x, x.shape[1:], eps=layer.epsilon)


def _convolve(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.groups != 1:
        raise UnknownLayerError(f"layer {layer.name} has groups")
    return _activated(layer, _filtered(layer, x, layer.kernel.value.permute(3, 2, 0, 1), _bias(layer)))


def _convolve_depthwise(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return _activated(layer, _filtered(layer, x, _depthwise(layer.kernel), _bias(layer)))


def _convolve_separably(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    places = _filtered(layer, x, _depthwise(layer.depthwise_kernel), None)
    mixing = layer.pointwise_kernel.value.permute(3, 2, 0, 1)
    return _activated(layer, functional.conv2d(places, mixing, _bias(layer)))


def _bias(layer: Any) -> Tensor | None:
    return layer.bias.value if layer.use_bias else None


def _depthwise(kernel: Any) -> Tensor:
    """Keras' kernel (height, width, channels, multiplier) as PyTorch's of one group per channel."""
    value: Tensor = kernel.value.permute(2, 3, 0, 1)
    return value.flatten(0, 1).unsqueeze(1)


def _filtered(layer: Any, x: Tensor, kernel: Tensor, bias: Tensor | None) -> Tensor:
    """A convolution as the layer pads and strides, in as many groups as the kernel's depth asks for."""
    if tuple(layer.dilation_rate) != (1, 1):
        raise UnknownLayerError(f"layer {layer.name} has holes")
    x = _padded(layer, x, kernel.shape[2:])
    return functional.conv2d(x, kernel, bias, stride=layer.strides, groups=x.shape[1] // kernel.shape[1])


def _padded(layer: Any, x: Tensor, size: Any, value: float = 0.0) -> Tensor:
    """As TensorFlow pads for windows of that size: where it is odd, the larger part comes last."""
    if layer.padding == "valid":
        return x
    if layer.padding != "same":
        raise UnknownLayerError(f"layer {layer.name} pads {layer.padding}")
    around: list[int] = []
    for side, width, stride in zip(x.shape[:1:-1], reversed(size), reversed(layer.strides), strict=True):
        total = max((-(-side // stride) - 1) * stride + width - side, 0)
        around += [total // 2, total - total // 2]
    return functional.pad(x, around, value=value) if any(around) else x


def _pad_zeros(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    (top, bottom), (left, right) = layer.padding
    return functional.pad(x, (left, right, top, bottom))


def _enlarge(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.interpolation != "bilinear":
        raise UnknownLayerError(f"layer {layer.name} enlarges by {layer.interpolation}")
    return functional.interpolate(x, scale_factor=tuple(map(float, layer.size)), mode="bilinear")


def _resize(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.interpolation != "bilinear" or layer.crop_to_aspect_ratio or layer.pad_to_aspect_ratio:
        raise UnknownLayerError(f"layer {layer.name} resizes other than bilinearly to a size")
    return functional.interpolate(x, size=(layer.height, layer.width), mode="bilinear")


def _normalise(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.axis not in (-1, x.dim() - 1):
        raise UnknownLayerError(f"layer {layer.name} normalises axis {layer.axis}")
    channels_second = x.transpose(1, 2) if x.dim() == 3 else x
    # PyTorch's running variance is the unbiased one, larger by 1 / (n - 1), with n values of thousands in a map.
    out = functional.batch_norm(
        channels_second,
        layer.moving_mean.value,
        layer.moving_variance.value,
        layer.gamma.value,
        layer.beta.value,
        training=training and layer.trainable,
        momentum=1 - layer.momentum,
        eps=layer.epsilon,
    )
    return out.transpose(1, 2) if x.dim() == 3 else out


def _max_pool(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    lowest = torch.finfo(x.dtype).min
    return functional.max_pool2d(_padded(layer, x, layer.pool_size, lowest), layer.pool_size, layer.strides)


def _mean_pool(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.padding != "valid":
        raise UnknownLayerError(f"layer {layer.name} pads {layer.padding}")
    return functional.avg_pool2d(x, layer.pool_size, layer.strides)


def _mean(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x.mean((2, 3), keepdim=layer.keepdims)


def _largest(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x.amax((2, 3), keepdim=layer.keepdims)


def _mean_of_steps(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x.mean(_steps_axis(layer))


def _largest_of_steps(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x.amax(_steps_axis(layer))


def _steps_axis(layer: Any) -> int:
    if layer.keepdims:
        raise UnknownLayerError(f"layer {layer.name} keeps the axis")
    return 1 if layer.data_format == "channels_last" else 2


def _dense(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    out = functional.linear(_as_keras(x), layer.kernel.value.T, _bias(layer))
    return _as_torch(_activated(layer, out))


def _einsum_dense(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    out = torch.einsum(layer.equation, _as_keras(x), layer.kernel.value)
    if layer.bias is not None:
        out = out + layer.bias.value.to(out.dtype)
    return _as_torch(_activated(layer, out))


def _multiply_matrices(layer: Any, first: Tensor, second: Tensor, *, training: bool) -> Tensor:
    if first.dim() != 3 or second.dim() != 3 or layer.normalize:
        raise UnknownLayerError(f"layer {layer.name} multiplies other than matrices")
    left, right = (layer.axes, layer.axes) if isinstance(layer.axes, int) else layer.axes
    return (first if left == 2 else first.mT) @ (second if right == 1 else second.mT)


def _activate(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return _activated(layer, x)


def _activated(layer: Any, x: Tensor) -> Tensor:
    name = keras.activations.serialize(layer.activation)
    if name not in _ACTIVATIONS:
        raise UnknownLayerError(f"layer {layer.name} has the activation {name}")
    return _ACTIVATIONS[name](x)


def _relu(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.negative_slope or layer.threshold or layer.max_value not in (None, 6):
        raise UnknownLayerError(f"layer {layer.name} is no plain ReLU")
    return functional.relu(x) if layer.max_value is None else functional.relu6(x)


def _softmax(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if x.dim() == 4:
        raise UnknownLayerError(f"layer {layer.name} is a softmax over a map")
    return torch.softmax(x, layer.axis)


def _multiply(layer: Any, first: Tensor, second: Tensor, *, training: bool) -> Tensor:
    return first * second


def _add(layer: Any, first: Tensor, second: Tensor, *, training: bool) -> Tensor:
    return first + second


def _concatenate(layer: Any, *parts: Tensor, training: bool) -> Tensor:
    if layer.axis not in (-1, parts[0].dim() - 1):
        raise UnknownLayerError(f"layer {layer.name} joins axis {layer.axis}")
    return torch.cat(parts, 1 if parts[0].dim() == 4 else -1)


def _drop(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return functional.dropout(x, layer.rate, training)


def _flatten(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return _as_keras(x).flatten(1)


def _reshape(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return _as_torch(_as_keras(x).reshape(len(x), *layer.target_shape))


_ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
    "gelu": functional.gelu,
}
WORK: Final[dict[str, Callable[..., Tensor]]] = {
    "Rescaling": _rescale,
    "LayerNormalization": _standardise,
    "Conv2D": _convolve,
    "DepthwiseConv2D": _convolve_depthwise,
    "SeparableConv2D": _convolve_separably,
    "ZeroPadding2D": _pad_zeros,
    "UpSampling2D": _enlarge,
    "Resizing": _resize,
    "BatchNormalization": _normalise,
    "ReLU": _relu,
    "Activation": _activate,
    "Softmax": _softmax,
    "MaxPooling2D": _max_pool,
    "AveragePooling2D": _mean_pool,
    "GlobalAveragePooling2D": _mean,
    "GlobalMaxPooling2D": _largest,
    "GlobalAveragePooling1D": _mean_of_steps,
    "GlobalMaxPooling1D": _largest_of_steps,
    "Dense": _dense,
    "EinsumDense": _einsum_dense,
    "Dot": _multiply_matrices,
    "Multiply": _multiply,
    "Add": _add,
    "Concatenate": _concatenate,
    "Dropout": _drop,
    "Flatten": _flatten,
    "Reshape": _reshape,
}
"""By the name of the Keras class: ours of batch normalisation has Keras' name."""
