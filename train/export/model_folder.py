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

from fer_core.emotions import EMOTIONS
from fer_core.expressions.card import CARD_FILE, LABELS_ALONE, WITH_VOTES, GoldenSample, ModelCard, read_card
from fer_core.expressions.model import KERAS_FILE, TFLITE_FILE, EmotionModel, file_sha256, load_model
from fer_core.expressions.vetting import trust
from fer_core.faces.crops import CROP_GEOMETRY, TILE
from fer_core.versions import package_version
from train.archive.reader import Dataset, LabelledFaces
from train.augmentation.images import augment_batch
from train.dataset.ancestry import ancestry
from train.dataset.ferplus import EMOTION_COLUMNS
from train.dataset.for_run import RunVotes
from train.errors import ConfigError
from train.evaluation.calibrate import Levels, choose_levels, fit_temperature
from train.evaluation.crowd import CrowdFigures, clear_emotions, emotion_shares
from train.evaluation.evaluate import evaluate_crowd, evaluate_split, predict_all
from train.evaluation.types import EvaluationReport
from train.export.card_facts import answer_priors, dataset_for_card, notes_for_card, training_for_card
from train.export.litert import LiteRtFile, convert
from train.networks.build import answering_network, has_crowd, load_structure
from train.networks.checkpoints import best_epoch, load_weights
from train.networks.inputs import to_input
from train.runs.files import BEST
from train.runs.output_folder import refuse_foreign
from train.runs.request import RunRequest, read_request
from train.settings.augmentation import AugmentConfig

NAMED_RIGHT: Final = {"votes": 0.9, "labels": 0.85}
"""How often a named face is to be right on validation, by the yardstick: the answer that most voters gave, or the
label, which is wrong itself on a third of FER2013's images. A card says what it aimed at."""
LEANING_RIGHT: Final = {"votes": 0.7, "labels": 0.6}
"""The same for faces that are leaning."""
MOST_UNSURE: Final = {"votes": 0.04, "labels": 0.1}
"""How many faces are to stay without a label on validation, at most."""


def export_run(run_dir: Path, dataset: Dataset, output: Path, *, name: str, votes: RunVotes | None = None) -> ModelCard:
    """Export the best weights of a run, re-estimate their batch-norm statistics, calibrate, evaluate, and check.

    Args:
        run_dir: written by `train.jobs.job.run_job`.
        dataset: the archive that the run was trained on, cleaned as the run was.
        output: the model folder; replaced as a whole once everything has succeeded.
        name: what people call the model.
        votes: of FER+'s voters, where the run learnt from them; without, it is exported as one that has not.

    Raises:
        ConfigError: there is no finished epoch in `run_dir`, the run was trained on another archive, or `output` holds
            something else than a model.
    """
    output = Path(os.path.realpath(output))  # a link stays a link
    # Whatever else stands there would be deleted, so nothing is passed over.
    expected = "a new or empty folder, or a model folder to be replaced"
    refuse_foreign(output, _is_model_folder, expected=expected, ignoring=frozenset())
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
        answering = answering_network(model, config.label_share)
        converted = convert(answering, dataset["validation"])
        (folder / TFLITE_FILE).write_bytes(converted.content)
        facts = _facts(folder, model, dataset, name, ancestry(request, run_dir)) | {
            "architecture": config.architecture,
            "training": training_for_card(request, run_dir),
            "mirror_average": config.answer == "mirrored",
            "outputs": WITH_VOTES if has_crowd(model) else LABELS_ALONE,
        }
        if has_crowd(model) and votes is not None:
            facts["dataset"]["class_priors"] = answer_priors(dataset["train"], votes.shares, config.label_share)
        # Figures by the votes need images on which voters agree.
        counts = votes.validation if votes is not None and has_crowd(model) else None
        if counts is not None and not clear_emotions(counts)[0].any():
            counts = None
        card = _write_card(folder, facts, dataset, converted, in_training=best_epoch(run_dir)[1], votes=counts)
        if output.exists():
            output.rename(Path(temporary) / "before")
        folder.rename(output)
    return card


def add_metrics(folder: Path, report: EvaluationReport, crowd: CrowdFigures | None = None) -> None:
    """Write a split's figures into a model's card; what else it says of that split stays if the archive is the same."""
    card = read_card(folder)
    before = card.metrics.get(report.split, {}) if report.archive_sha256 == card.dataset.get("sha256") else {}
    of_votes = {"crowd": _rounded(asdict(crowd))} if crowd else {}
    replace(card, metrics=card.metrics | {report.split: before | figures_for_card(report) | of_votes}).write(folder)


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


