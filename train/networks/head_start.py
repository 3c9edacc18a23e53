"""A new head's first weights: a softmax regression on what the network's features already tell.

Fine-tuning with a head of random weights spoils features in its first epochs, which then take many to come back. With a
fitted head there is little left to spoil (Kumar et al., 2022, arXiv:2202.10054).
"""

from typing import Final

import keras
import numpy as np

from train.networks.heads import CROWD, OUTPUT
from train.networks.inputs import to_input

STEPS: Final = 200
_RATE: Final = 0.02
_DECAY: Final = 1e-4
_BATCH: Final = 256


def fit_crowd_head(network: keras.Model, pixels: np.ndarray, shares: np.ndarray) -> None:
    """Fit the crowd's head of a network, in place; nothing else of it changes.

    Args:
        network: with a crowd's head (`train.networks.build.with_crowd`).
        pixels: uint8 (n, side, side), the training images; their mirror images are used, too.
        shares: float32 (n, 10), the voters' answers; rows of zeros are left out.
    """
    voted = shares.sum(1) > 0
    if not voted.any():
        return
    trunk = keras.Model(network.input, network.get_layer(OUTPUT).input)
    images = pixels[voted]
    features = np.concatenate([_features(trunk, views) for views in (images, images[:, :, ::-1])])
    kernel, bias = softmax_regression(features, np.tile(shares[voted], (2, 1)))
    network.get_layer(CROWD).set_weights([kernel, bias])


def softmax_regression(features: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights whose softmax comes nearest to the shares in cross-entropy, by Adam on all rows at once.

    Args:
        features: float32 (n, f).
        shares: float32 (n, k), rows sum to 1.

    Returns:
        float32 (f, k) and (k,), for the features as they are.
    """
    mean, deviation = features.mean(0), features.std(0) + 1e-6
    x = np.concatenate([(features - mean) / deviation, np.ones((len(features), 1), np.float32)], axis=1)
    x = x.astype(np.float32)
    weights, first, second = np.zeros((3, x.shape[1], shares.shape[1]), np.float32)
    for step in range(1, STEPS + 1):
        gap = x @ weights
        gap -= gap.max(1, keepdims=True)
        np.exp(gap, out=gap)
        gap /= gap.sum(1, keepdims=True)
        gap -= shares
        gradient = (x.T @ gap) / np.float32(len(x)) + np.float32(_DECAY) * weights
        first += np.float32(0.1) * (gradient - first)
        second += np.float32(0.001) * (gradient * gradient - second)
        rate = np.float32(_RATE * (1 - step / (STEPS + 1)) / (1 - 0.9**step))
        weights -= rate * first / (np.sqrt(second / np.float32(1 - 0.999**step)) + np.float32(1e-8))
    kernel = weights[:-1] / deviation[:, None]
    return kernel.astype(np.float32), (weights[-1] - mean @ kernel).astype(np.float32)


def _features(trunk: keras.Model, images: np.ndarray) -> np.ndarray:
    starts = range(0, len(images), _BATCH)
    parts = [np.asarray(trunk.predict_on_batch(to_input(images[i : i + _BATCH])), np.float32) for i in starts]
    return np.concatenate(parts)
