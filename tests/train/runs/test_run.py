"""Training runs as real processes: started, watched, stopped, killed, resumed, queued."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import REPOSITORY
from tests.helpers.faces import wait_until
from tests.helpers.synthetic import drawn_dataset, write_archive
from train.errors import ConfigError
from train.networks.checkpoints import checkpoint_epoch
from train.runs.files import (
    BEST,
    CHECKPOINT,
    LOG,
    PREVIOUS,
    PROGRESS,
    STATUS,
    STOP,
    EpochMetrics,
    RunStatus,
    append_epoch,
    process_start,
    read_epochs,
    read_log,
    read_status,
    write_status,
)
from train.runs.locks import SILENCE_S, only_process_in
from train.runs.request import RunRequest, read_request
from train.runs.run import TrainingRun, list_runs, read_run
from train.settings.training import TrainingConfig

pytestmark = pytest.mark.timeout(900)  # runs give way to all else on the machine

CONFIG = TrainingConfig(architecture="baseline_cnn", epochs=500, batch_size=32, precision="float32")
METRICS = EpochMetrics(1, 1.0, 0.5, 1.1, 0.4, 0.1, 2.0, 100.0)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive") / "drawn.csv", drawn_dataset())


def wait_for(condition: Callable[[], bool]) -> None:
    wait_until(condition, timeout_s=600, every_s=0.05)


@pytest.fixture
def runs(tmp_path):
    """The folder of runs; what a failed test left running is ended."""
    root = tmp_path / "runs"
    yield root
    for run in list_runs(root):
        run.kill()


def start(root: Path, archive: Path, **changes: Any) -> TrainingRun:
    return TrainingRun.start(root, archive, replace(CONFIG, **changes), export=False)


def test_a_killed_run_has_failed_says_so_and_resumes_where_it_was(runs, archive):
    run = start(runs, archive)
    wait_for(lambda: run.status().epoch >= 2)
    status = run.status()
    assert status.state == "running"
    assert (status.epochs, status.batches) == (500, 2)
    assert status.images_per_second > 0
    assert run.confusion() is not None
    run.kill()
    wait_for(lambda: run.status().state == "failed")
    assert "killed or crashed" in run.status().error
    assert "Resume to continue after epoch" in run.status().error
    done = checkpoint_epoch(run.dir)
    assert 0 <= len(run.epochs()) - done <= 1

    run.resume()
    assert run.status().state in ("queued", "running")
    with pytest.raises(ConfigError, match="only a stopped or failed run"):
        run.resume()
    wait_for(lambda: run.status().epoch > done + 1)
    run.stop()
    wait_for(lambda: run.status().state not in ("running", "stopping"))
    assert run.status().state == "stopped"
    assert [metrics.epoch for metrics in run.epochs()] == list(range(1, checkpoint_epoch(run.dir) + 1))
    assert not (run.dir / STOP).exists()


def test_a_run_goes_on_when_the_server_that_started_it_is_killed(runs, archive):
    code = (
        "import sys, time; from pathlib import Path; from tests.train.runs.test_run import start\n"
        "start(Path(sys.argv[1]), Path(sys.argv[2])); print('started', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(runs), str(archive)]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    server = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    assert server.stdout.readline() == "started\n"
    server.kill()
    server.wait()

    (run,) = list_runs(runs)
    wait_for(lambda: run.status().epoch >= 1)
    assert run.status().state == "running"
    assert run.status().started_s > 0
    run.stop()
    wait_for(lambda: run.status().state == "stopped")


def test_runs_of_one_folder_take_turns_in_their_order(runs, archive):
    first = start(runs, archive)
    wait_for(lambda: first.status().state == "running")
    second = start(runs, archive)
    third = start(runs, archive, epochs=1)
    assert len({first.dir, second.dir, third.dir}) == 3
    wait_for(lambda: all(run.status().stage == "waiting for its turn" for run in (second, third)))
    assert [run.dir for run in list_runs(runs)] == [third.dir, second.dir, first.dir]
    with pytest.raises(ConfigError, match=r"is queued\. Stop it first"):
        third.delete()

    second.stop()
    wait_for(lambda: second.status().state == "stopped")
    assert second.status().epoch == 0
    first.kill()  # the system gives its lock back
    wait_for(lambda: third.status().state == "finished")
    assert len(third.epochs()) == 1
    third.delete()
    assert not third.dir.exists()


def fit_command(run_dir: Path, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "train", "fit", "--output", str(run_dir), *map(str, arguments)]


def settings(epochs: int) -> tuple[object, ...]:
    return ("--architecture", "baseline_cnn", "--batch-size", 32, "--precision", "float32", "--epochs", epochs)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_training_after_the_batch_and_keeps_the_best(tmp_path, archive, number):
    run_dir = tmp_path / "run"
    command = fit_command(run_dir, "--archive", archive, "--no-export", *settings(500))
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    wait_for(lambda: len(read_epochs(run_dir)) >= 1)
    process.send_signal(number)
    output, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    assert read_run(run_dir).state == "stopped"
    assert (run_dir / BEST).is_file()
    assert output.splitlines()[-1] == "stopped"
    assert "epoch   1  loss" in output  # plain lines, for this is no terminal


def test_a_full_disk_is_a_failure_with_its_reason(tmp_path, archive):
    run_dir = tmp_path / "run"
    # A limit on the size of files stands for the full disk: the checkpoint of 15 MB does not fit.
    command = [
        "bash",
        "-c",
        'ulimit -f 4000; exec "$@"',
        "-",
        *fit_command(run_dir, "--archive", archive, *settings(3)),
    ]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode != 0
    status = read_run(run_dir)
    assert status.state == "failed"
    assert "could not be read or written" in status.error
    assert status.error in read_log(run_dir)
    assert not (run_dir / f"new.{CHECKPOINT}").exists()


def test_a_run_that_cannot_begin_says_why(runs, tmp_path):
    run = start(runs, tmp_path / "nothing.csv")
    wait_for(lambda: run.status().state == "failed")
    assert "nothing.csv" in run.status().error
    assert run.can_resume


def test_a_folder_is_never_trained_in_twice(tmp_path, archive):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    with only_process_in(run_dir):
        done = subprocess.run(
            fit_command(run_dir, "--archive", archive), cwd=REPOSITORY, capture_output=True, text=True
        )
    assert done.returncode == 2
    assert "Another process is training in" in done.stderr
    assert not (run_dir / STATUS).exists()


def test_a_folder_of_another_run_is_left_as_it_is(tmp_path, archive):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    RunRequest(CONFIG, archive, archive.name).write(run_dir)
    write_status(run_dir, RunStatus("finished", epoch=500, epochs=500))
    command = fit_command(run_dir, "--archive", archive, "--epochs", 3)
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 2
    assert "other settings" in done.stderr
    assert read_run(run_dir).state == "finished"


# What follows needs no process: folders as killed or earlier writers leave them.


def test_half_written_files_are_read_as_far_as_they_go(tmp_path):
    append_epoch(tmp_path, METRICS)
    with (tmp_path / PROGRESS).open("a") as stream:
        stream.write('{"epoch": 2, "loss": 0.9, "accu')
    (tmp_path / STATUS).write_text('{"state": "runn')
    assert read_epochs(tmp_path) == [METRICS]
    assert read_status(tmp_path) is None
    assert TrainingRun(tmp_path).confusion() is None
    assert TrainingRun(tmp_path).report() is None


def test_a_line_after_half_a_line_is_found_and_the_last_of_an_epoch_counts(tmp_path):
    append_epoch(tmp_path, METRICS)
    append_epoch(tmp_path, replace(METRICS, epoch=2))
    append_epoch(tmp_path, replace(METRICS, epoch=2, loss=0.5))
    assert [(metrics.epoch, metrics.loss) for metrics in read_epochs(tmp_path)] == [(1, 1.0), (2, 0.5)]


def test_a_reused_pid_is_not_taken_for_the_run(tmp_path):
    ours = RunStatus("running", pid=os.getpid(), process_started=process_start(os.getpid()))
    write_status(tmp_path, ours)
    assert read_run(tmp_path).state == "running"
    write_status(tmp_path, replace(ours, process_started=ours.process_started - 1))
    assert read_run(tmp_path).state == "failed"


@pytest.mark.parametrize("left", [CHECKPOINT, PREVIOUS])
def test_a_run_killed_while_it_put_a_new_checkpoint_in_place_can_be_resumed(tmp_path, left):
    dead = RunStatus("running", pid=os.getpid(), process_started=process_start(os.getpid()) - 1, epoch=3)
    write_status(tmp_path, dead)
    assert "Start it again" in read_run(tmp_path).error

    (tmp_path / left).write_bytes(b"weights")

    assert "Resume to continue after epoch 3" in read_run(tmp_path).error


def test_a_zombie_is_dead():
    process = subprocess.Popen([sys.executable, "-c", ""])
    wait_for(lambda: process_start(process.pid) == 0.0)
    assert process.wait() == 0, "until then nobody had asked how it ended"


def test_a_process_that_never_spoke_has_failed_after_a_while(tmp_path):
    write_status(tmp_path, RunStatus("queued"))
    assert read_run(tmp_path).state == "queued"
    values = json.loads((tmp_path / STATUS).read_text())
    for updated_at in (time.time() - SILENCE_S - 1, time.time() + 3600):  # the clock may have been set back since
        (tmp_path / STATUS).write_text(json.dumps(values | {"updated_at": updated_at}))
        assert read_run(tmp_path).state == "failed"
        assert "did not start" in read_run(tmp_path).error


def test_a_wish_to_stop_shows_at_once(tmp_path):
    write_status(tmp_path, RunStatus("running", pid=os.getpid(), process_started=process_start(os.getpid())))
    TrainingRun(tmp_path).stop()
    assert TrainingRun(tmp_path).status().state == "stopping"


def test_a_folder_of_the_first_version_reads_as_stopped(tmp_path):
    training = {"architecture": "compact_se", "epochs": 60}
    (tmp_path / "config.json").write_text(json.dumps({"training": training, "archive": {"name": "a", "sha256": "b"}}))
    append_epoch(tmp_path, METRICS)
    assert (read_run(tmp_path).state, read_run(tmp_path).epoch) == ("stopped", 1)
    request = read_request(tmp_path)
    assert request is not None
    assert (request.training.epochs, request.archive, request.archive_sha256) == (60, None, "b")


def test_only_run_folders_are_deleted(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(ConfigError, match="no run folder"):
        TrainingRun(tmp_path).delete()
    assert (tmp_path / "holiday.jpg").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", ".hidden", ""])
def test_a_name_is_a_plain_folder_name(tmp_path, name):
    with pytest.raises(ConfigError, match="plain folder name"):
        TrainingRun.start(tmp_path / "runs", tmp_path / "a.csv", CONFIG, name=name)


def test_a_name_that_is_taken_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match="exists already"):
        TrainingRun.start(tmp_path, tmp_path / "a.csv", CONFIG, name="mine")


def test_the_log_is_read_from_its_end(tmp_path):
    (tmp_path / LOG).write_text("".join(f"line {i}\n" for i in range(1000)))
    assert read_log(tmp_path, lines=2) == "line 998\nline 999"
    assert read_log(tmp_path / "nowhere") == ""


def test_the_log_leaves_out_what_tensorflow_says_at_each_start(tmp_path):
    (tmp_path / LOG).write_text(
        "reading the archive\n"
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
        "E0000 00:00:1795295070.052216   17493 cuda_platform.cc:52] failed call to cuInit\n"
        "E0000 00:00:1795295070.052216   17493 allocator.cc:7] out of memory\n"
    )
    assert read_log(tmp_path).splitlines() == [
        "reading the archive",
        "E0000 00:00:1795295070.052216   17493 allocator.cc:7] out of memory",
    ]
