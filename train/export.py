"""Weights of a run to a model folder: model.keras to train further, model.tflite for live use, card.json."""

import datetime
import os
import platform
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from fer_core.card import CARD_FILE, GoldenSample, ModelCard, read_card
from fer_core.crops import CROP_GEOMETRY, TILE
from fer_core.emotions import EMOTIONS
from fer_core.model import KERAS_FILE, TFLITE_FILE, EmotionModel, file_sha256, load_model
from fer_core.versions import package_version
from train.archive import Dataset, LabelledFaces
from train.augment import augment_batch
from train.augment_config import AugmentConfig
from train.calibrate import choose_threshold, fit_temperature
from train.checkpoints import load_weights
from train.data import to_input
from train.dataset_warnings import warnings_of
from train.errors import ConfigError
from train.evaluate import evaluate, predict_all
from train.litert import LiteRtFile, convert
from train.network import load_structure
from train.progress import BEST, PRETRAINED, read_json
from train.recipe import RECIPE
from train.report_types import EvaluationReport
from train.request import RunRequest, read_request

KEPT_ACCURACY: Final = 0.85
"""What the "unsure" threshold aims at on the faces that keep their label; a card says what it aimed at."""

NOTES: Final = {
    "intended_use": "Live display and research on posed or spontaneous facial expressions of consenting adults.",
    "not_for": "Diagnosis, hiring, grading, policing, or emotion inference at work and in education, which EU law "
    "(AI Act, Article 5) forbids but for medical and safety reasons.",
    "limits": "Expressions are not feelings. Labels of FER2013 are noisy: people agree with them on about 65 %. "
    "No validation by age, sex, skin colour or culture.",
    "data_licence": "FER2013 was collected from web searches for a research challenge (Goodfellow et al., 2013); "
    "the rights to its images are unclear, so check before commercial use.",
}


def export_run(run_dir: Path, dataset: Dataset, output: Path, *, name: str) -> ModelCard:
    """Export the best weights of a run, re-estimate their batch-norm statistics, calibrate, evaluate, and check.

    Args:
        run_dir: written by `train.job.run_job`.
        dataset: the archive that the run was trained on, cleaned as the run was.
        output: the model folder; replaced as a whole once everything has succeeded.
        name: what people call the model.

    Raises:
        ConfigError: there is no finished epoch in `run_dir`, the run was trained on another archive, or `output` holds
            something else than a model.
    """
    output = Path(os.path.realpath(output))  # a link stays a link
    _check_output(output)
    request = _request_of(run_dir, dataset)
    config = request.training
    model = load_structure(config, run_dir)
    load_weights(model, run_dir / BEST)
    reestimate_batch_norm(model, dataset["train"], config.augment)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=".export-") as temporary:
        folder = Path(temporary) / "model"
        folder.mkdir()
        model.save(folder / KERAS_FILE)
        converted = convert(model, dataset["validation"])
        (folder / TFLITE_FILE).write_bytes(converted.content)
        facts = _facts(folder, model, dataset, name) | {
            "architecture": config.architecture,
            "training": _training_for_card(request, run_dir),
            "mirror_average": config.answer == "mirrored",
        }
        card = _write_card(folder, facts, dataset, converted)
        if output.exists():
            output.rename(Path(temporary) / "before")
        folder.rename(output)
    return card


def _check_output(output: Path) -> None:
    """Only a model is replaced: whatever else stands there would be deleted."""
    if output.is_dir() and ((output / CARD_FILE).exists() or not any(output.iterdir())):
        return
    if output.exists():
        raise ConfigError(f"{output} exists and is no model folder; it would be deleted. Choose another name.")


def add_metrics(folder: Path, report: EvaluationReport) -> None:
    """Write a split's figures into a model's card."""
    card = read_card(folder)
    replace(card, metrics=card.metrics | {report.split: figures_for_card(report)}).write(folder)


def figures_for_card(report: EvaluationReport) -> dict[str, Any]:
    """A report for a card: rounded, and without the single images that were mistaken."""
    values = report.to_dict()
    del values["mistakes"]
    rounded: dict[str, Any] = _rounded(values)
    return rounded


