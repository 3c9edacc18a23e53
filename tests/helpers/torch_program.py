"""What tests/train/fitting/test_whole_epochs.py runs where Keras runs on PyTorch, which one process does not change.

    KERAS_BACKEND=torch python -m tests.helpers.torch_program layers|training|run

Prints one line of JSON.
"""

import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch

from tests.helpers.synthetic import drawn_dataset, drawn_votes
from train.architectures import names
from train.fitting import fit as fit_module
from train.fitting.batches import AugmentedBatches
from train.fitting.fit import fit
from train.fitting.losses import EmotionAccuracy, build_loss
from train.fitting.optimizer import build_optimizer
from train.fitting.prepared import PreparedRun
from train.fitting.whole_epochs import fit_whole_epochs, refusal
from train.networks import build as network_module
from train.networks.build import build_network, with_crowd
from train.networks.checkpoints import best_epoch, checkpoint_epoch
from train.networks.heads import OUTPUT
from train.networks.precision import resolve_precision
from train.networks.predict import quick_predictor
from train.networks.torch_network import TorchNetwork
from train.runs.files import read_epochs
from train.runs.reporter import RunReporter
from train.runs.request import RunRequest
from train.runs.stopping import StopRequest
from train.settings.training import TrainingConfig
from train.teaching.supervision import Supervision

DATASET = drawn_dataset()
CONFIG = TrainingConfig(
    architecture="deep_se",
    epochs=3,
    batch_size=16,
    seed=3,
    dropout=0.0,
    ferplus_weight=0.4,
    ferplus_softening=0.2,
    class_weights="inverse",
    precision="float32",
)


def compare_layers() -> dict[str, list[float]]:
    """By architecture: the largest difference of an answer, live and in training."""
    pixels = np.random.default_rng(0).integers(0, 256, (8, 48, 48, 1)).astype(np.float32)
    found: dict[str, list[float]] = {}
    for name in names():
        keras.utils.set_random_seed(1)
        network = build_network(TrainingConfig(architecture=name, dropout=0.0))
        for variable in network.variables:  # no part may hide behind a weight that starts at zero
            if "moving" in variable.path:
                variable.assign(torch.rand(variable.shape) + 0.5)
            else:
                variable.assign(variable.value.detach() + 0.05 * torch.randn(variable.shape))
        walk = TorchNetwork(with_crowd(network))
        found[name] = []
        for training in (False, True):
            expected = network(pixels, training=training).detach().numpy()
            answers = torch.softmax(walk(torch.as_tensor(pixels), training=training)[0], -1).detach().numpy()
            found[name].append(float(np.abs(answers - expected).max()))
    return found


def _train(config: TrainingConfig, *, whole: bool) -> tuple[list[dict[str, float]], list[np.ndarray]]:
    keras.utils.set_random_seed(config.seed)
    model = with_crowd(build_network(config))
    shares = (drawn_votes(DATASET["train"].labels) / 10).astype(np.float32)
    batches = AugmentedBatches(DATASET["train"], config, supervision=Supervision(shares))
    model.compile(
        optimizer=build_optimizer(config, steps_per_epoch=len(batches), epochs=config.epochs),
        loss=build_loss(config),
        metrics=[EmotionAccuracy(name="accuracy")],
    )
    logs: list[dict[str, float]] = []
    watcher = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, values: logs.append(dict(values)))
    if whole:
        span = {"epochs": config.epochs, "initial_epoch": 0}
        fit_whole_epochs(model, batches, config, taught=False, callbacks=[watcher], **span)
    else:
        model.fit(batches, epochs=config.epochs, shuffle=False, verbose=0, callbacks=[watcher])
    trained = [*model.trainable_variables, *model.optimizer.variables]
    return logs, [variable.value.detach().numpy() for variable in trained]


def compare_training() -> dict[str, Any]:
    """Keras' own loop against ours, on the same data from the same weights."""
    theirs, their_state = _train(CONFIG, whole=False)
    ours, our_state = _train(CONFIG, whole=True)
    differences = [float(np.abs(a - b).max()) for a, b in zip(their_state, our_state, strict=True)]
    network = build_network(CONFIG)
    return {
        "theirs": theirs,
        "ours": ours,
        "largest_difference": max(differences),
        "refusals": [
            refusal(network, CONFIG),
            refusal(network, replace(CONFIG, optimizer="adam")),
            refusal(network, replace(CONFIG, loss="focal")),
            refusal(_of_noise(), CONFIG),
        ],
    }


def _of_noise() -> keras.Model:
    """A network with a layer that no architecture has."""
    pixels = keras.Input((48, 48, 1))
    noisy = keras.layers.GaussianNoise(1.0)(pixels)
    outputs = keras.layers.Dense(7, activation="softmax", name=OUTPUT)(keras.layers.Flatten()(noisy))
    return keras.Model(pixels, outputs)


class _AfterAnEpoch(StopRequest):
    """Wishes the end as soon as an epoch is on record."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__(run_dir)
        self._run_dir = run_dir

    @property
    def asked(self) -> bool:
        return bool(read_epochs(self._run_dir))


def run() -> dict[str, Any]:
    """A run folder as on a machine with a GPU: stopped, gone on with, and its network asked quickly."""
    for module in (fit_module, network_module):
        vars(module)["has_accelerator"] = lambda: True
    config = replace(CONFIG, ferplus_weight=0.0, ferplus_softening=0.0)
    with tempfile.TemporaryDirectory() as folder:
        run_dir = Path(folder)
        finished, epochs = [], []
        for stop in (_AfterAnEpoch(run_dir), StopRequest(run_dir)):
            reporter = RunReporter(run_dir, epochs=config.epochs, epoch=checkpoint_epoch(run_dir))
            run = PreparedRun(RunRequest(config, None), run_dir, DATASET, resolve_precision(config.precision))
            finished.append(fit(run, reporter=reporter, stop=stop))
            epochs.append(checkpoint_epoch(run_dir))
        best = best_epoch(run_dir)[0]
    network = build_network(config)
    pixels = np.random.default_rng(1).integers(0, 256, (5, 48, 48, 1)).astype(np.float32)
    difference = float(np.abs(quick_predictor(network)(pixels) - network(pixels).detach().numpy()).max())
    return {"finished": finished, "epochs": epochs, "best": best, "quick_difference": difference}


if __name__ == "__main__":
    parts = {"layers": compare_layers, "training": compare_training, "run": run}
    print(json.dumps(parts[sys.argv[1]]()))