def _is_model_folder(folder: Path) -> bool:
    return (folder / CARD_FILE).is_file()


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


def _facts(
    folder: Path, model: keras.Model, dataset: Dataset, name: str, before: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the card says whatever the figures turn out to be."""
    data = dataset_for_card(dataset, before)
    return {
        "name": name,
        "labels": EMOTIONS,
        "input_shape": (TILE, TILE, 1),
        "crop_geometry": CROP_GEOMETRY,
        "sha256": {file: file_sha256(folder / file) for file in (KERAS_FILE, TFLITE_FILE)},
        "parameters": model.count_params(),
        "created": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "dataset": data,
        "versions": _versions(),
        "notes": notes_for_card(data),
    }


def _versions() -> dict[str, str]:
    found = {package: package_version(package) or "unknown" for package in ("keras", "tensorflow")}
    return {"python": platform.python_version()} | found


def _write_card(
    folder: Path,
    facts: dict[str, Any],
    dataset: Dataset,
    converted: LiteRtFile,
    *,
    in_training: float,
    votes: np.ndarray | None,
) -> ModelCard:
    """Calibrate and evaluate what will really run, the LiteRT file, and write card.json."""
    tile = golden_tile()
    validation = dataset["validation"]
    uncalibrated = ModelCard(**facts, temperature=1.0, unsure_below=0.0, golden=GoldenSample.of(tile, np.zeros(7)))
    live = EmotionModel(uncalibrated, converted.content, folder)
    trust(facts["sha256"][TFLITE_FILE])
    golden = GoldenSample.of(tile, live.predict(tile[None, ..., None])[0])
    answers = predict_all(live.predict, validation)
    label_answers = predict_all(live.predict_labels, validation) if "labels" in live.card.outputs else answers
    label_temperature = round(fit_temperature(label_answers, validation.labels), 4)
    truth: np.ndarray = validation.labels
    voted: np.ndarray = np.ones(len(validation), bool)
    if votes is not None:
        truth, voted = emotion_shares(votes), np.asarray(votes[:, EMOTION_COLUMNS].any(1))
    temperature = round(fit_temperature(answers[voted], truth[voted]), 4)
    temperatures = {"temperature": temperature, "label_temperature": label_temperature}
    card = ModelCard(**facts | temperatures, unsure_below=0.0, golden=golden)
    card.write(folder)
    calibrated = load_model(folder)
    levels, right = _choose_levels(predict_all(calibrated.predict, validation), validation.labels, votes)
    report = evaluate_split(calibrated.predict_labels, dataset, "validation", temperature=label_temperature)
    crowd = {} if votes is None else {"crowd": _rounded(asdict(evaluate_crowd(calibrated, validation, votes)))}
    card = replace(
        card,
        unsure_below=levels.unsure_below,
        named_from=levels.named_from,
        metrics={
            "validation": figures_for_card(report)
            | _chosen_on_validation(report, converted)
            | {"accuracy_in_training": round(in_training, 5), "kept_accuracy": right, "coverage": levels.named}
            | {"levels": asdict(levels), "yardstick": "labels" if votes is None else "votes"}
            | crowd
        },
    )
    card.write(folder)
    return card


def _choose_levels(probabilities: np.ndarray, labels: np.ndarray, votes: np.ndarray | None) -> tuple[Levels, float]:
    """The thresholds by the better yardstick that there is, rounded, and how often a named face was to be right."""
    if votes is None:
        yardstick, right = "labels", probabilities.argmax(1) == labels
    else:
        yardstick = "votes"
        emotions = votes[:, EMOTION_COLUMNS]
        voted = emotions.any(1)
        probabilities, emotions = probabilities[voted], emotions[voted]
        # Of several that most voters gave alike, each is right.
        right = emotions[np.arange(len(emotions)), probabilities.argmax(1)] == emotions.max(1)
    wanted = NAMED_RIGHT[yardstick]
    levels = choose_levels(
        probabilities,
        right,
        named_right=wanted,
        leaning_right=LEANING_RIGHT[yardstick],
        most_unsure=MOST_UNSURE[yardstick],
    )
    rounded = {name: round(value, 3) for name, value in asdict(levels).items()}
    return Levels(**rounded), wanted


def _chosen_on_validation(report: EvaluationReport, converted: LiteRtFile) -> dict[str, Any]:
    before = report.calibration
    return {
        "ece_before": round(before.ece_before, 5) if before else None,
        "nll_before": round(before.nll_before, 5) if before else None,
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
