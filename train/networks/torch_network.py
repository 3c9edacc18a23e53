"""A Keras network as PyTorch runs it best: convolutions in the layout and the fused operations that GPUs have.

Keras on PyTorch copies each map twice to turn its axes, and asks Python for every layer of every step. `TorchNetwork`
walks the same graph over the same variables with PyTorch's own operations, which can also be recorded and replayed
(docs/decisions.md). `train.networks.torch_layers` says which layers it knows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import torch
from torch import Tensor

from train.networks import torch_layers
from train.networks.heads import CROWD, HEADS, OUTPUT
from train.networks.torch_layers import UnknownLayerError


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
            UnknownLayerError: it has a layer that `train.networks.torch_layers` does not know, or Keras runs on another
                backend.
        """
        if keras.backend.backend() != "torch":
            raise UnknownLayerError(f"Keras runs on {keras.backend.backend()}, not on torch")
        self._input = id(network.inputs[0])
        self._steps: list[_Step] = []
        self._heads: dict[str, int] = {}
        nodes_by_depth = network._nodes_by_depth  # noqa: SLF001 - Keras offers no public view of the graph in order
        for depth in sorted(nodes_by_depth, reverse=True):
            for node in nodes_by_depth[depth]:
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
        if isinstance(layer, keras.layers.InputLayer) or layer.name == HEADS:
            return
        work = torch_layers.WORK.get(type(layer).__name__)
        if work is None:
            raise UnknownLayerError(f"layer {layer.name} is a {type(layer).__name__}")
        if layer.name in (OUTPUT, CROWD):
            work = torch_layers.logits
            self._heads[layer.name] = id(node.output_tensors[0])
        self._steps.append(_Step(layer, tuple(map(id, node.input_tensors)), id(node.output_tensors[0]), work))
