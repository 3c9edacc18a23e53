"""Balanced answers: rare emotions get what their rarity in training took from them."""

import numpy as np


def rebalance(probabilities: np.ndarray, priors: np.ndarray, strength: float) -> np.ndarray:
    """Logit adjustment at inference: p / prior^strength, normalised (Menon et al., 2021, arXiv:2007.07314).

    Args:
        probabilities: float (n, k), rows sum to 1.
        priors: float (k,), each class's share of the training images, above 0.
        strength: 0 leaves the answers as they are; 1 answers as if all classes had been equally common.

    Returns:
        float32 (n, k), rows sum to 1.
    """
    adjusted = probabilities / priors**strength
    shares: np.ndarray = (adjusted / adjusted.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
