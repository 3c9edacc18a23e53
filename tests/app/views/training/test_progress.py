"""The time that is left follows from steady epochs and steps; compiling is no part of it."""

from dataclasses import replace

import pytest

from app.views.training.progress import phase, remaining_s
from train.runs.files import EpochMetrics, RunStatus

RUNNING = RunStatus("running", epoch=0, epochs=10, batch=0, batches=20)
EPOCH = EpochMetrics(1, 2.0, 0.2, 1.9, 0.3, 0.1, seconds=300.0, images_per_second=9.0)


def epoch(number: int, seconds: float, steady: float | None) -> EpochMetrics:
    return replace(EPOCH, epoch=number, seconds=seconds, steady_seconds=steady)


def left(*epochs: EpochMetrics, batch: int = 0, speed: float = 0.0) -> float | None:
    status = replace(RUNNING, epoch=len(epochs), batch=batch, images_per_second=speed)
    return remaining_s(status, list(epochs), batch_size=32)


def test_the_first_epochs_compiling_is_left_out():
    assert left(epoch(1, 300, 30.0)) == pytest.approx(9 * 30)
    assert left(epoch(1, 300, 30.0), epoch(2, 34, 34.0)) == pytest.approx(8 * 32)


def test_so_is_a_resumed_runs():
    known = [epoch(n, 30, 30.0) for n in (1, 2)]
    assert left(*known, epoch(3, 300, 30.0)) == pytest.approx(7 * 30)


def test_an_epoch_of_which_only_the_whole_length_is_known_does_not_count():
    assert left(epoch(1, 300, 0.0)) is None
    assert left(epoch(1, 300, 0.0), epoch(2, 30, 30.0)) == pytest.approx(8 * 30)


def test_earlier_versions_compiled_in_their_first_epoch():
    assert left(epoch(1, 300, None)) is None
    assert left(epoch(1, 300, None), epoch(2, 30, None)) == pytest.approx(8 * 30)


def test_within_the_first_epoch_steps_tell_once_there_are_steady_ones():
    assert left(batch=1) is None
    assert left(batch=10, speed=64.0) == pytest.approx(9.5 * 20 * 32 / 64)


def test_what_is_no_epoch_has_no_time_left():
    assert remaining_s(replace(RUNNING, state="queued", batches=0), [], batch_size=32) is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (replace(RUNNING, state="queued", batches=0, stage="waiting for its turn"), "Waiting: another run is training"),
        (replace(RUNNING, batches=0, stage="reading the archive"), "Preparing: reading the archive"),
        (RUNNING, "Compiling the network, once"),
        (replace(RUNNING, batch=3), "Epoch 1 of 10"),
        (replace(RUNNING, epoch=4, images_per_second=900.0), "Epoch 5 of 10"),
        (replace(RUNNING, state="stopping", batch=3), "Stopping after this step"),
        (replace(RUNNING, epoch=10, stage="training"), "Finishing: exporting and measuring the best epoch"),
        (
            replace(RUNNING, epoch=4, stage="exporting the best epoch"),
            "Finishing: exporting and measuring the best epoch",
        ),
    ],
)
def test_each_phase_has_its_words(status: RunStatus, words: str) -> None:
    assert phase(status) == words
