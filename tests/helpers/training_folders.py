"""Run folders, answers and archives as their writers leave them, for the tests of the Train and Models pages."""

import json
import os
import shutil
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from app.training import child_jobs as training_jobs
from app.training.child_jobs import Job
from app.training.plans import PLANS
from app.training.trials import trial
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.dataset.report import report_on
from train.evaluation.evaluate import report
from train.evaluation.sheets import write_mistakes, write_samples
from train.runs import files as progress
from train.runs.files import EpochMetrics, RunState, RunStatus
from train.runs.request import RunRequest
from train.settings.training import TrainingConfig

DATASET = drawn_dataset()


def finish(job: Job, answer: Any) -> None:
    """As if the job's child had printed `answer`."""
    job.dir.mkdir(parents=True, exist_ok=True)
    (job.dir / training_jobs.ANSWER).write_text(answer if isinstance(answer, str) else json.dumps(answer))


def list_networks() -> None:
    """As if the networks had been counted."""
    names = ("baseline_cnn", "compact_se")
    finish(
        training_jobs.architecture_list(),
        [{"name": name, "parameters": 1_274_375, "mflops": 46.2, "docline": "A network."} for name in names],
    )


def time_networks() -> None:
    """As if the plans' networks had been timed: 900 images a second, 9 s of compiling."""
    names = [plan.config.architecture for plan in PLANS]
    speed = {"images_per_second": 900.0, "validation_per_second": 2800.0, "start_s": 9.0}
    finish(trial(names), [{"architecture": name} | speed for name in names])


def store_archive(name: str = "drawn.csv", *, inspected: bool = True) -> Path:
    """An upload, and by default its report with sample faces."""
    folder = training_jobs.archives_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path = write_archive(folder / f"{'0' * 16}-{name}", DATASET)
    if inspected:
        job = training_jobs.inspection(path)
        found = report_on(DATASET)
        finish(job, found.to_json())
        write_samples(job.dir / training_jobs.FACES, DATASET["train"], dict(found.samples))
    return path


def make_run(
    name: str,
    state: RunState,
    *,
    epochs: int = 2,
    planned: int = 4,
    error: str = "",
    with_report: bool = False,
    with_test: bool = True,
    notes: tuple[str, ...] = (),
) -> Path:
    """A run folder; an active one is held by the process that runs the tests."""
    run_dir = training_jobs.runs_dir() / name
    run_dir.mkdir(parents=True)
    RunRequest(TrainingConfig(epochs=planned), Path("/gone.csv"), "drawn.csv").write(run_dir)
    for epoch in range(1, epochs + 1):
        progress.append_epoch(run_dir, EpochMetrics(epoch, 2.0 / epoch, 0.2 * epoch, 1.9, 0.19 * epoch, 0.1, 30.0, 900))
    if epochs:
        progress.write_json(run_dir / progress.CONFUSION, {"counts": np.eye(7, dtype=int).tolist()})
    status = RunStatus(
        state,
        pid=os.getpid(),
        process_started=progress.process_start(os.getpid()),
        epoch=epochs,
        epochs=planned,
        batch=5 if state == "running" else 0,
        batches=10 if epochs else 0,
        images_per_second=900.0,
        queued_at=time.time(),
        started_at=time.time() - 61,
        error=error,
        notes=notes,
    )
    progress.write_status(run_dir, status)
    (run_dir / progress.LOG).write_text("a line of the log\n")
    if with_report:
        write_report(run_dir, with_test=with_test)
        shutil.copytree(SHIPPED_MODELS / "default", run_dir / progress.MODEL)
    return run_dir


def write_report(run_dir: Path, *, with_test: bool = True) -> None:
    """report.json with the sheets of mistakes, of a network that guesses."""
    splits = ("validation", "test") if with_test else ("validation",)
    values: dict[str, Any] = {
        "best_epoch": 2,
        "model": {
            "parameters": 10,
            "litert_bytes": 1_300_000,
            "litert_weights": "int8",
            "ms_per_face": 0.6,
            "temperature": 1.1,
            "unsure_below": 0.4,
            "accuracy_in_training": None,
            "accuracy_float32": None,
            "accuracy_int8": None,
            "mirror_average": None,
            "named_from": None,
        },
        "test": None,
        "no_test_because": "",
        "crowd": None,
    }
    for split in splits:
        faces = DATASET[split]
        guesses = np.random.default_rng(0).dirichlet(np.ones(7), len(faces))
        found = report(guesses, faces.labels, split=split, fresh=np.ones(len(faces), bool), temperature=1.1)
        values[split] = asdict(found)
        write_mistakes(run_dir / f"mistakes-{split}.png", faces, found.mistakes)
    progress.write_json(run_dir / progress.REPORT, values)
