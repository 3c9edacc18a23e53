"""A trial as Ray Tune runs it: an actor that watches one run after the other, and reports their epochs.

Loaded in Ray's worker processes. TensorFlow is imported in the runs' own processes alone.
"""

import time
from pathlib import Path
from typing import Any, Final

from ray import tune

from train.runs.files import STOP, STOPPED_EARLY, EpochMetrics
from train.runs.run import TrainingRun
from train.sweeps.plan import read_plan
from train.sweeps.trial import POLL_S, TrialDied, TrialProcess, arguments_of

EPOCH: Final = "epoch"
FIGURE: Final = "validation_accuracy"


class RunTrial(tune.Trainable):
    """Trains one run after the other; a step is one epoch.

    Its config's "run" names the sweep's "folder", the "trial", the "archive", the "environment" of the training
    process, and whether the run "is_kept" as it is: then its epochs are only reported.
    """

    def setup(self, config: dict[str, Any]) -> None:
        """Begin the first run, or go on with what its folder holds."""
        self._begin(config["run"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """End the run and begin the next one: a worker takes many seconds to start, so it is used again."""
        self._end()
        self._begin(new_config["run"])
        return True

    def step(self) -> dict[str, Any]:
        """Wait for the next epoch. The last one is reported with the run's end, once it is exported.

        Raises:
            TrialDied: the training process is gone.
        """
        while True:
            if self._process is not None and (self._folder / STOP).exists():
                self._process.ask_to_stop()
            is_over = self._process is None or self._process.is_over
            new = [epoch for epoch in self._run.epochs() if epoch.epoch > self._reported]
            if is_over and self._process is not None and self._process.died:
                raise TrialDied(f"the training process of {self._run.dir.name} is gone")
            if new and (is_over or new[0].epoch < self._planned):
                return self._report(new[0], done=is_over and len(new) == 1)
            if is_over:
                return self._report(self._last, done=True)
            time.sleep(POLL_S)

    def cleanup(self) -> None:
        """End the run, which Tune does not want any more."""
        self._end()

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: a run's checkpoint is in its own folder."""

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """Nothing: a run goes on from its own folder."""

    def _begin(self, config: dict[str, Any]) -> None:
        self._folder = Path(config["folder"])
        plan = read_plan(self._folder)
        if plan is None:
            raise FileNotFoundError(f"{self._folder} holds no sweep: every worker must see it under this path")
        trial = next(trial for trial in plan.trials if trial.name == config["trial"])
        self._run = TrainingRun(self._folder / trial.name)
        self._planned, self._reported = plan.epochs, 0
        self._last: EpochMetrics | None = None
        self._process: TrialProcess | None = None
        is_kept = config["is_kept"] or self._run.status().state == "finished"
        if not is_kept and not (self._folder / STOP).exists():
            arguments = arguments_of(plan, trial, self._folder, Path(config["archive"]))
            self._process = TrialProcess(self._run, arguments, config["environment"])

    def _report(self, epoch: EpochMetrics | None, *, done: bool) -> dict[str, Any]:
        if epoch is None:  # it ended before its first epoch
            return {EPOCH: 0, FIGURE: 0.0, "done": True}
        self._reported, self._last = epoch.epoch, epoch
        return {EPOCH: epoch.epoch, FIGURE: epoch.validation_accuracy, "done": done}

    def _end(self) -> None:
        if self._process is None:
            return
        if not self._process.is_over:
            is_early = not (self._folder / STOP).exists()
            self._process.ask_to_stop()
            self._process.wait()
            if is_early and self._run.status().state == "stopped":
                (self._run.dir / STOPPED_EARLY).touch()
        self._process = None
