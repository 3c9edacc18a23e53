"""Answers of a Keras network computed by PyTorch, many images at once; imported only where Keras runs on PyTorch."""

from collections.abc import Callable
from typing import Final

import keras
import numpy as np
import torch

from train.networks.torch_network import TorchNetwork

_PREDICTED_AT_ONCE: Final = 1024


def predictor(network: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """A function from float32 pixels (n, 48, 48, 1), 0-255, to the network's probabilities.

    They are (n, 7), or (n, 7 + 10) where it has a crowd's head.

    Raises:
        UnknownLayerError: the network cannot be run this way.
    """
    walk = TorchNetwork(network)
    device = network.variables[0].value.device
    half = network.layers[1].compute_dtype == "bfloat16"

    def predict(pixels: np.ndarray) -> np.ndarray:
        answers = []
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=half):
            for start in range(0, len(pixels), _PREDICTED_AT_ONCE):
                batch = torch.from_numpy(pixels[start : start + _PREDICTED_AT_ONCE]).to(device)
                heads = [torch.softmax(logits, -1) for logits in walk(batch, training=False)]
                answers.append(torch.cat(heads, -1))
        probabilities: np.ndarray = torch.cat(answers).cpu().numpy()
        return probabilities

    return predict
