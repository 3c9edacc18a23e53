"""What the commands of `python -m train` do. TensorFlow takes seconds to import: each brings in what it needs."""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from fer_core.whole_files import check_writable
from train import architectures
from train.archive.types import Dataset
from train.dataset.for_run import read_for_run, read_once
from train.dataset.warnings import labels_read, warnings_of
from train.errors import ConfigError
from train.jobs.children import stop_children_first
from train.jobs.from_flags import cleaning_of, fit_request
from train.jobs.job import lower_priority
from train.jobs.recipe import carry_out
from train.jobs.recipe_file import read_recipe
from train.runs.request import Input, RunRequest, read_request
from train.settings.augmentation import AugmentConfig
from train.settings.fields import given_values
from train.settings.training import TrainingConfig

if TYPE_CHECKING:
    from fer_core.expressions.card import ModelCard
    from fer_core.expressions.model import EmotionModel
    from train.evaluation.crowd import CrowdFigures

Command = Callable[[argparse.Namespace], None]
_MOST_VIEWS: Final = 1000


def inspect(options: argparse.Namespace) -> None:
    """Print the data set report of an archive."""
    from train.dataset.report import report_on

    dataset = read_once(options.archive, options.label_order)
    report = report_on(dataset)
    if options.faces is not None:
        from train.evaluation.sheets import write_samples

        write_samples(options.faces, next(iter(dataset.splits.values())), dict(report.samples))
    print(report.to_json() if options.json else report.to_text())


def list_architectures(options: argparse.Namespace) -> None:
    """Print name, size, cost and purpose of every architecture."""
    found = [architectures.describe(name) for name in architectures.names()]
    if options.json:
        print(json.dumps([asdict(info) for info in found], indent=2))
        return
    print(f"{'name':20}{'weights':>10}{'MFLOPs':>9}   (one face; a multiply-add counts as two)")
    for info in found:
        print(f"{info.name:20}{info.parameters:10,}{info.mflops:9.1f}   {info.docline}")


def trial(options: argparse.Namespace) -> None:
    """Time some training steps of networks on this machine."""
    from train.fitting.trial import time_training

    for name in options.architectures:
        architectures.check_known(name)
    with redirect_stdout(sys.stderr):
        found = [time_training(name) for name in options.architectures]
    if options.json:
        print(json.dumps([asdict(measured) for measured in found], indent=2))
        return
    print(f"{'name':20}{'images/s':>10}{'start, s':>10}   (training, beside what else this machine does)")
    for measured in found:
        print(f"{measured.architecture:20}{measured.images_per_second:10,.0f}{measured.start_s:10.1f}")


def fit(options: argparse.Namespace) -> None:
    """Train, or go on."""
    from train.jobs.job import run_job

    run_job(fit_request(options), options.output, queue=options.queue, nice=options.nice)


def teach(options: argparse.Namespace) -> None:
    """Have teachers answer for fixed views of the training images."""
    if not 1 <= options.views <= _MOST_VIEWS:
        raise ConfigError(f"views must be 1 to {_MOST_VIEWS}, got {options.views}")
    inputs = [Input.of_network(teacher) for teacher in options.teachers]
    augment = AugmentConfig(**given_values(options, AugmentConfig))
    if augment.mixup:
        raise ConfigError(
            "Mixup blends different images each time, so teachers would have no fixed views. Leave it out."
        )
    ferplus = Input.of_file(options.ferplus) if options.ferplus else None
    if ferplus and not options.drop_not_faces:
        raise ConfigError("teach uses FER+'s votes only to leave out images that are not faces. Add --drop-not-faces.")
    request = RunRequest(
        TrainingConfig(augment=augment),
        options.archive,
        cleaning=cleaning_of(options),
        ferplus=ferplus,
        drop_not_faces=options.drop_not_faces,
        label_order=options.label_order,
    )
    check_writable(options.output)
    lower_priority(options.nice)
    dataset = read_for_run(request, options.archive)[0]
    train, validation = dataset["train"], dataset["validation"]

    from train.networks.precision import resolve_precision
    from train.teaching.teacher_views import ask_teachers
    from train.teaching.teachers import accuracies, load_teachers

    networks = load_teachers([teacher.path for teacher in inputs], resolve_precision("auto"))
    *each, together = accuracies(networks, validation)
    for name, accuracy in zip([*map(str, options.teachers), "their mean"], [*each, together], strict=True):
        print(
            f"{name}: {accuracy:.1%} of the {len(validation)} validation images, without the mirror image", flush=True
        )
    views = ask_teachers(
        train,
        networks,
        augment,
        views=options.views,
        seed=options.seed,
        teachers=tuple(teacher.for_card() for teacher in inputs),
        on_view=lambda done: print(f"view {done} of {options.views}", flush=True),
    )
    views.write(options.output)
    for teacher, accuracy in zip(options.teachers, views.accuracies(train.labels), strict=True):
        print(f"{teacher}: names {accuracy:.1%} of the training images as they are labelled, on these views")


def recipe(options: argparse.Namespace) -> None:
    """Carry out a recipe."""
    wanted = read_recipe(options.name)
    if options.jobs < 1:
        raise ConfigError(f"jobs must be at least 1, got {options.jobs}")
    with stop_children_first():
        for line in carry_out(
            wanted,
            options.archive,
            options.output,
            ferplus=options.ferplus,
            nice=options.nice,
            jobs=options.jobs,
            label_order=options.label_order,
        ):
            print(line, flush=True)


