"""A Keras network as PyTorch runs it best: convolutions in the layout and the fused operations that GPUs have.

Keras on PyTorch copies each map twice to turn its axes, and asks Python for every layer of every step. `TorchNetwork`
walks the same graph over the same variables with PyTorch's own operations, which can also be recorded and replayed
(docs/decisions.md). It knows the layers that this package's convolutional networks are made of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import keras
import torch
from keras import layers
from torch import Tensor
from torch.nn import functional

from train.network import CROWD, OUTPUT


class UnknownLayerError(Exception):
    """The network has a layer, or a way to use one, that is not written here."""


@dataclass(frozen=True)
class _Step:
    """One layer's work: from the tensors of those names to its own."""

    layer: Any
    inputs: tuple[int, ...]
    output: int
    work: Callable[..., Tensor]


class TorchNetwork:
    """Logits of a functional Keras network, with gradients to its variables.

    Maps are (n, channels, height, width) inside, whatever Keras calls their axes; `Keras` variables are read in place
    at each call, so whoever changes them changes the network.
    """

    def __init__(self, network: keras.Model) -> None:
        """Plan the walk.

        Raises:
            UnknownLayerError: see there.
        """
        if keras.backend.backend() != "torch":
            raise UnknownLayerError(f"Keras runs on {keras.backend.backend()}, not on torch")
        self._input = id(network.inputs[0])
        self._steps: list[_Step] = []
        self._heads: dict[str, int] = {}
        for depth in sorted(network._nodes_by_depth, reverse=True):
            for node in network._nodes_by_depth[depth]:
                self._add(node)
        if OUTPUT not in self._heads:
            raise UnknownLayerError(f"the network has no layer {OUTPUT!r}")
        device = network.variables[0].value.device
        with torch.no_grad():  # some layers are known, but not every way to use them
            self(torch.zeros(1, *network.inputs[0].shape[1:], device=device), training=False)

    def __call__(self, pixels: Tensor, *, training: bool) -> tuple[Tensor, ...]:
        """Logits of the emotions, float32 (n, 7), and where there is a crowd's head, of its answers, (n, 10).

        Args:
            pixels: (n, 48, 48, 1), 0-255.
            training: dropout, and batch normalisation by the batch, whose running statistics then move.
        """
        known: dict[int, Tensor] = {self._input: pixels.float().permute(0, 3, 1, 2)}
        for step in self._steps:
            known[step.output] = step.work(step.layer, *(known[i] for i in step.inputs), training=training)
        return tuple(known[self._heads[name]].float() for name in (OUTPUT, CROWD) if name in self._heads)

    def _add(self, node: Any) -> None:
        layer = node.operation
        if isinstance(layer, layers.InputLayer) or layer.name == "emotions_and_crowd":
            return
        work = _WORK.get(_kind(layer))
        if work is None:
            raise UnknownLayerError(f"layer {layer.name} is a {type(layer).__name__}")
        if layer.name in (OUTPUT, CROWD):
            work = _logits
            self._heads[layer.name] = id(node.output_tensors[0])
        self._steps.append(_Step(layer, tuple(map(id, node.input_tensors)), id(node.output_tensors[0]), work))


def _kind(layer: Any) -> str:
    """The name of the Keras class: ours of batch normalisation has Keras' name."""
    return type(layer).__name__


def _logits(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    """What the softmax gets: never in half precision."""
    if isinstance(layer, layers.Softmax):
        return x.float()
    with torch.autocast(x.device.type, enabled=False):
        return functional.linear(x.float(), layer.kernel.value.T, layer.bias.value)


def _rescale(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x * layer.scale + layer.offset


def _standardise(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.scale or layer.center or x.dim() != 4:
        raise UnknownLayerError(f"layer {layer.name} scales or centres")
    return functional.layer_norm(x, x.shape[1:], eps=layer.epsilon)


def _convolve(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    kernel = layer.kernel.value.permute(3, 2, 0, 1)
    if layer.padding == "same":
        x = _pad_same(x, kernel.shape[2:], layer.strides)
    elif layer.padding != "valid":
        raise UnknownLayerError(f"layer {layer.name} pads {layer.padding}")
    if layer.groups != 1 or tuple(layer.dilation_rate) != (1, 1):
        raise UnknownLayerError(f"layer {layer.name} has groups or holes")
    bias = layer.bias.value if layer.use_bias else None
    return _activated(layer, functional.conv2d(x, kernel, bias, stride=layer.strides))


def _pad_same(x: Tensor, kernel: Any, strides: Any) -> Tensor:
    """As TensorFlow does it: where the padding is odd, the larger part comes last."""
    around: list[int] = []
    for size, width, stride in zip(x.shape[:1:-1], reversed(kernel), reversed(strides), strict=True):
        total = max((-(-size // stride) - 1) * stride + width - size, 0)
        around += [total // 2, total - total // 2]
    return functional.pad(x, around) if any(around) else x


def _normalise(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    # PyTorch's running variance is the unbiased one, larger by 1 / (n - 1), with n values of thousands in a map.
    return functional.batch_norm(
        x, layer.moving_mean.value, layer.moving_variance.value, layer.gamma.value, layer.beta.value,
        training=training and layer.trainable, momentum=1 - layer.momentum, eps=layer.epsilon,
    )  # fmt: skip


def _max_pool(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.padding != "valid":
        raise UnknownLayerError(f"layer {layer.name} pads {layer.padding}")
    return functional.max_pool2d(x, layer.pool_size, layer.strides)


def _mean(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x.mean((2, 3), keepdim=layer.keepdims)


def _largest(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return x.amax((2, 3), keepdim=layer.keepdims)


def _dense(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    bias = layer.bias.value if layer.use_bias else None
    moved = x.movedim(1, -1) if x.dim() == 4 else x
    out = _activated(layer, functional.linear(moved, layer.kernel.value.T, bias))
    return out.movedim(-1, 1) if x.dim() == 4 else out


def _activate(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return _activated(layer, x)


def _activated(layer: Any, x: Tensor) -> Tensor:
    name = keras.activations.serialize(layer.activation)
    if name not in _ACTIVATIONS:
        raise UnknownLayerError(f"layer {layer.name} has the activation {name}")
    return _ACTIVATIONS[name](x)


def _relu(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    if layer.max_value is not None or layer.negative_slope or layer.threshold:
        raise UnknownLayerError(f"layer {layer.name} is no plain ReLU")
    return functional.relu(x)


def _multiply(layer: Any, first: Tensor, second: Tensor, *, training: bool) -> Tensor:
    return first * second


def _add(layer: Any, first: Tensor, second: Tensor, *, training: bool) -> Tensor:
    return first + second


def _drop(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return functional.dropout(x, layer.rate, training)


def _flatten(layer: Any, x: Tensor, *, training: bool) -> Tensor:
    return (x.movedim(1, -1) if x.dim() == 4 else x).flatten(1)


_ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "linear": lambda x: x,
    "relu": functional.relu,
    "sigmoid": torch.sigmoid,
}
_WORK: Final[dict[str, Callable[..., Tensor]]] = {
    "Rescaling": _rescale,
    "LayerNormalization": _standardise,
    "Conv2D": _convolve,
    "BatchNormalization": _normalise,
    "ReLU": _relu,
    "Activation": _activate,
    "MaxPooling2D": _max_pool,
    "GlobalAveragePooling2D": _mean,
    "GlobalMaxPooling2D": _largest,
    "Dense": _dense,
    "Multiply": _multiply,
    "Add": _add,
    "Dropout": _drop,
    "Flatten": _flatten,
    "Softmax": _activate,
}
