"""Make confidences mean what they say: one temperature and one threshold, both fitted on validation."""

import numpy as np


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that minimises the negative log-likelihood (Guo et al., 2017, arXiv:1706.04599).

    Args:
        probabilities: float (n, k), before any temperature.
        labels: int (n,).

    Returns:
        Above 1 where the model is over-confident; between 0.25 and 4.
    """
    logits = np.log(np.clip(probabilities.astype(np.float64), 1e-9, 1))

    def nll(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(1, keepdims=True)
        log_sum = np.log(np.exp(scaled).sum(1))
        return float((log_sum - scaled[np.arange(len(labels)), labels]).mean())

    # Convex in 1/T, hence with one minimum over log T: golden-section search.
    low, high = np.log(0.25), np.log(4.0)
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(40):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if nll(a) < nll(b) else (a, high)
    return float(np.exp((low + high) / 2))


def undo_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """The probabilities (n, k) as they were before they were raised to 1 / temperature and normalised; float64."""
    powered = probabilities.astype(np.float64) ** temperature
    raw: np.ndarray = powered / powered.sum(axis=1, keepdims=True)
    return raw


def choose_threshold(probabilities: np.ndarray, labels: np.ndarray, *, kept_accuracy: float) -> tuple[float, float]:
    """The lowest confidence threshold that keeps only faces named with the wanted accuracy.

    Args:
        probabilities: float (n, k), calibrated.
        labels: int (n,).
        kept_accuracy: wanted on the faces at or above the threshold, 0-1.

    Returns:
        The threshold and the share of faces that it keeps, each 0-1.
    """
    confidence = probabilities.max(1)
    order = np.argsort(-confidence)
    right = (probabilities.argmax(1) == labels)[order]
    accuracy = np.cumsum(right) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(accuracy >= kept_accuracy)
    last = int(good[-1]) if len(good) else 0
    return float(confidence[order][last]), (last + 1) / len(right)
