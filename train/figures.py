"""Figures that describe predictions, as plain functions of probabilities (n, k) and true labels (n,)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS

ECE_BINS: Final = 15
THRESHOLDS: Final = tuple(round(0.05 * i, 2) for i in range(20))


@dataclass(frozen=True)
class ClassFigures:
    """One emotion's figures, 0-1; `support` is its number of images."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class ReliabilityBin:
    """Images whose confidence lies in low-high: how many, their mean confidence and their accuracy (0 if none)."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class CoveragePoint:
    """With labels withheld below `threshold`: the share of images that keep theirs, and the accuracy on these.

    `accuracy` is None where none keeps its label.
    """

    threshold: float
    coverage: float
    accuracy: float | None


@dataclass(frozen=True)
class ConfusedPair:
    """`n` images of `true` were called `predicted`; `share` of all images of `true`."""

    true: str
    predicted: str
    n: int
    share: float


@dataclass(frozen=True)
class Mistake:
    """Image number `index` of the split was called `predicted` with `confidence` 0-1, wrongly."""

    index: int
    predicted: str
    confidence: float


def confusion_counts(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """int (7, 7): rows true, columns predicted, in the order of EMOTIONS."""
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), int)
    np.add.at(confusion, (labels, probabilities.argmax(1)), 1)
    return confusion


def figures_by_class(confusion: np.ndarray) -> dict[str, ClassFigures]:
    """Precision, recall and F1 of each emotion; 0 where one is undefined."""
    return {name: _class_figures(confusion, i) for i, name in enumerate(EMOTIONS)}


def _class_figures(confusion: np.ndarray, i: int) -> ClassFigures:
    hit, support, called = int(confusion[i, i]), int(confusion[i].sum()), int(confusion[:, i].sum())
    precision = hit / called if called else 0.0
    recall = hit / support if support else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
    return ClassFigures(precision=precision, recall=recall, f1=f1, support=support)


def macro_f1_classes(confusion: np.ndarray) -> tuple[str, ...]:
    """The emotions that macro-F1 is the mean over: those that occur or were answered, as scikit-learn counts them."""
    counted = confusion.sum(0) + confusion.sum(1) > 0
    return tuple(name for name, is_counted in zip(EMOTIONS, counted, strict=True) if is_counted)


def macro_f1(confusion: np.ndarray) -> float:
    """Mean F1 as `sklearn.metrics.f1_score(average="macro")` gives it.

    An emotion that was answered but has no image counts with 0. One that has no image and was never answered does not
    count.
    """
    per_class = figures_by_class(confusion)
    return float(np.mean([per_class[name].f1 for name in macro_f1_classes(confusion)]))


def negative_log_likelihood(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean over the images, in nats."""
    likelihood = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.clip(likelihood, 1e-12, 1)).mean())


def reliability_bins(probabilities: np.ndarray, labels: np.ndarray) -> tuple[ReliabilityBin, ...]:
    """Confidence against accuracy in 15 equal-width bins (Guo et al., 2017, arXiv:1706.04599)."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    bins = np.minimum((confidence * ECE_BINS).astype(int), ECE_BINS - 1)
    found = []
    for b in range(ECE_BINS):
        inside = bins == b
        n = int(inside.sum())
        means = (float(confidence[inside].mean()), float(right[inside].mean())) if n else (0.0, 0.0)
        found.append(ReliabilityBin(b / ECE_BINS, (b + 1) / ECE_BINS, n, *means))
    return tuple(found)


def expected_calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Mean gap between confidence and accuracy over the bins, weighted by their images."""
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.confidence - b.accuracy) for b in bins) / total


def coverage_curve(probabilities: np.ndarray, labels: np.ndarray) -> tuple[CoveragePoint, ...]:
    """How many images keep their label, and how often rightly, at each of THRESHOLDS."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    points = []
    for threshold in THRESHOLDS:
        kept = confidence >= threshold
        accuracy = float(right[kept].mean()) if kept.any() else None
        points.append(CoveragePoint(threshold, float(kept.mean()), accuracy))
    return tuple(points)


def confused_pairs(confusion: np.ndarray, *, most: int = 10) -> tuple[ConfusedPair, ...]:
    """The commonest mistakes, by number of images."""
    pairs = [
        ConfusedPair(EMOTIONS[true], EMOTIONS[predicted], int(count), float(count / confusion[true].sum()))
        for (true, predicted), count in np.ndenumerate(confusion)
        if true != predicted and count
    ]
    return tuple(sorted(pairs, key=lambda pair: -pair.n)[:most])


def worst_mistakes(probabilities: np.ndarray, labels: np.ndarray, *, most: int = 12) -> dict[str, tuple[Mistake, ...]]:
    """Of each true emotion the images that were misnamed with the most confidence, the surest first."""
    confidence, predicted = probabilities.max(1), probabilities.argmax(1)
    found = {}
    for i, name in enumerate(EMOTIONS):
        wrong = np.flatnonzero((labels == i) & (predicted != i))
        wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:most]
        found[name] = tuple(Mistake(int(j), EMOTIONS[predicted[j]], float(confidence[j])) for j in wrong)
    return found


def wilson_interval(successes: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval for a share."""
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(centre - half), float(centre + half)
