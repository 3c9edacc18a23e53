"""Runs beside each other: what differs between their settings, and how far each came. Imports no Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from train.errors import ConfigError
from train.runs.files import STOPPED_EARLY, EpochMetrics
from train.runs.request import RunRequest
from train.runs.run import TrainingRun
from train.settings.augmentation import AugmentConfig
from train.settings.fields import settings_of
from train.settings.training import TrainingConfig

MOST: Final = 12
"""More lines in one chart are not told apart."""


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison.

    Attributes:
        title: of the run, after that of its sweep.
        state: of the run, or "stopped early" where its sweep ended it.
        epochs: whole epochs done.
        settings: every setting by its label, and what it learnt from; empty where its config.json is damaged.
        exported: the exported model's accuracy on validation, 0-1; None without a report.
    """

    title: str
    state: str
    epochs: tuple[EpochMetrics, ...]
    settings: dict[str, Any]
    exported: float | None

    @property
    def best(self) -> float | None:
        """The best epoch's accuracy on validation, in one pass during training, 0-1; None before the first."""
        return max((epoch.validation_accuracy for epoch in self.epochs), default=None)


def read_compared(run: TrainingRun) -> ComparedRun:
    """Read what is compared of a run."""
    try:
        request = run.request()
    except ConfigError:
        request = None
    figures: Any = (run.report() or {}).get("validation")
    accuracy = figures.get("accuracy") if isinstance(figures, dict) else None
    state: str = run.status().state
    if state == "stopped" and (run.dir / STOPPED_EARLY).exists():
        state = "stopped early"
    return ComparedRun(
        run.title,
        state,
        tuple(run.epochs()),
        _settings(request) if request else {},
        float(accuracy) if isinstance(accuracy, int | float) else None,
    )


def _settings(request: RunRequest) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for config, kind in ((request.training, TrainingConfig), (request.training.augment, AugmentConfig)):
        for item in settings_of(kind):
            value = getattr(config, item.name)
            found[item.label] = value if isinstance(value, int | float) and not item.zero_is else item.words(value)
    fixes = ", ".join(switch.replace("_", " ") for switch in request.cleaning)
    return found | {"Fixes": fixes or "none", "Fold": request.fold or "none", "Data": request.archive_name}


def differing(runs: Sequence[ComparedRun]) -> tuple[str, ...]:
    """Labels of the settings in which the runs differ, in the order of the settings."""
    labels = dict.fromkeys(label for run in runs for label in run.settings)
    known = [run.settings for run in runs if run.settings]
    return tuple(label for label in labels if len({str(settings.get(label, "none")) for settings in known}) > 1)
