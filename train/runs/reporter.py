"""What a training process says of itself: status.json and log.txt for watchers, bar or lines for a terminal."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from train.runs.files import LOG, EpochMetrics, RunState, RunStatus, process_start, read_status, write_status

HEARTBEAT_S: Final = 0.5


class RunReporter:
    """Writes a run's status, at most twice a second within an epoch, and tells the terminal the same.

    In a terminal epochs have a progress bar; otherwise there is one plain line per epoch.
    """

    def __init__(self, run_dir: Path, *, epochs: int, epoch: int) -> None:
        before = read_status(run_dir)
        self._run_dir = run_dir
        self._bar: Any = None
        self._beat_at = 0.0
        self._first_batch: tuple[float, int] | None = None
        self._status = RunStatus(
            "queued",
            pid=os.getpid(),
            process_started=process_start(os.getpid()),
            epoch=epoch,
            epochs=epochs,
            queued_at=before.queued_at if before and before.state == "queued" else time.time(),
        )
        write_status(run_dir, self._status)

    @property
    def status(self) -> RunStatus:
        """What was last reported."""
        return self._status

    def stage(self, words: str, *, state: RunState | None = None) -> None:
        """Say what is done now, and the state if it changes."""
        starts = state == "running" and not self._status.started_at
        started = {"started_at": time.time(), "started_s": time.monotonic()} if starts else {}
        self._write(stage=words, state=state or self._status.state, **started)
        self.log(words)

    def note(self, words: str) -> None:
        """Keep a remark that people should see beside the result."""
        self._write(notes=(*self._status.notes, words))
        self.log(words)

    def log(self, words: str) -> None:
        """One line in log.txt and in the terminal."""
        with (self._run_dir / LOG).open("a", encoding="utf-8") as stream:
            stream.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {words}\n")
        if self._bar is not None:
            self._bar.write(words)
        else:
            print(words, flush=True)  # noqa: T201 - the one place where a run writes to the terminal

    def begin_epoch(self, *, batches: int) -> None:
        """An epoch starts."""
        self._first_batch = None
        self._write(stage="training", batch=0, batches=batches)
        if sys.stderr.isatty():
            words = f"epoch {self._status.epoch + 1}/{self._status.epochs}"
            self._bar = tqdm(total=batches, desc=words, unit="batch", leave=False, dynamic_ncols=True)

    def batch(self, done: int, *, images: int) -> None:
        """`done` batches of the epoch, with `images` images, are through."""
        if self._bar is not None:
            self._bar.update(done - self._bar.n)
        now = time.monotonic()
        # The first step may compile the network for minutes, and says nothing of those that follow.
        self._first_batch = self._first_batch or (now, images)
        if now - self._beat_at >= HEARTBEAT_S:
            self._beat_at = now
            seconds, trained = now - self._first_batch[0], images - self._first_batch[1]
            speed = {"images_per_second": trained / seconds} if trained and seconds > 0 else {}
            self._write(batch=done, **speed)

    def end_epoch(self, metrics: EpochMetrics | None) -> None:
        """An epoch is over; None when it was broken off."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if metrics is None:
            return
        steady = metrics.seconds if metrics.steady_seconds is None else metrics.steady_seconds
        speed = metrics.images_per_second * metrics.seconds / steady if steady else 0.0
        done = {"batch": self._status.batches, "images_per_second": speed}
        self._write(epoch=metrics.epoch, **done)
        self.log(
            f"epoch {metrics.epoch:3d}  loss {metrics.loss:.3f}  accuracy {metrics.accuracy:.3f}  "
            f"validation {metrics.validation_accuracy:.4f} ({metrics.validation_loss:.3f})  {metrics.seconds:.0f} s"
        )

    def finish(self, state: RunState, *, error: str = "") -> None:
        """The last word: "finished", "stopped" or "failed"."""
        self.end_epoch(None)
        self.log(error or state)  # first: whoever sees the last state may delete the folder
        self._write(state=state, stage="", error=error)

    def _write(self, **changes: Any) -> None:
        self._status = replace(self._status, **changes)
        write_status(self._run_dir, self._status)
