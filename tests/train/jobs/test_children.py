"""Child processes of a sweep: a request to stop reaches them, and nothing of theirs is lost."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import REPOSITORY
from tests.helpers.faces import wait_until
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.jobs.children import run_train, stop_children_first
from train.networks.checkpoints import checkpoint_epoch
from train.runs.run import TrainingRun


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_sweep_that_is_ended_ends_its_child_first_and_goes_on_with_it_later(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "drawn.csv", drawn_dataset())
    command = [
        sys.executable,
        "-m",
        "train",
        "sweep",
        "--archive",
        str(archive),
        "--output",
        str(tmp_path / "runs"),
        "--epochs",
        "500",
        "--architectures",
        "baseline_cnn",
        "--",
        "--no-export",
        "--nice",
        "0",
    ]
    run = TrainingRun(tmp_path / "runs" / "baseline_cnn")
    for _ in range(2):
        past = checkpoint_epoch(run.dir)
        process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
        wait_until(lambda past=past: len(run.epochs()) > past, timeout_s=240)  # type: ignore[misc]
        process.send_signal(signal.SIGTERM)
        _, words = process.communicate(timeout=240)
        assert process.returncode == 128 + signal.SIGTERM
        assert words.splitlines()[-1] == "Stopped. Run the same command again to continue."
        assert run.status().state == "stopped"
        assert checkpoint_epoch(run.dir) > past


def test_without_a_wish_a_child_runs_to_its_end_and_signals_are_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_children_first():
        run_train(["--help"])
    assert "usage: python -m train" in capfd.readouterr().out
    assert signal.getsignal(signal.SIGTERM) is before
