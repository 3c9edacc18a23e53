"""What a model's card says of its training and its data, whatever its figures turn out to be."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.reader import Dataset, LabelledFaces
from train.dataset.data_sets import inherited_notes, known_set
from train.dataset.ferplus import EMOTION_COLUMNS
from train.dataset.warnings import warnings_of
from train.networks.checkpoints import best_epoch
from train.runs.files import PRETRAINED, RECIPE, read_epochs, read_json
from train.runs.request import RunRequest

_NOTES: Final = {
    "intended_use": "Live display and research on posed or spontaneous facial expressions of consenting adults.",
    "not_for": "Diagnosis, hiring, grading or policing. At work and in education, EU law prohibits inferring emotions "
    "except for medical or safety reasons (AI Act, Article 5(1)(f)).",
}


def notes_for_card(data: dict[str, Any]) -> dict[str, str]:
    """Intended use, limits and licence; `data` is what `dataset_for_card` gives."""
    return _NOTES | inherited_notes(data)


def training_for_card(request: RunRequest, run_dir: Path) -> dict[str, Any]:
    """The settings, and what the run learnt from beside its archive, by name and SHA-256; seeds are among both.

    "epochs" are those that were trained: a stopped run has fewer than planned.
    """
    further = {
        "ferplus": request.ferplus.for_card() if request.ferplus else None,
        "teachers": [teacher.for_card() for teacher in request.teachers],
        "teacher_views": request.teacher_views.for_card() if request.teacher_views else None,
        "pretrained": read_json(run_dir / PRETRAINED),
        "recipe": read_json(run_dir / RECIPE),
    }
    config = request.training
    settings = asdict(config) | {
        "init_from": Path(config.init_from).name,  # no place of ours
        "join_with": Path(config.join_with).name,
        "epochs": max(len(read_epochs(run_dir)), best_epoch(run_dir)[0]),
        "epochs_planned": config.epochs,
        "best_epoch": best_epoch(run_dir)[0],
        "learning_rate": config.learning_rate or "automatic",
        "peak_learning_rate": config.peak_learning_rate,
    }
    return settings | {name: value for name, value in further.items() if value}


def dataset_for_card(dataset: Dataset, before: list[dict[str, Any]]) -> dict[str, Any]:
    """Which data the model learnt from; `before` is what its start and its teachers had learnt from."""
    known = known_set(dataset.source, dataset.read)
    data: dict[str, Any] = {
        "name": known.name if known else "",
        "source": dataset.source,
        "sha256": dataset.sha256,
        "rows": {split: len(faces) for split, faces in dataset.splits.items()},
        "cleaned": list(dataset.cleaned),
        "label_order": dataset.label_order,
        "warnings": list(warnings_of(dataset)),
        "class_priors": _class_priors(dataset["train"]),
    }
    if dataset.made_validation:
        data["validation_made_by"] = dataset.split_by or "image"
    others = [item for item in before if item != {"name": data["name"], "source": data["source"]}]
    if others:
        data["learnt_before"] = others
    return data


def answer_priors(faces: LabelledFaces, shares: np.ndarray, label_share: float) -> dict[str, float]:
    """How common each emotion is in what a network's answer was taught, by emotion, 0-1.

    Args:
        faces: the training images.
        shares: float (n, 10), of the voters' answers.
        label_share: weight of the labels in the answer, 0-1.
    """
    voted = shares[:, EMOTION_COLUMNS].astype(float).sum(0)
    of_votes, of_labels = voted / voted.sum(), _class_priors(faces)
    return {
        emotion: round(float(label_share * of_labels[emotion] + (1 - label_share) * share), 6)
        for emotion, share in zip(EMOTIONS, of_votes, strict=True)
    }


def _class_priors(faces: LabelledFaces) -> dict[str, float]:
    counts = np.bincount(faces.labels, minlength=len(EMOTIONS))
    return {emotion: round(float(n / len(faces)), 6) for emotion, n in zip(EMOTIONS, counts, strict=True)}
