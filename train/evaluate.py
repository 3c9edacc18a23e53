"""Honest figures for a model on a split: with and without the images that also stand in the training split."""

import time
from collections.abc import Callable
from typing import Final

import numpy as np

from train.archive import LabelledFaces
from train.calibrate import undo_temperature
from train.figures import (
    confused_pairs,
    confusion_counts,
    coverage_curve,
    expected_calibration_error,
    figures_by_class,
    negative_log_likelihood,
    reliability_bins,
    wilson_interval,
    worst_mistakes,
)
from train.report_types import Calibration, EvaluationReport

BATCH: Final = 64

Predict = Callable[[np.ndarray], np.ndarray]
"""uint8 (n, 48, 48, 1) to probabilities (n, 7) in the order of EMOTIONS."""


def evaluate(
    predict: Predict,
    faces: LabelledFaces,
    *,
    split: str,
    train: LabelledFaces | None,
    temperature: float | None = None,
) -> EvaluationReport:
    """Measure a model.

    Args:
        predict: the model.
        faces: the split.
        split: its name.
        train: the training split, to find the images that stand in both; None counts none as duplicate.
        temperature: the one that `predict` applies, to report the figures without it, too.

    Raises:
        ValueError: the split is empty.
    """
    fresh = ~stands_in(faces, train) if train is not None and split != "train" else np.ones(len(faces), bool)
    return report(predict_all(predict, faces), faces.labels, split=split, fresh=fresh, temperature=temperature)


def predict_all(predict: Predict, faces: LabelledFaces) -> np.ndarray:
    """Probabilities of a whole split, float (n, 7), in batches."""
    tiles = faces.pixels[..., None]
    return np.concatenate([predict(tiles[i : i + BATCH]) for i in range(0, len(tiles), BATCH)])


def stands_in(faces: LabelledFaces, others: LabelledFaces) -> np.ndarray:
    """Which of `faces` have a byte-identical image among `others`: bool (n,)."""
    known = {face.tobytes() for face in others.pixels}
    return np.array([face.tobytes() in known for face in faces.pixels], bool)


def report(
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    split: str,
    fresh: np.ndarray,
    temperature: float | None = None,
) -> EvaluationReport:
    """The figures from probabilities (n, 7), labels (n,) and the mask of images that are no duplicates (n,)."""
    right = probabilities.argmax(1) == labels
    confusion = confusion_counts(probabilities, labels)
    per_class = figures_by_class(confusion)
    present = [figures for figures in per_class.values() if figures.support]
    bins = reliability_bins(probabilities, labels)
    return EvaluationReport(
        split=split,
        n=len(labels),
        accuracy=float(right.mean()),
        interval_95=wilson_interval(int(right.sum()), len(right)),
        n_without_duplicates=int(fresh.sum()),
        accuracy_without_duplicates=float(right[fresh].mean()) if fresh.any() else None,
        macro_f1=float(np.mean([figures.f1 for figures in present])),
        balanced_accuracy=float(np.mean([figures.recall for figures in present])),
        nll=negative_log_likelihood(probabilities, labels),
        ece=expected_calibration_error(bins),
        per_class=per_class,
        confusion=tuple(tuple(int(v) for v in row) for row in confusion),
        calibration=_calibration(probabilities, labels, temperature),
        reliability=bins,
        coverage_curve=coverage_curve(probabilities, labels),
        confused=confused_pairs(confusion),
        mistakes=worst_mistakes(probabilities, labels),
    )


def _calibration(probabilities: np.ndarray, labels: np.ndarray, temperature: float | None) -> Calibration | None:
    if temperature is None:
        return None
    raw = undo_temperature(probabilities, temperature)
    ece = expected_calibration_error(reliability_bins(raw, labels))
    return Calibration(temperature, negative_log_likelihood(raw, labels), ece)


def ms_per_face(predict: Predict, *, repeats: int = 50) -> float:
    """Median time for one face, in milliseconds, on this machine as busy as it is."""
    tile = np.full((1, 48, 48, 1), 128, np.uint8)
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        predict(tile)
        times.append(time.perf_counter() - began)
    return float(np.median(times) * 1e3)
