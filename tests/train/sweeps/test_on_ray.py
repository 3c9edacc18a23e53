"""A sweep on a real cluster of two workers: the same runs as without Ray, lost processes made up for, a polite end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.helpers import REPOSITORY
from tests.helpers.faces import wait_until
from tests.helpers.ray_folder import make_ray_folder
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.runs.files import BEST, CHECKPOINT, STOP, STOPPED_EARLY, read_status
from train.runs.run import TrainingRun
from train.sweeps.plan import SweepPlan, product
from train.sweeps.results import result_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is an extra: requirements-scale.txt"),
]

EPOCHS = 16


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_archive(tmp_path_factory.mktemp("archive") / "drawn.csv", drawn_dataset())


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster of two machines, as far as Ray can tell, of one core each."""
    ray_folder = tmp_path_factory.mktemp("r")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_agent_register_timeout_ms", "120000")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # loopback alone
        patch.setenv("PYTHONPATH", str(REPOSITORY))
        from ray._private import ray_constants
        from ray.cluster_utils import Cluster

        patch.setattr(ray_constants, "ENABLE_RAY_CLUSTER", False)  # where Ray was imported before

        make_ray_folder()
        node = {"num_cpus": 1, "object_store_memory": 100 << 20}
        head = {**node, "include_dashboard": False, "temp_dir": str(ray_folder)}
        cluster = started(lambda: Cluster(initialize_head=True, head_node_args=head))
        try:
            started(lambda: cluster.add_node(**node))
            yield cluster.address
        finally:
            cluster.shutdown()


def started(start: Callable[[], Any]) -> Any:
    """What `start` gives; Ray gives up after half a minute, which a busy machine may need."""
    for left in reversed(range(8)):
        try:
            return start()
        except Exception:
            if not left:
                raise
    return None


def command(archive: Path, output: Path, *words: str) -> list[str]:
    start = [sys.executable, "-m", "train", "sweep", "--archive", str(archive), "--output", str(output)]
    settings = ["--no-export", "--nice", "0", "--batch-size", "32", "--precision", "float32"]
    return [*start, "--architectures", "baseline_cnn", "--cores-per-trial", "1", *words, "--", *settings]


def run_of(output: Path, seed: int) -> TrainingRun:
    return TrainingRun(output / f"baseline_cnn-seed={seed}")


def training_process(run: TrainingRun) -> int:
    """The pid of a run's process, of the last one where it has ended."""
    status = read_status(run.dir)
    assert status is not None
    return status.pid


def test_lost_processes_are_made_up_for_and_the_runs_are_those_of_one_machine(
    tmp_path: Path, archive: Path, address: str
) -> None:
    alone, together = tmp_path / "alone", tmp_path / "together"
    asked = ("--seeds", "1", "2", "--epochs", str(EPOCHS))
    process = subprocess.Popen(
        command(archive, together, "--ray", address, *asked), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    lost = SimpleNamespace(run=run_of(together, 1), watched=run_of(together, 2))
    # A training process is killed, and of the other run the one that watches it: each as soon as it is under way.
    pids: dict[str, int] = {}
    while len(pids) < 2:
        if "run" not in pids and len(lost.run.epochs()) >= 2:
            pids["run"] = training_process(lost.run)
            os.kill(pids["run"], signal.SIGKILL)
        if "watched" not in pids and len(lost.watched.epochs()) >= 2:
            pids["watched"] = training_process(lost.watched)
            worker = psutil.Process(pids["watched"]).parent()
            assert worker is not None
            worker.kill()
        assert process.poll() is None
        time.sleep(0.005)
    told, _ = process.communicate(timeout=600)

    assert process.returncode == 0
    assert [run.status().state for run in (lost.run, lost.watched)] == ["finished", "finished"]
    assert len(lost.run.epochs()) == EPOCHS
    assert training_process(lost.run) != pids["run"], "it was begun again"
    assert training_process(lost.watched) == pids["watched"], "it went on while nobody watched, and was found again"
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
    assert said.splitlines()[-1] == "Stopped. Run the same command again to continue."
    assert run.status().state == "stopped"
    assert not (run.dir / STOPPED_EARLY).exists()
    assert not (tmp_path / STOP).exists()
    assert not (tmp_path / ".tune").exists()


def test_a_run_that_tune_gives_up_ends_politely_and_the_worker_goes_on_with_the_next(
    tmp_path: Path, archive: Path
) -> None:
    from train.sweeps.ray_trial import EPOCH, RunTrial

    settings = ("--no-export", "--nice", "0", "--batch-size", "32", "--precision", "float32")
    plan = SweepPlan(archive.name, "", 500, settings, trials=product(["baseline_cnn"], [1, 2, 3], {}))
    plan.write(tmp_path)

    def config(seed: int, *, is_kept: bool = False) -> dict[str, Any]:
        name = f"baseline_cnn-seed={seed}"
        run = {"folder": str(tmp_path), "archive": str(archive), "environment": {}, "trial": name, "is_kept": is_kept}
        return {"run": run}

    worker = object.__new__(RunTrial)  # without Tune's own folders
    worker.setup(config(1))
    assert [worker.step()[EPOCH] for _ in range(2)] == [1, 2]
    assert worker.reset_config(config(1, is_kept=True)) is True

    run = run_of(tmp_path, 1)
    done = len(run.epochs())
    assert run.status().state == "stopped"
    assert result_of(plan.trials[0], tmp_path).stopped_early
    assert (run.dir / CHECKPOINT).is_file()
    assert (run.dir / BEST).is_file()
    told = [worker.step() for _ in range(done)]
    assert [result[EPOCH] for result in told] == list(range(1, done + 1)), "it only says what it knows"
    assert [result["done"] for result in told] == [False] * (done - 1) + [True]

    worker.reset_config(config(2))
    assert worker.step()[EPOCH] == 1
    (tmp_path / STOP).touch()  # the sweep is asked to end
    while not worker.step()["done"]:
        pass
    worker.reset_config(config(3))
    assert worker.step() == {EPOCH: 0, "validation_accuracy": 0.0, "done": True}, "nothing new begins"
    worker.cleanup()
    assert run_of(tmp_path, 2).status().state == "stopped"
    assert not result_of(plan.trials[1], tmp_path).stopped_early


def test_a_cluster_that_is_not_there_or_too_small_is_told_in_a_sentence(
    tmp_path: Path, archive: Path, address: str
) -> None:
    for where, cores, words in (
        ("127.0.0.1:9", 1, "no cluster answers there"),
        ("nowhere", 1, "expected auto, local, or the host and port of a cluster"),
        (address, 64, "Ask for less with --cores-per-trial"),
    ):
        asked = command(archive, tmp_path, "--ray", where, "--seeds", "1", "--epochs", "1")
        asked[asked.index("--cores-per-trial") + 1] = str(cores)
        found = subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, timeout=300, check=False)
        assert found.returncode == 2
        assert words in found.stderr


def test_whoever_watches_imports_no_tensorflow() -> None:
    code = (
        "import sys, train.sweeps.sweep, train.sweeps.ray_trial, train.sweeps.from_flags\n"
        "print(sorted({'tensorflow', 'keras'} & {name.split('.')[0] for name in sys.modules}))"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
