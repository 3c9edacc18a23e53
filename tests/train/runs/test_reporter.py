"""Speed is measured from the second step on, for the first may compile the network."""

import time
from pathlib import Path

import pytest

from train.fitting.callbacks import BatchWatcher
from train.runs import reporter as module
from train.runs.files import EpochMetrics, read_log, read_status
from train.runs.reporter import RunReporter
from train.runs.stopping import StopRequest


class Clock:
    """Stands where `time.monotonic` does; a test moves it on."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)
    return clock


@pytest.fixture
def reporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunReporter:
    monkeypatch.setattr(module, "HEARTBEAT_S", 0.0)
    return RunReporter(tmp_path, epochs=3, epoch=0)


def test_the_first_step_does_not_count(clock: Clock, reporter: RunReporter, tmp_path: Path) -> None:
    reporter.begin_epoch(batches=4)
    clock.now_s += 0.5
    reporter.batch(1, images=100)
    assert reporter.status.images_per_second == 0
    clock.now_s += 0.02
    reporter.batch(2, images=200)
    status = read_status(tmp_path)
    assert status is not None
    assert status.batch == 2
    assert status.images_per_second == pytest.approx(5_000)


def test_an_epochs_speed_is_that_of_its_steady_part(reporter: RunReporter) -> None:
    metrics = EpochMetrics(1, 2.0, 0.2, 1.9, 0.3, 0.1, seconds=100.0, images_per_second=10.0, steady_seconds=20.0)
    reporter.end_epoch(metrics)
    assert reporter.status.images_per_second == pytest.approx(50)


def test_the_watcher_knows_what_the_first_step_took_too_long(
    clock: Clock, reporter: RunReporter, tmp_path: Path
) -> None:
    watcher = BatchWatcher(reporter, StopRequest(tmp_path), images=64)
    watcher.set_params({"steps": 3})
    watcher.set_model(type("Model", (), {"stop_training": False})())
    watcher.on_epoch_begin(0)
    clock.now_s += 0.4
    watcher.on_train_batch_end(0)
    assert watcher.start_up_s is None
    for batch in (1, 2):
        clock.now_s += 0.01
        watcher.on_train_batch_end(batch)
    assert watcher.start_up_s == pytest.approx(0.39)
    watcher.on_epoch_begin(1)
    watcher.on_train_batch_end(0)
    assert watcher.start_up_s == 0


def test_nothing_is_written_after_the_last_state_as_its_folder_may_be_deleted_then(
    reporter: RunReporter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs: list[str] = []
    monkeypatch.setattr(module, "write_status", lambda folder, status: logs.append(read_log(tmp_path)))

    reporter.finish("finished")

    assert logs == [read_log(tmp_path)]
    assert logs[0].endswith("finished")
