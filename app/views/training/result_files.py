"""What a finished run offers to take away, in one menu: its curves, its report, its confusion matrices."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from functools import partial

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import User
from app.formatting import exact_percent
from fer_core.emotions import EMOTIONS
from train.evaluation.report_text import evaluation_text
from train.evaluation.types import EvaluationReport, RunReport
from train.runs.files import EpochMetrics
from train.runs.run import TrainingRun


def menu(run: TrainingRun, report: RunReport | None) -> None:
    """Draw the menu. Outside of anything that redraws itself: a redraw would discard a file on its way."""
    user = current.signed_in()
    with st.popover("Download", icon=":material/download:"):
        _offer("Curves (CSV)", "curves.csv", lambda: curves_csv(run.epochs()), run, user)
        if report is None:
            return
        _offer("Report (text)", "report.txt", partial(report_text, report), run, user)
        for evaluation in (report.validation, report.test):
            if evaluation is not None:
                name = f"confusion-{evaluation.split}.csv"
                make = partial(confusion_csv, evaluation)
                _offer(f"Confusion, {evaluation.split} (CSV)", name, make, run, user)


def _offer(label: str, name: str, make: Callable[[], str], run: TrainingRun, user: User) -> None:
    kind = "text/csv" if name.endswith(".csv") else "text/plain"
    st.download_button(
        label,
        partial(_made, make, user),
        f"{run.dir.name}-{name}",
        kind,
        key=f"take_{name}_{run.dir.name}",
        on_click="ignore",
        width="stretch",
    )


def _made(make: Callable[[], str], user: User) -> bytes:
    data = make().encode("utf-8")
    audit.note(AuditEvent.EXPORTED, user=user, what="run")
    return data


def curves_csv(epochs: Sequence[EpochMetrics]) -> str:
    """A line for each epoch, with the columns of `EpochMetrics`."""
    rows = [list(asdict(epoch).values()) for epoch in epochs]
    return _csv([[field.name for field in fields(EpochMetrics)], *rows])


def confusion_csv(evaluation: EvaluationReport) -> str:
    """Counts of faces: a row for each label, a column for each answer."""
    rows = [[name, *counts] for name, counts in zip(EMOTIONS, evaluation.confusion, strict=True)]
    return _csv([["label", *(f"answered {name}" for name in EMOTIONS)], *rows])


def report_text(report: RunReport) -> str:
    """The figures of each split, and what the accuracies on validation were measured on."""
    found = [evaluation for evaluation in (report.test, report.validation) if evaluation is not None]
    parts = [evaluation_text(evaluation) for evaluation in found]
    steps = [f"{exact_percent(value)}  {words}" for words, value in report.accuracies]
    return "\n\n".join([*parts, "Accuracy on validation, from training to use:", "\n".join(steps)]) + "\n"


def _csv(rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()
