"""A sweep on a real cluster of two workers: the same runs as without Ray, lost processes made up for, a polite end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from tests.helpers import REPOSITORY
from tests.helpers.faces import wait_until
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.runs.files import STOP, STOPPED_EARLY, read_status
from train.runs.run import TrainingRun

# Not imported yet: Ray reads its variables when it is.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: requirements-scale.txt"),
]

EPOCHS = 40


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("archive") / "drawn.csv", drawn_dataset())


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of two machines, as far as Ray can tell, of one core each."""
    ray_folder = tmp_path_factory.mktemp("r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # loopback alone
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 100 << 20}
        head = {**node, "include_dashboard": False, "temp_dir": str(ray_folder)}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            cluster.add_node(**node)
            yield cluster.address
        finally:
            cluster.shutdown()


def command(archive: Path, output: Path, *words: str) -> list[str]:
    start = [sys.executable, "-m", "train", "sweep", "--archive", str(archive), "--output", str(output)]
    settings = ["--no-export", "--nice", "0", "--batch-size", "32", "--precision", "float32"]
    return [*start, "--architectures", "baseline_cnn", "--cores-per-trial", "1", *words, "--", *settings]


def run_of(output: Path, seed: int) -> TrainingRun:
    return TrainingRun(output / f"baseline_cnn-seed={seed}")


def test_lost_processes_are_made_up_for_and_the_runs_are_those_of_one_machine(
    tmp_path: Path, archive: Path, address: str
) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    asked = ("--seeds", "1", "2", "--epochs", str(EPOCHS))
    process = subprocess.Popen(
        command(archive, together, "--ray", address, *asked), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    lost = SimpleNamespace(run=run_of(together, 1), watched=run_of(together, 2))
    wait_until(lambda: min(len(lost.run.epochs()), len(lost.watched.epochs())) >= 3, timeout_s=400)
    of_run, of_watched = read_status(lost.run.dir), read_status(lost.watched.dir)
    assert of_run is not None
    assert of_watched is not None
    worker = psutil.Process(of_watched.pid).parent()
    assert worker is not None
    os.kill(of_run.pid, signal.SIGKILL)  # a training process
    worker.kill()  # and the one that watches the other
    told, _ = process.communicate(timeout=600)

    assert process.returncode == 0
    assert [run.status().state for run in (lost.run, lost.watched)] == ["finished", "finished"]
    assert len(lost.run.epochs()) == EPOCHS
    last = read_status(lost.run.dir)
    assert last is not None
    assert last.pid != of_run.pid, "it was begun again"
    still = read_status(lost.watched.dir)
    assert still is not None
    assert still.pid == of_watched.pid, "it went on while nobody watched, and was found again"
    assert told.count("it goes on after its last whole epoch") == 2
    assert "| baseline_cnn | 2 |" in told
    assert "| baseline_cnn | 2 |" in (together / "table.md").read_text()

    subprocess.run(command(archive, alone, "--seeds", "1", "--epochs", str(EPOCHS)), cwd=REPOSITORY, check=True)
    for ours, theirs in zip(lost.run.epochs(), run_of(alone, 1).epochs(), strict=True):
        # But for the order in which threads add.
        assert ours.loss == pytest.approx(theirs.loss, rel=1e-3)
        assert ours.validation_accuracy == pytest.approx(theirs.validation_accuracy, abs=2 / 28)


def test_a_sweep_that_is_ended_ends_its_runs_politely_and_goes_on_later(
    tmp_path: Path, archive: Path, address: str
) -> None:
    words = command(archive, tmp_path, "--ray", address, "--seeds", "1", "--epochs", "500")
    process = subprocess.Popen(words, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    run = run_of(tmp_path, 1)
    wait_until(lambda: len(run.epochs()) >= 2, timeout_s=300)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=300)

    assert process.returncode == 128 + signal.SIGTERM
    assert said.splitlines()[-1] == "Stopped. Call the same command again to go on."
    assert run.status().state == "stopped"
    assert not (run.dir / STOPPED_EARLY).exists()
    assert not (tmp_path / STOP).exists()
    assert not (tmp_path / ".tune").exists()


def test_whoever_watches_imports_no_tensorflow() -> None:
    code = (
        "import sys, train.sweeps.sweep, train.sweeps.ray_trial, train.sweeps.from_flags\n"
        "print(sorted({'tensorflow', 'keras'} & {name.split('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
