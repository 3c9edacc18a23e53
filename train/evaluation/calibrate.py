"""Make confidences mean what they say: one temperature and two thresholds, all fitted on validation."""

from dataclasses import dataclass
from typing import Final

import numpy as np


def fit_temperature(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The temperature that minimises the negative log-likelihood (Guo et al., 2017, arXiv:1706.04599).

    Args:
        probabilities: float (n, k), before any temperature.
        truth: labels, int (n,), or shares of voters, float (n, k), whose rows sum to 1; then what is minimised is the
            divergence from the shares.

    Returns:
        Above 1 where the model is over-confident; between 0.25 and 4.
    """
    logits = np.log(np.clip(probabilities.astype(np.float64), 1e-9, 1))
    shares = np.eye(probabilities.shape[1])[truth] if truth.ndim == 1 else truth

    def nll(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        scaled -= scaled.max(1, keepdims=True)
        log_sum = np.log(np.exp(scaled).sum(1))
        return float((log_sum - (shares * scaled).sum(1)).mean())

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


_DOUBTFUL: Final = 0.05
"""Share of all faces: so many of the named, those that are least sure, are looked at by themselves."""


@dataclass(frozen=True)
class Levels:
    """Where a label is named, leaning or withheld, and what that gives on validation; all 0-1.

    Attributes:
        named_from: confidence from which a label is named.
        unsure_below: confidence below which it is withheld.
        named: share of the faces that are named.
        named_right: share of these that are right.
        leaning: share of the faces that are leaning.
        leaning_right: share of these that are right; 0 where there are none.
    """

    named_from: float
    unsure_below: float
    named: float
    named_right: float
    leaning: float
    leaning_right: float


def choose_levels(
    probabilities: np.ndarray, right: np.ndarray, *, named_right: float, leaning_right: float, most_unsure: float
) -> Levels:
    """The thresholds that name as many faces as they may while few stay unsure.

    Named faces, and those between both thresholds, are as often right as is wanted; the least sure of the named are
    right at least as often as is wanted of the leaning, else a good network would name coin tosses among them. The more
    are named, the fewer sure ones are left to make up for doubtful ones among the leaning, and the more stay unsure.
    Where so few cannot be reached, as few as can be stay unsure.

    Args:
        probabilities: float (n, k), calibrated.
        right: bool (n,), whether the most probable answer is.
        named_right: wanted share of the named faces, 0-1.
        leaning_right: wanted share of the leaning ones, 0-1.
        most_unsure: how many may stay unsure, 0-1.
    """
    confidence = probabilities.max(1)
    order = np.argsort(-confidence, kind="stable")
    sorted_right = right[order]
    counts = np.arange(1, len(order) + 1)
    so_far = np.cumsum(sorted_right)
    doubtful = np.minimum(counts, max(1, int(_DOUBTFUL * len(order))))
    of_doubtful = so_far - np.concatenate([[0], so_far])[counts - doubtful]
    kept = counts[(so_far >= named_right * counts) & (of_doubtful >= leaning_right * doubtful)]
    # Where no threshold reaches it, only the surest face is named.
    pairs = [(int(named), _longest(sorted_right[named:], leaning_right)) for named in kept] or [(1, 0)]
    enough = [pair for pair in pairs if sum(pair) >= (1 - most_unsure) * len(order)]
    named, leaning = max(enough) if enough else max(pairs, key=lambda pair: (sum(pair), pair[0]))
    between = sorted_right[named : named + leaning]
    return Levels(
        named_from=float(confidence[order][named - 1]),
        unsure_below=float(confidence[order][named + leaning - 1]),
        named=named / len(order),
        named_right=float(sorted_right[:named].mean()),
        leaning=leaning / len(order),
        leaning_right=float(between.mean()) if leaning else 0.0,
    )


def _longest(right: np.ndarray, wanted: float) -> int:
    """How many of the first, bool (n,), can be kept so that the wanted share of them is true."""
    good = np.flatnonzero(np.cumsum(right) / np.arange(1, len(right) + 1) >= wanted)
    return int(good[-1]) + 1 if len(good) else 0
