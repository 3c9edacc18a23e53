"""Fit one network in a run folder: everything that Keras does between the first epoch and the last.

Resuming: data order, augmentation, dropout and schedules follow from the seed and the epoch, and the checkpoint holds
weights, optimizer state and weight averages. What remains is the order in which several threads add floating-point
numbers: where that is fixed, a resumed run equals the unbroken one bit for bit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from fer_core.expressions.card import read_card
from fer_core.expressions.model import find_model
from train.architectures import PretrainedError, pretrained_loader
from train.fitting.batches import AugmentedBatches
from train.fitting.callbacks import BatchWatcher, EpochRecorder
from train.fitting.losses import EmotionAccuracy, build_loss
from train.fitting.optimizer import build_optimizer, should_stop_early
from train.fitting.prepared import PreparedRun
from train.networks.build import (
    build_network,
    fixed_layers,
    freeze_trunk,
    has_crowd,
    label_network,
    load_structure,
    save_structure,
    with_crowd,
)
from train.networks.checkpoints import checkpoint_epoch, load_weights, save_weights
from train.networks.head_start import fit_crowd_head
from train.networks.inputs import to_input
from train.networks.precision import has_accelerator, with_precision
from train.networks.predict import quick_predictor
from train.runs.files import CHECKPOINT, PRETRAINED, START, keep_epochs, read_epochs, read_json, write_json
from train.runs.reporter import RunReporter
from train.runs.request import read_request
from train.runs.stopping import StopRequest
from train.settings.training import TrainingConfig

CHECKPOINT_EVERY_S: Final = 20.0
"""On an accelerator, where an epoch may take less time than writing its checkpoint."""
PRETRAINED_IMAGES: Final = 256
"""Training images from which a network with published weights takes its first statistics."""


@dataclass(frozen=True)
class _Phase:
    """Epochs first to last - 1, which share one optimizer. Its schedule starts anew with the phase."""

    first: int
    last: int
    frozen: bool


def fit(run: PreparedRun, *, reporter: RunReporter, stop: StopRequest) -> bool:
    """Train, or continue from the checkpoint in the run's folder.

    Args:
        run: the run.
        reporter: told of stages, batches and epochs.
        stop: asked after each batch.

    Returns:
        Whether the run came to its end: the last epoch, or early stopping. False when it was asked to stop.

    Raises:
        ConfigError: the checkpoint is damaged, or votes are missing that the settings ask for.
        TrainingError: the loss is no number any more.
    """
    config = run.config
    keras.utils.set_random_seed(config.seed)
    done = checkpoint_epoch(run.folder)
    keep_epochs(run.folder, done)
    model = with_precision(_first_network(run, done, reporter), run.precision)
    reporter.log(f"{model.count_params():,} weights, {run.precision}, {len(run.dataset['train']):,} training images")
    fixed = fixed_layers(model)
    for phase in _phases(config):
        if phase.first <= done < phase.last and not stop.asked and not _ended_early(run):
            freeze_trunk(model, frozen=phase.frozen, fixed=fixed)
            _fit_phase(run, model, phase, done=done, reporter=reporter, stop=stop)
            done = checkpoint_epoch(run.folder)
    return done >= config.epochs or _ended_early(run)


def _first_network(run: PreparedRun, done: int, reporter: RunReporter) -> keras.Model:
    config, run_dir = run.config, run.folder
    if done:
        return load_structure(config, run_dir)
    model = build_network(config)
    load_pretrained = None if config.init_from else pretrained_loader(config.architecture)
    if load_pretrained is not None:
        try:
            origin = load_pretrained(model, to_input(run.dataset["train"].pixels[:PRETRAINED_IMAGES]))
            write_json(run_dir / PRETRAINED, origin)
            reporter.log(f"starts from published weights: {origin['name']}")
        except PretrainedError as error:
            reporter.note(str(error))
    elif handed_on := _origin_of([Path(start) for start in (config.init_from, config.join_with) if start]):
        write_json(run_dir / PRETRAINED, handed_on)
    if not config.ferplus_weight:
        model = label_network(model)
    elif not has_crowd(model):
        model = with_crowd(model)
        if config.init_from and run.supervision.shares is not None:
            reporter.stage("fitting the votes' head to the start's features")
            fit_crowd_head(model, run.dataset["train"].pixels, run.supervision.shares)
    save_structure(model, run_dir)
    if config.start_share:
        save_weights(model, run_dir / START, epoch=0, accuracy=-1.0)
    return model


def _origin_of(starts: list[Path]) -> dict[str, str]:
    """Which published weights runs or models once started from, for the card of what is fine-tuned from them."""
    found: list[dict[str, str]] = []
    for start in starts:
        is_run = read_request(start) is not None
        origin = read_json(start / PRETRAINED) if is_run else read_card(find_model(start)).training.get("pretrained")
        if origin and origin not in found:
            found.append(origin)
    names = dict.fromkeys(name for origin in found for name in origin)
    return {name: "; ".join(origin[name] for origin in found if name in origin) for name in names}


def _start_weights(run: PreparedRun) -> list[np.ndarray]:
    """The weights that the run started from, read from its own folder: the model may be gone by now."""
    if not run.config.start_share:
        return []
    start = load_structure(run.config, run.folder)
    load_weights(start, run.folder / START)
    weights: list[np.ndarray] = start.get_weights()
    return weights


def _phases(config: TrainingConfig) -> list[_Phase]:
    split = config.freeze_epochs
    return [_Phase(0, split, frozen=True), _Phase(split, config.epochs, frozen=False)]


def _fit_phase(
    run: PreparedRun, model: keras.Model, phase: _Phase, *, done: int, reporter: RunReporter, stop: StopRequest
) -> None:
    config = run.config
    whole_epochs = _runs_whole_epochs(model, config, reporter)
    batches = AugmentedBatches(
        run.dataset["train"], config, supervision=run.supervision, first_epoch=done, keep_views=whole_epochs
    )
    if done and done == phase.first:
        load_weights(model, run.folder / CHECKPOINT)  # before compiling: the optimizer of the phase before is not ours
    taught = run.supervision.taught
    model.compile(
        optimizer=build_optimizer(config, steps_per_epoch=len(batches), epochs=phase.last - phase.first),
        loss=build_loss(config, taught=taught),
        metrics=[EmotionAccuracy(name="accuracy")],
    )
    if done > phase.first:
        model.optimizer.build(model.trainable_variables)
        load_weights(model, run.folder / CHECKPOINT)
    watcher = BatchWatcher(reporter, stop, images=batches.images)
    recorder = EpochRecorder(
        model,
        config,
        run.folder,
        run.dataset["validation"],
        reporter,
        watcher,
        start=_start_weights(run),
        votes=run.supervision.validation_votes,
        checkpoint_every_s=CHECKPOINT_EVERY_S if whole_epochs else 0.0,
        predict=quick_predictor(model) if whole_epochs else None,
    )
    span: dict[str, Any] = {"epochs": phase.last, "initial_epoch": done, "callbacks": [watcher, recorder]}
    if whole_epochs:
        from train.fitting.whole_epochs import fit_whole_epochs

        fit_whole_epochs(model, batches, config, taught=taught, **span)
    else:
        # Else Keras draws an order of its own over ours, which no resumed run could repeat.
        model.fit(batches, shuffle=False, verbose=0, **span)


def _runs_whole_epochs(model: keras.Model, config: TrainingConfig, reporter: RunReporter) -> bool:
    """Whether this is the machine, the network and the settings for `train.fitting.whole_epochs`."""
    if keras.backend.backend() != "torch" or not has_accelerator():
        return False
    from train.fitting.whole_epochs import refusal

    reason = refusal(model, config)
    if reason:
        reporter.log(f"Keras' own loop is used, which is slower: {reason}.")
    return not reason


def _ended_early(run: PreparedRun) -> bool:
    return should_stop_early(run.config, [metrics.validation_accuracy for metrics in read_epochs(run.folder)])
