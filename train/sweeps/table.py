"""The tables of a sweep: a row for each run as it ends, and a row for each setting over its seeds or folds."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fer_core.whole_files import write_whole
from train.architectures import describe
from train.runs.run import TrainingRun
from train.sweeps.results import SettingResult, TrialResult

TABLE: Final = "table.md"
SETTINGS_CSV: Final = "settings.csv"
RUNS_CSV: Final = "runs.csv"
RUN_HEADER: Final = (
    "architecture",
    "accuracy",
    "95 % interval",
    "without duplicates",
    "macro-F1",
    "parameters",
    "MFLOPs",
    "ms per face",
    "s per epoch (quickest)",
    "best epoch",
)
RUN_RULE: Final = "|" + " --- |" * len(RUN_HEADER)
"""Below the head, in Markdown."""
_FOLD_REMARK: Final = (
    "The folds' training images overlap, so their figures are not independent: the true interval is somewhat wider."
)
_EARLY_REMARK: Final = (
    "Some runs were stopped early because others did better after as many epochs. Means leave them out, so they are "
    "rather too high there, and have no interval."
)


def run_row(name: str, run: TrainingRun) -> list[str]:
    """One network's figures, below RUN_HEADER; without a report, why there is none. Imports Keras, to count."""
    report = run.report()
    if report is None:
        best = max((epoch.validation_accuracy for epoch in run.epochs()), default=None)
        status = run.status()
        words = status.error or status.state
        told = words if best is None else f"{words}, {best:.1%} in training"
        return [name, told, *[""] * (len(RUN_HEADER) - 2)]
    figures, info = report["validation"], describe(name)
    low, high = figures["interval_95"]
    fresh = figures["accuracy_without_duplicates"]
    return [
        name,
        f"{figures['accuracy']:.1%}",
        f"{low:.1%} to {high:.1%}",
        "–" if fresh is None else f"{fresh:.1%}",
        f"{figures['macro_f1']:.3f}",
        f"{info.parameters:,}",
        f"{info.mflops:.0f}",
        f"{report['model']['ms_per_face']:.2f}",
        f"{min(epoch.seconds for epoch in run.epochs()):.0f}",  # what else the machine did is in the slower ones
        str(report["best_epoch"]),
    ]


def table_line(cells: Sequence[str]) -> str:
    """One line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join([table_line(head), "|" + " --- |" * len(head), *map(table_line, rows)])


def settings_table(settings: Sequence[SettingResult]) -> str:
    """A row for each setting in Markdown, with what the figures mean below."""
    over = next((setting.over for setting in settings if setting.over), "runs")
    head = ("setting", over, "mean accuracy", f"95 % interval over {over}", "each run", "epochs", "stopped early")
    rows = [_setting_row(setting) for setting in settings]
    measured = "the exported models" if any(s.is_exported for s in settings) else "the best epochs during training"
    remarks = [f"Accuracy on validation of {measured}. Intervals by Student's t."]
    if any(setting.interval_95 is None and setting.figures for setting in settings):
        remarks.append(f"There is no interval for a single one, or where some of the {over} are missing.")
    if over == "folds":
        remarks.append(_FOLD_REMARK)
    if any(result.stopped_early for setting in settings for result in setting.results):
        remarks.append(_EARLY_REMARK)
    return _markdown(head, rows) + "\n\n" + " ".join(remarks)


def _setting_row(setting: SettingResult) -> list[str]:
    count = f"{len(setting.figures)} of {setting.planned}" if len(setting.figures) < setting.planned else None
    early = sum(result.stopped_early for result in setting.results)
    return [
        setting.setting,
        count or str(setting.planned),
        "–" if setting.mean is None else f"{setting.mean:.1%}",
        "–" if setting.interval_95 is None else "{:.1%} to {:.1%}".format(*setting.interval_95),
        "; ".join(_run_words(result, setting) for result in setting.results),
        "; ".join(str(result.epochs) for result in setting.results),
        str(early) if early else "none",
    ]


def _run_words(result: TrialResult, setting: SettingResult) -> str:
    trial = result.trial
    names = [f"fold {trial.fold}"] if trial.fold is not None else []
    names += [f"seed {trial.seed}"] if trial.seed is not None else []
    accuracy = result.exported if setting.is_exported else result.best
    figure = "–" if accuracy is None else f"{accuracy:.1%}"
    state = "" if result.is_finished else f" ({result.words})"
    return f"{', '.join(names)}: {figure}{state}" if names else figure + state


def write_tables(settings: Sequence[SettingResult], folder: Path) -> None:
    """Write table.md, settings.csv and runs.csv into a sweep's folder."""
    write_whole(folder / TABLE, settings_table(settings) + "\n")
    write_whole(folder / SETTINGS_CSV, _csv(_settings_rows(settings)))
    write_whole(folder / RUNS_CSV, _csv(_runs_rows(settings)))


def _settings_rows(settings: Sequence[SettingResult]) -> list[list[object]]:
    rows: list[list[object]] = [
        ["setting", "over", "count", "planned", "mean", "low_95", "high_95", "accuracies", "epochs", "stopped_early"]
    ]
    for setting in settings:
        low, high = setting.interval_95 or ("", "")
        rows.append(
            [
                setting.setting,
                setting.over,
                len(setting.figures),
                setting.planned,
                "" if setting.mean is None else setting.mean,
                low,
                high,
                " ".join(f"{figure:.6g}" for figure in setting.figures),
                " ".join(str(result.epochs) for result in setting.results),
                sum(result.stopped_early for result in setting.results),
            ]
        )
    return rows


def _runs_rows(settings: Sequence[SettingResult]) -> list[list[object]]:
    varied = list(dict.fromkeys(name for s in settings for r in s.results for name, _ in r.trial.values))
    head = ["run", "architecture", *varied, "seed", "fold", "state", "epochs", "accuracy_in_training"]
    rows: list[list[object]] = [[*head, "accuracy_exported", "stopped_early", "error"]]
    for setting in settings:
        for result in setting.results:
            trial, values = result.trial, dict(result.trial.values)
            known = (trial.seed, trial.fold, result.state, result.epochs, result.best, result.exported)
            chosen = [values.get(name, "") for name in varied]
            cells = ["" if value is None else value for value in known]
            rows.append([trial.name, trial.architecture, *chosen, *cells, int(result.stopped_early), result.error])
    return rows


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
