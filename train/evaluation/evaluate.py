"""Honest figures for a model on a split: with and without the images that also stand in the splits before it.

A model learns from train and is chosen on validation. So an image of the test split counts as seen when it stands in
either of them, and one of validation when it stands in train: byte for byte, or near-identically.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from fer_core.expressions.model import EmotionModel
from train.archive.reader import SPLITS, Dataset, LabelledFaces
from train.dataset.near_duplicates import near_copies
from train.evaluation.calibrate import undo_temperature
from train.evaluation.crowd import CrowdFigures, crowd_figures
from train.evaluation.figures import (
    confused_pairs,
    confusion_counts,
    coverage_curve,
    expected_calibration_error,
    figures_by_class,
    macro_f1,
    macro_f1_classes,
    negative_log_likelihood,
    reliability_bins,
    wilson_interval,
    worst_mistakes,
)
from train.evaluation.types import Calibration, EvaluationReport

BATCH: Final = 64

Predict = Callable[[np.ndarray], np.ndarray]
"""uint8 (n, 48, 48, 1) to probabilities (n, 7) in the order of EMOTIONS."""


def evaluate(
    predict: Predict,
    faces: LabelledFaces,
    *,
    split: str,
    train: LabelledFaces | None,
    validation: LabelledFaces | None = None,
    temperature: float | None = None,
) -> EvaluationReport:
    """Measure a model.

    Args:
        predict: the model.
        faces: the split.
        split: its name.
        train: the training split, to find the images that stand in both; None counts none as duplicate.
        validation: likewise the split that the model was chosen on, which matters to the test split alone.
        temperature: the one that `predict` applies, to report the figures without it, too.

    Raises:
        ValueError: the split is empty.
    """
    known = {"train": train, "validation": validation}
    before = {name: known[name] for name in _splits_before(split)}
    others = {name: seen for name, seen in before.items() if seen is not None}
    fresh, unlike = np.ones(len(faces), bool), np.ones(len(faces), bool)
    for seen in others.values():
        fresh &= ~found_among(faces, seen)
        unlike &= ~near_copies(faces, seen)
    found = report(
        predict_all(predict, faces),
        faces.labels,
        split=split,
        fresh=fresh,
        unlike=unlike & fresh,  # a blank image is identical to another, and near none
        temperature=temperature,
    )
    return replace(found, compared_with=tuple(others))


def evaluate_split(
    predict: Predict, dataset: Dataset, split: str, *, temperature: float | None = None
) -> EvaluationReport:
    """Measure a model on one split of an archive, and say which archive that was.

    Raises:
        ArchiveError: the archive has no such split.
    """
    found = evaluate(
        predict,
        dataset[split],
        split=split,
        train=dataset.splits.get("train"),
        validation=dataset.splits.get("validation"),
        temperature=temperature,
    )
    return replace(found, source=dataset.source, archive_sha256=dataset.sha256, cleaned=dataset.cleaned)


def evaluate_crowd(model: EmotionModel, faces: LabelledFaces, votes: np.ndarray) -> CrowdFigures:
    """Compare a model's live answers with FER+'s votes.

    Args:
        model: the model.
        faces: the images.
        votes: int (n, 10), of `train.dataset.ferplus.Votes.counts_for` them.

    Raises:
        ValueError: there is no image on which more than half of the voters agree.
    """
    tiles = faces.pixels[..., None]
    return crowd_figures(predict_all(model.predict, faces), votes, model.predict_votes(tiles))


def _splits_before(split: str) -> tuple[str, ...]:
    """The splits that a model has seen, in training or when it was chosen, before it is measured on `split`."""
    return SPLITS[: SPLITS.index(split)] if split in SPLITS else ()


def predict_all(predict: Predict, faces: LabelledFaces) -> np.ndarray:
    """Probabilities of a whole split, float (n, 7), in batches."""
    tiles = faces.pixels[..., None]
    return np.concatenate([predict(tiles[i : i + BATCH]) for i in range(0, len(tiles), BATCH)])


def found_among(faces: LabelledFaces, others: LabelledFaces) -> np.ndarray:
    """Which of `faces` have a byte-identical image among `others`: bool (n,)."""
    known = {face.tobytes() for face in others.pixels}
    return np.array([face.tobytes() in known for face in faces.pixels], bool)


def report(
    probabilities: np.ndarray,
    labels: np.ndarray,
    *,
    split: str,
    fresh: np.ndarray,
    unlike: np.ndarray | None = None,
    temperature: float | None = None,
) -> EvaluationReport:
    """The figures from probabilities (n, 7) and labels (n,).

    Args:
        probabilities: in the order of `EMOTIONS`.
        labels: indices into `EMOTIONS`.
        split: its name, for the report.
        fresh: bool (n,), the images that are no duplicates.
        unlike: bool (n,), those that are no near-duplicates either; None where nobody looked.
        temperature: that the probabilities were softened with; None leaves out the calibration.
    """
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
        accuracy_without_duplicates=_mean_of(right, fresh),
        macro_f1=macro_f1(confusion),
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
        n_without_near_duplicates=None if unlike is None else int(unlike.sum()),
        accuracy_without_near_duplicates=_mean_of(right, unlike),
        macro_f1_over=macro_f1_classes(confusion),
    )


def _mean_of(right: np.ndarray, which: np.ndarray | None) -> float | None:
    return float(right[which].mean()) if which is not None and which.any() else None


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