def export(options: argparse.Namespace) -> None:
    """Export a run's best weights."""
    from train.export.model_folder import export_run

    request = read_request(options.run_dir)
    if request is not None and options.label_order not in ("", request.label_order):
        raise ConfigError(
            f"{options.run_dir} was trained with another label order ({request.label_order or 'none given'}). "
            "Leave out --label-order."
        )
    dataset, votes = (
        read_for_run(request, options.archive) if request else (read_once(options.archive, options.label_order), None)
    )
    card = export_run(options.run_dir, dataset, options.output, name=options.output.name, votes=votes)
    figures = card.metrics["validation"]
    print(f"{options.output}: validation accuracy {figures['accuracy']:.2%} as it runs, with {_as_it_runs(card)}")
    print(f"During training it was {figures['accuracy_in_training']:.2%}: averaged weights, one pass.")


def evaluate(options: argparse.Namespace) -> None:
    """Print the evaluation report of a model."""
    from fer_core.expressions.model import load_model
    from train.evaluation.evaluate import evaluate_split, ms_per_face
    from train.evaluation.report_text import crowd_text, evaluation_text, other_archive_remark

    model = load_model(options.model)
    predict = _balanced(model, options.balanced) if options.balanced else model.predict_labels
    if options.balanced and options.save:
        raise ConfigError("A card holds the figures of the model as it is. Leave out --save or --balanced.")
    dataset = _read_to_measure(options)
    temperature = None if options.balanced else model.card.label_temperature
    report = evaluate_split(predict, dataset, options.split, temperature=temperature)
    crowd = _crowd_figures(model, dataset, options)
    if options.save:
        from train.export.model_folder import add_metrics

        add_metrics(model.folder, report, crowd)
    speed = {"ms_per_face": round(ms_per_face(model.predict), 3), "litert_bytes": _litert_bytes(model.folder)}
    if options.json:
        print(json.dumps(report.to_dict() | speed | ({"crowd": asdict(crowd)} if crowd else {}), indent=2))
    else:
        if crowd is not None:
            print(crowd_text(crowd) + "\n")
        print(evaluation_text(report) + other_archive_remark(model.card, dataset))
        print(f"\n{speed['ms_per_face']} ms a face, LiteRT file of {speed['litert_bytes']:,} bytes")


def compare(options: argparse.Namespace) -> None:
    """Print how models differ on the same images."""
    from fer_core.expressions.model import load_model
    from train.evaluation.compare import LETTERS
    from train.evaluation.compare import compare as compare_answers
    from train.evaluation.evaluate import predict_all

    if not 2 <= len(options.models) <= len(LETTERS):
        raise ConfigError(f"compare takes 2 to {len(LETTERS)} models, got {len(options.models)}. Name at least two.")
    models = [load_model(model) for model in options.models]
    faces = _read_to_measure(options)[options.split]
    answers = [predict_all(model.predict, faces) for model in models]
    comparison = compare_answers(answers, faces.labels, models=[str(model) for model in options.models])
    print(comparison.to_json() if options.json else comparison.to_text())


def sweep(options: argparse.Namespace) -> None:
    """Train networks with several settings, seeds or folds, and print their table."""
    from train.sweeps.from_flags import plan_asked, resources_asked
    from train.sweeps.sweep import sweep as carry_out_sweep

    plan = plan_asked(options)
    carry_out_sweep(
        plan,
        options.archive,
        options.output,
        resources=resources_asked(options),
        cores=options.cores_per_trial,
        early_stopping=options.early_stopping,
        say=lambda line: print(line, flush=True),
    )


def convert(options: argparse.Namespace) -> None:
    """Write a model in another form."""
    from train.export.formats import convert_model

    with redirect_stdout(sys.stderr):  # Keras and TensorFlow print as they write; stdout is the answer's
        converted = convert_model(options.model, options.output, form=options.form)
    print(
        json.dumps(asdict(converted), indent=2) if options.json else f"{options.output}: {', '.join(converted.files)}"
    )


def _read_to_measure(options: argparse.Namespace) -> Dataset:
    """The archive, with what should be known of it on stderr: stdout is the answer's."""
    dataset = read_once(options.archive, options.label_order)
    for sentence in (labels_read(dataset), *warnings_of(dataset)):
        if sentence:
            print(sentence, file=sys.stderr)
    return dataset


def _as_it_runs(card: "ModelCard") -> str:
    passes = "the mean over the face and its mirror image" if card.mirror_average else "one pass"
    return f"{card.metrics['validation']['litert_weights']} weights and {passes}"


def _litert_bytes(folder: Path) -> int:
    from fer_core.expressions.model import TFLITE_FILE

    return (folder / TFLITE_FILE).stat().st_size


def _crowd_figures(model: "EmotionModel", dataset: Dataset, options: argparse.Namespace) -> "CrowdFigures | None":
    """How the model's answers compare with FER+'s votes on a split, where they are given."""
    if options.ferplus is None:
        return None
    from train.dataset.ferplus import read_votes
    from train.evaluation.crowd import clear_emotions
    from train.evaluation.evaluate import evaluate_crowd

    faces = dataset[options.split]
    votes = read_votes(options.ferplus, dataset, split=options.split).counts_for(faces)
    if not clear_emotions(votes)[0].any():
        raise ConfigError(
            f"{options.ferplus.name} has no image of the {options.split} split on which more than half of the voters "
            "agree. Choose another split, or leave out --ferplus."
        )
    return evaluate_crowd(model, faces, votes)


def _balanced(model: "EmotionModel", strength: float) -> Callable[[np.ndarray], np.ndarray]:
    """The model's `predict` with its answers rebalanced."""
    from fer_core.expressions.balance import rebalance

    priors = model.card.class_priors
    if priors is None:
        raise ConfigError(
            f"{model.folder} does not say how common each emotion was in training. Export its run again, or leave out "
            "--balanced."
        )
    return lambda tiles: rebalance(model.predict(tiles), priors, strength)