def reestimate_batch_norm(
    model: keras.Model, faces: LabelledFaces, augment: AugmentConfig, *, batches: int = 40
) -> None:
    """Replace the batch-norm statistics, in place, by the plain mean over images moved and toned as in training.

    Those of training belong to the raw weights, not to their running average. Plain images would be the wrong ones,
    and so would those of a poor camera: either costs a point or more on good pictures (docs/decisions.md).
    """
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    size = 256
    rng = np.random.default_rng(0)
    order = rng.permutation(len(faces))
    for i in range(min(batches, max(1, len(faces) // size))):
        for layer in layers:
            layer.momentum = i / (i + 1)  # a running average with this weight is the plain mean
        moved = augment_batch(faces.pixels[order[i * size : (i + 1) * size]], augment, rng)
        model(to_input(moved), training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def golden_tile() -> np.ndarray:
    """A drawn face, uint8 (48, 48): two eyes and a mouth on a shaded ground, nobody's picture."""
    y, x = np.mgrid[0:TILE, 0:TILE]
    tile = 110 + 1.5 * x + 0.8 * (TILE - y)
    for eye_x in (15, 32):
        tile = np.where((x - eye_x) ** 2 / 12 + (y - 18) ** 2 / 5 < 1, 30, tile)
    mouth = np.abs(y - 36 + (x - 24) ** 2 / 40) < 2
    return np.where(mouth & (np.abs(x - 24) < 10), 50, tile).clip(0, 255).astype(np.uint8)


def _request_of(run_dir: Path, dataset: Dataset) -> RunRequest:
    request = read_request(run_dir)
    if request is None or not (run_dir / BEST).is_file():
        raise ConfigError(f"{run_dir} has no {BEST}: expected a run folder with a finished epoch. Run fit first.")
    if request.archive_sha256 != dataset.sha256:
        raise ConfigError(
            f"{run_dir} was trained on {request.archive_name}, not on {dataset.source}; with other data its "
            "validation figures would be worthless. Pass the archive of the run."
        )
    return request


def _training_for_card(request: RunRequest, run_dir: Path) -> dict[str, Any]:
    """The settings, and what the run learnt from beside its archive, by name and SHA-256; seeds are among both."""
    further = {
        "ferplus": request.ferplus.for_card() if request.ferplus else None,
        "teachers": [teacher.for_card() for teacher in request.teachers],
        "teacher_views": request.teacher_views.for_card() if request.teacher_views else None,
        "pretrained": read_json(run_dir / PRETRAINED),
        "recipe": read_json(run_dir / RECIPE),
    }
    settings = asdict(request.training) | {"init_from": Path(request.training.init_from).name}  # no place of ours
    return settings | {name: value for name, value in further.items() if value}


def _class_priors(faces: LabelledFaces) -> dict[str, float]:
    counts = np.bincount(faces.labels, minlength=len(EMOTIONS))
    return {emotion: round(float(n / len(faces)), 6) for emotion, n in zip(EMOTIONS, counts, strict=True)}


def _facts(folder: Path, model: keras.Model, dataset: Dataset, name: str) -> dict[str, Any]:
    """What the card says whatever the figures turn out to be."""
    return {
        "name": name,
        "labels": EMOTIONS,
        "input_shape": (TILE, TILE, 1),
        "crop_geometry": CROP_GEOMETRY,
        "sha256": {file: file_sha256(folder / file) for file in (KERAS_FILE, TFLITE_FILE)},
        "parameters": model.count_params(),
        "created": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "dataset": {
            "source": dataset.source,
            "sha256": dataset.sha256,
            "rows": {split: len(faces) for split, faces in dataset.splits.items()},
            "cleaned": list(dataset.cleaned),
            "label_order": dataset.label_order,
            "warnings": list(warnings_of(dataset)),
            "class_priors": _class_priors(dataset["train"]),
        },
        "versions": _versions(),
        "notes": NOTES,
    }


def _versions() -> dict[str, str]:
    found = {package: package_version(package) or "unknown" for package in ("keras", "tensorflow")}
    return {"python": platform.python_version()} | found


def _write_card(folder: Path, facts: dict[str, Any], dataset: Dataset, converted: LiteRtFile) -> ModelCard:
    """Calibrate and evaluate what will really run, the LiteRT file, and write card.json."""
    tile = golden_tile()
    validation = dataset["validation"]
    uncalibrated = ModelCard(**facts, temperature=1.0, unsure_below=0.0, golden=GoldenSample.of(tile, np.zeros(7)))
    live = EmotionModel(uncalibrated, converted.content, folder)
    golden = GoldenSample.of(tile, live.predict(tile[None, ..., None])[0])
    temperature = round(fit_temperature(predict_all(live.predict, validation), validation.labels), 4)
    card = ModelCard(**facts, temperature=temperature, unsure_below=0.0, golden=golden)
    card.write(folder)
    calibrated = load_model(folder)
    probabilities = predict_all(calibrated.predict, validation)
    threshold, coverage = choose_threshold(probabilities, validation.labels, kept_accuracy=KEPT_ACCURACY)
    report = evaluate(
        calibrated.predict, validation, split="validation", train=dataset["train"], temperature=temperature
    )
    card = replace(
        card,
        unsure_below=round(threshold, 3),
        metrics={"validation": figures_for_card(report) | _chosen_on_validation(report, converted, coverage)},
    )
    card.write(folder)
    return card


def _chosen_on_validation(report: EvaluationReport, converted: LiteRtFile, coverage: float) -> dict[str, Any]:
    before = report.calibration
    return {
        "ece_before": round(before.ece_before, 5) if before else None,
        "nll_before": round(before.nll_before, 5) if before else None,
        "kept_accuracy": KEPT_ACCURACY,
        "coverage": round(coverage, 4),
        "litert_weights": converted.weights,
        "accuracy_float32": round(converted.accuracy_float32, 5),
        "accuracy_int8": round(converted.accuracy_int8, 5),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return [_rounded(part) for part in value] if isinstance(value, list | tuple) else value
