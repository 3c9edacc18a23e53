"""What came of a sweep: the figures of each run, and their mean and interval by setting. No deep-learning library."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_core.quantiles import student_quantile
from train.runs.files import ACTIVE, STOPPED_EARLY, RunState
from train.runs.run import TrainingRun
from train.sweeps.plan import SweepPlan, Trial


@dataclass(frozen=True)
class TrialResult:
    """Where one run of a sweep stands.

    Attributes:
        trial: what it is.
        state: of its run; None before it has begun.
        epochs: whole epochs done.
        best: the best epoch's accuracy on validation during training, 0-1; None before the first.
        exported: the accuracy of the exported model, 0-1; None where there is no report.
        stopped_early: whether the sweep ended it because others did better after as many epochs.
        error: why it failed, one sentence; else empty.
    """

    trial: Trial
    state: RunState | None
    epochs: int
    best: float | None
    exported: float | None
    stopped_early: bool
    error: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether it came to its end by itself."""
        return self.state == "finished" and self.best is not None

    @property
    def is_kept(self) -> bool:
        """Whether a continued sweep leaves it as it is."""
        return self.is_finished or self.stopped_early

    @property
    def words(self) -> str:
        """How it stands: "finished", "stopped early", "failed"."""
        return "stopped early" if self.stopped_early else self.state or "not begun"


@dataclass(frozen=True)
class SettingResult:
    """The runs that differ by seed or fold alone.

    Attributes:
        setting: the network and the varied settings, in words.
        results: of its runs.
        over: what the mean goes over: "seeds", "folds", or empty for a single run.
        planned: how many seeds or folds there are.
        figures: the accuracy of each seed or fold that has finished, 0-1; of a fold its mean over seeds.
        is_exported: whether they are of the exported models, else of the best epochs during training.
    """

    setting: str
    results: tuple[TrialResult, ...]
    over: str
    planned: int
    figures: tuple[float, ...]
    is_exported: bool

    @property
    def mean(self) -> float | None:
        """Of the figures; None without any."""
        return statistics.fmean(self.figures) if self.figures else None

    @property
    def interval_95(self) -> tuple[float, float] | None:
        """Student's interval of the mean; None for fewer than two figures, or where some are missing.

        Runs that were stopped early are those that did worst: an interval of the rest would say nothing.
        """
        if len(self.figures) < max(2, self.planned):
            return None
        return student_interval(self.figures)


def student_interval(figures: Sequence[float]) -> tuple[float, float]:
    """The 95 % interval of a mean by Student's t, within 0 to 1; of two figures or more."""
    mean, count = statistics.fmean(figures), len(figures)
    half = student_quantile(0.975, count - 1) * statistics.stdev(figures) / math.sqrt(count)
    return max(0.0, mean - half), min(1.0, mean + half)


def result_of(trial: Trial, folder: Path) -> TrialResult:
    """Read one run of the sweep in `folder`."""
    run = TrainingRun(folder / trial.name)
    if not run.dir.is_dir():
        return TrialResult(trial, None, 0, None, None, stopped_early=False)
    status, epochs = run.status(), run.epochs()
    stopped_early = status.state == "stopped" and (run.dir / STOPPED_EARLY).exists()
    best = max((epoch.validation_accuracy for epoch in epochs), default=None)
    return TrialResult(trial, status.state, len(epochs), best, _exported(run), stopped_early, status.error)


def _exported(run: TrainingRun) -> float | None:
    report: dict[str, Any] = run.report() or {}
    accuracy = report.get("validation", {}).get("accuracy")
    return float(accuracy) if isinstance(accuracy, int | float) else None


def results_of(plan: SweepPlan, folder: Path) -> tuple[TrialResult, ...]:
    """Read every run of a sweep."""
    return tuple(result_of(trial, folder) for trial in plan.trials)


def by_setting(results: Sequence[TrialResult]) -> tuple[SettingResult, ...]:
    """Group runs by their setting, in the order in which settings first appear.

    Accuracies are those of the exported models where every finished run has one, else those of training: a table never
    mixes both.
    """
    finished = [result for result in results if result.is_finished]
    is_exported = bool(finished) and all(result.exported is not None for result in finished)
    groups: dict[str, list[TrialResult]] = {}
    for result in results:
        groups.setdefault(result.trial.setting, []).append(result)
    return tuple(_setting_result(setting, own, is_exported=is_exported) for setting, own in groups.items())


def _setting_result(setting: str, results: list[TrialResult], *, is_exported: bool) -> SettingResult:
    has_folds = any(result.trial.fold is not None for result in results)
    has_seeds = any(result.trial.seed is not None for result in results)
    over = "folds" if has_folds else "seeds" if has_seeds else ""
    parts: dict[int | None, list[TrialResult]] = {}
    for result in results:
        parts.setdefault(result.trial.fold if has_folds else result.trial.seed, []).append(result)
    figures = [
        statistics.fmean(_accuracy(result, is_exported=is_exported) for result in own)
        for own in parts.values()
        if all(result.is_finished for result in own)
    ]
    return SettingResult(setting, tuple(results), over, len(parts), tuple(figures), is_exported)


def _accuracy(result: TrialResult, *, is_exported: bool) -> float:
    found = result.exported if is_exported else result.best
    return 0.0 if found is None else found


def progress_words(plan: SweepPlan, name: str, folder: Path, *, done: int) -> str:
    """One line about a trial that has ended: "3 of 12  baseline_cnn-seed=1: finished, 25 epochs, 62.3 %"."""
    result = result_of(next(trial for trial in plan.trials if trial.name == name), folder)
    accuracy = result.best if result.exported is None else result.exported
    figure = "" if accuracy is None else f", {accuracy:.1%}"
    error = f". {result.error}" if result.error else ""
    # Tune tells of a trial that it gives up before its run has ended.
    state = "behind others, stopping early" if result.state in ACTIVE else result.words
    return f"{done} of {len(plan.trials)}  {name}: {state}, {result.epochs} epochs{figure}{error}"
