"""Run folders and model folders of the version before (commit 1ded222, November 2026) are listed, read and resumed."""

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from fer_core.expressions.model import list_models, load_model
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.synthetic import drawn_dataset
from train.dataset.ancestry import ancestry
from train.fitting.fit import fit
from train.fitting.optimizer import build_optimizer
from train.fitting.prepared import PreparedRun
from train.networks.build import build_network, load_saved
from train.networks.checkpoints import best_epoch, checkpoint_epoch
from train.runs.files import EpochMetrics
from train.runs.reporter import RunReporter
from train.runs.request import Input, RunRequest, read_request, resolve_start
from train.runs.run import TrainingRun, list_runs
from train.runs.stopping import StopRequest
from train.settings.training import TrainingConfig

CONFIG = """{
 "training": {
  "architecture": "baseline_cnn", "normalization": "symmetric", "dropout": 0.4, "init_from": "", "freeze_epochs": 0,
  "start_share": 0.0, "epochs": 2, "batch_size": 32, "optimizer": "sgd", "learning_rate": 0.0, "schedule": "cosine",
  "plateau_patience": 5, "warmup_epochs": 2.0, "weight_decay": 0.0005, "clip_norm": 5.0, "ema_momentum": 0.998,
  "loss": "categorical_crossentropy", "focal_gamma": 2.0, "label_smoothing": 0.1, "class_weights": "none",
  "effective_beta": 0.999, "ferplus_weight": 0.0, "ferplus_softening": 0.0, "distillation_weight": 0.7,
  "distillation_temperature": 2.0, "early_stopping": 0, "precision": "float32", "answer": "mirrored", "seed": 1,
  "augment": {
   "flip": 0.5, "vertical_flip": 0.0, "rotation_deg": 15.0, "scale": 0.15, "shift": 0.12, "crop": 0.0,
   "brightness": 0.15, "contrast": 0.25, "gamma": 0.25, "erasing": 0.5, "erasing_area": [0.02, 0.2], "noise": 0.0,
   "blur": 0.0, "mixup": 0.0, "mixup_alpha": 0.3
  }
 },
 "archive": {"name": "drawn.csv", "sha256": "3c9909afec25354d551dae21590bb26e38d53f2173b8d3dc3eee4c047e7ab1c1", "path": "/gone/drawn.csv"},
 "cleaning": ["drop_leaks"], "report_test": false, "export": true, "ferplus": null, "drop_not_faces": false,
 "teachers": [], "teacher_views": null
}
"""  # noqa: E501 - the file as it was
STATUS = """{
 "state": "stopped", "stage": "", "pid": 4258, "process_started": 654415.0, "epoch": 1, "epochs": 2, "batch": 1,
 "batches": 2, "images_per_second": 33.19979035825471, "queued_at": 1795907579.644826,
 "started_at": 1795907579.645329, "updated_at": 1795907763.7334278, "error": "", "notes": []
}
"""
PROGRESS = (
    '{"epoch": 1, "loss": 3.948784828186035, "accuracy": 0.109375, "validation_loss": 2.126487503412968, '
    '"validation_accuracy": 0.14285714285714285, "learning_rate": 0.012500000186264515, '
    '"seconds": 49.865674873999524, "images_per_second": 1.28344798624936}\n'
)
EPOCH = EpochMetrics(
    epoch=1,
    loss=3.948784828186035,
    accuracy=0.109375,
    validation_loss=2.126487503412968,
    validation_accuracy=1 / 7,
    learning_rate=0.012500000186264515,
    seconds=49.865674873999524,
    images_per_second=1.28344798624936,
)
"""The line of PROGRESS; that version did not write `steady_seconds`."""


@pytest.fixture
def run_dir(tmp_path):
    folder: Path = tmp_path / "runs" / "2026-11-27-204303-baseline_cnn"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(CONFIG)
    (folder / "status.json").write_text(STATUS)
    (folder / "progress.jsonl").write_text(PROGRESS)
    (folder / "confusion.json").write_text(json.dumps({"epoch": 1, "counts": np.eye(7, dtype=int).tolist()}, indent=1))
    (folder / "log.txt").write_text("2026-11-27 20:43:05  stopped\n")
    return folder


def write_weights(run_dir: Path, config: TrainingConfig) -> None:
    """network.json and both weights files as that version wrote them after the first epoch, of two batches."""
    model = build_network(config)
    structure = json.dumps(json.loads(model.to_json()), indent=1) + "\n"
    (run_dir / "network.json").write_text(structure, encoding="utf-8")
    model.compile(optimizer=build_optimizer(config, steps_per_epoch=2, epochs=2))
    model.optimizer.build(model.trainable_variables)
    model.optimizer.iterations.assign(2)
    for name in ("checkpoint.weights.h5", "best.weights.h5"):
        model.save_weights(run_dir / name)
        with h5py.File(run_dir / name, "a") as file:
            file.attrs["fer_epoch"], file.attrs["fer_validation_accuracy"] = 1, 1 / 7


def test_a_run_of_before_is_listed_and_read(run_dir):
    (run,) = list_runs(run_dir.parent)
    assert run == TrainingRun(run_dir)
    status = run.status()
    assert (status.state, status.epoch, status.epochs, status.notes) == ("stopped", 1, 2, ())
    assert run.epochs() == [EPOCH]
    assert run.confusion() == np.eye(7, dtype=int).tolist()
    assert run.log() == "2026-11-27 20:43:05  stopped"
    assert run.report() is None
    assert run.can_resume
    run.delete()
    assert list_runs(run_dir.parent) == []


def test_its_settings_are_those_that_were_asked_for(run_dir):
    request = read_request(run_dir)
    assert request is not None
    training = TrainingConfig(architecture="baseline_cnn", epochs=2, batch_size=32, precision="float32")
    assert request == RunRequest(
        training, Path("/gone/drawn.csv"), "drawn.csv", request.archive_sha256, cleaning=("drop_leaks",)
    )
    request.check_same(request, run_dir)
    assert ancestry(request, run_dir) == []


def test_it_is_resumed_after_its_last_epoch(run_dir):
    request = read_request(run_dir)
    assert request is not None
    write_weights(run_dir, request.training)
    assert (checkpoint_epoch(run_dir), best_epoch(run_dir)) == (1, (1, 1 / 7))

    reporter = RunReporter(run_dir, epochs=2, epoch=1)
    run = PreparedRun(request, run_dir, drawn_dataset(), "float32")
    assert fit(run, reporter=reporter, stop=StopRequest(run_dir)) is True

    first, second = TrainingRun(run_dir).epochs()
    assert (first, second.epoch) == (EPOCH, 2)
    assert checkpoint_epoch(run_dir) == 2


def test_a_model_of_before_is_listed_loaded_and_can_be_a_start(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    folder = tmp_path / "models" / "mine"
    shutil.copytree(SHIPPED_MODELS / "default", folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    written = ("source", "sha256", "rows", "cleaned", "class_priors")
    card["dataset"] = {name: card["dataset"][name] for name in written}
    for later in ("accuracy_in_training", "source", "archive_sha256"):
        card["metrics"]["validation"].pop(later, None)
    (folder / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")

    assert "mine" in list_models()
    assert load_model(folder).card.dataset["cleaned"] == ["drop_not_faces"]
    assert load_saved(folder).count_params() == card["parameters"]
    training = resolve_start(TrainingConfig(init_from=str(folder)))
    assert training.architecture == card["architecture"]
    learnt = ancestry(RunRequest(training, None, teachers=(Input.of_network(folder),)), tmp_path)
    assert [item["source"] for item in learnt] == ["fer2013.csv"]
