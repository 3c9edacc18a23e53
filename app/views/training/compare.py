"""Several runs beside each other: their curves, their settings with what came of them, and a table."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import streamlit as st

from app import html_tables
from app.charts import runs as run_charts
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.training.compared_runs import MOST, ComparedRun, differing, read_compared
from app.views.training.dataset_report import PLOT_CONFIG
from train.errors import ConfigError
from train.runs.run import TrainingRun
from train.sweeps.plan import read_plan
from train.sweeps.results import SettingResult, by_setting, results_of

SWEEP_KEY: Final = "compared_sweep"
RUNS_KEY: Final = "compared_runs"
ALL: Final = "All runs"
_MOST_AXES: Final = 5
_MOST_LINES: Final = 16
_FIRST: Final = 4
"""Of all runs, so many of the newest are compared at first."""


def render(runs: list[TrainingRun]) -> None:
    """Draw the choice and the comparison."""
    if len(runs) < 2:
        st.info("There are fewer than two runs. Train another one to compare them.")
        return
    sweeps = {run.sweep: run.dir.parent for run in runs if run.sweep}
    chosen = _choose(runs, sweeps)
    if len(chosen) < 2:
        st.caption(f"Choose two to {MOST} runs.")
        return
    compared = [read_compared(run) for run in chosen]
    labels = differing(compared)
    _curves(compared)
    _coordinates(compared, labels)
    _table(compared, labels)
    sweep = chosen[0].sweep
    if sweep and all(run.sweep == sweep for run in chosen):
        _settings(sweeps[sweep])


def _choose(runs: list[TrainingRun], sweeps: Mapping[str, Path]) -> list[TrainingRun]:
    group = ALL
    if sweeps:
        group = st.selectbox(
            "Sweep",
            [*sweeps, ALL],
            key=SWEEP_KEY,
            persist_state="session",
            help="Runs that `python -m train sweep` trained together.",
        )
    own = {run.title: run for run in runs if group in (ALL, run.sweep)}
    first = list(own)[:_FIRST] if group == ALL else sorted(own)[:MOST]
    titles = st.multiselect(
        "Runs",
        list(own),
        first,
        key=f"{RUNS_KEY}_{group}",
        max_selections=MOST,
        persist_state="session",
        format_func=lambda title: title.removeprefix(f"{group}/"),
        help=f"Up to {MOST}.",
    )
    return [own[title] for title in titles if title in own]


def _curves(runs: Sequence[ComparedRun]) -> None:
    st.header("Accuracy by epoch", anchor=False, help="On the validation faces, in one pass during training.")
    if not any(run.epochs for run in runs):
        st.caption("The curves begin when the first epoch has ended.")
        return
    st.plotly_chart(run_charts.curves(runs), key="compared_curves", config=PLOT_CONFIG)
    st.caption("The numbers are those of the table below.")


def _coordinates(runs: Sequence[ComparedRun], labels: Sequence[str]) -> None:
    measured = [run for run in runs if run.best is not None and run.settings]
    if len(measured) < 2 or not labels:
        return
    st.header(
        "Settings and accuracy",
        anchor=False,
        help="Each line is a run, drawn as above; the last axis is its best accuracy in training.",
    )
    st.plotly_chart(run_charts.coordinates(runs, labels[:_MOST_AXES]), key="compared_settings", config=PLOT_CONFIG)
    if len(labels) > _MOST_AXES:
        st.caption(f"The first {_MOST_AXES} of {len(labels)} settings that differ; the table has all.")


def _table(runs: Sequence[ComparedRun], labels: Sequence[str]) -> None:
    head = ("Run", *labels, "Epochs done", "In training", "Exported", "State")
    rows = [
        (
            f"{number} · {run.title.rpartition('/')[2]}",
            *(_shown(run.settings.get(label, "–")) for label in labels),
            str(len(run.epochs)),
            exact_percent(run.best),
            exact_percent(run.exported),
            run.state,
        )
        for number, run in enumerate(runs, start=1)
    ]
    numbers = range(len(labels) + 1, len(labels) + 4)
    st.html(html_tables.text_table(head, rows, numbers=tuple(numbers)))
    st.caption("Validation accuracy: the best epoch in training, and the exported model as it runs.")


def _settings(folder: Path) -> None:
    """The sweep's own table: means over seeds or folds."""
    try:
        plan = read_plan(folder)
    except ConfigError as error:
        st.caption(f"The plan of this sweep cannot be read. {sentence(str(error))}")
        return
    if plan is None or not plan.has_table:
        return
    settings = by_setting(results_of(plan, folder))
    over = next((setting.over for setting in settings if setting.over), "runs")
    st.header(f"Means over {over}", anchor=False)
    head = ("Setting", over.capitalize(), "Mean accuracy", "95 % interval", "Stopped early")
    rows = [_setting_row(setting) for setting in settings]
    st.html(
        html_tables.text_table(head, rows, numbers=(1, 2, 3, 4), lines=_MOST_LINES if len(rows) > _MOST_LINES else None)
    )
    measured = "exported models" if any(setting.is_exported for setting in settings) else "best epochs in training"
    st.caption(
        f"All runs of the sweep; validation accuracy of the {measured}.",
        help="By Student's t. There is no interval for a single run, nor where some runs are missing or were stopped "
        "early: those are the ones that did worst.",
    )


def _setting_row(setting: SettingResult) -> tuple[str, ...]:
    done, early = len(setting.figures), sum(result.stopped_early for result in setting.results)
    interval = setting.interval_95
    return (
        setting.setting,
        str(done) if done == setting.planned else f"{done} of {setting.planned}",
        exact_percent(setting.mean),
        "–" if interval is None else f"{exact_percent(interval[0])} to {exact_percent(interval[1])}",
        str(early) if early else "–",
    )


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
