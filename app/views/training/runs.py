"""The runs there are: choose one, act on it, watch it, read its report."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

import streamlit as st

from app import html_tables, state
from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training.answers import read_run_report
from app.training.measured import beside_live, measurements
from app.views.shared import frame, promotion
from app.views.training import progress as training_progress
from app.views.training import report as training_report
from app.views.training import result_files as training_result_files
from app.views.training import run_settings as training_run_settings
from fer_core.errors import FerError
from fer_core.expressions.model_list import StoredModel, live_card, stored_models
from train.evaluation.types import RunReport
from train.runs.files import ACTIVE, FINAL, REPORT, RunStatus
from train.runs.run import TrainingRun

RUN_KEY = "run"
COLOURS: Final[Mapping[str, Literal["gray", "blue", "orange", "green", "red"]]] = {
    "queued": "gray",
    "running": "blue",
    "stopping": "orange",
    "finished": "green",
    "stopped": "orange",
    "failed": "red",
}


def render(runs: list[TrainingRun]) -> None:
    """Draw the list's choice and the chosen run."""
    if not runs:
        st.info("No runs yet. Choose **New run** above to train your first network.")
        return
    memory = state.training_memory()
    states = {run.title: run.status() for run in runs}
    run = _choose(runs, memory)
    status = states[run.title]
    if len(runs) > 1:
        with st.expander(f"All runs ({len(runs)})"):
            st.html(_all_runs(runs, states, chosen=run))
    st.header(sentence(run.title), anchor=False)
    if status.state == "failed":
        words = sentence(status.error) or "The run failed without a message. The log may say more."
        st.error(words, icon=":material/error:")
    if status.state in FINAL:
        _outcome(run, status)
    report = _report(run, status)
    _buttons(run, status, report, memory)
    if report is not None:
        training_report.render(report, run)
        st.header("Training", anchor=False)
    training_run_settings.render(run)
    watch = st.fragment(training_progress.render, run_every=1.0 if status.state in ACTIVE else None)
    watch(run, status.state)
    if any(other.state in ACTIVE for other in states.values()):
        _notice_changes(runs, {name: other.state for name, other in states.items()})


def _choose(runs: list[TrainingRun], memory: TrainingMemory) -> TrainingRun:
    by_name = {run.title: run for run in runs}
    if memory.run in by_name:
        st.session_state[RUN_KEY] = memory.run
    memory.run = ""
    # In the address too, so that a reloaded page shows the same run.
    name: str = st.selectbox(
        "Run",
        list(by_name),
        key=RUN_KEY,
        bind="query-params",
        help="One run trains at a time; the others wait.",
    )
    return by_name.get(name, runs[0])


def _outcome(run: TrainingRun, status: RunStatus) -> None:
    """Say in a sentence how good the model is, beside the live one."""
    epochs = f"{status.epoch} of {status.epochs or '?'} epochs. " if status.state != "finished" else ""
    model = _model_of(run)
    if model is None or model.card is None:
        if epochs:
            st.markdown(epochs)
        return
    verdict = beside_live(model.card, live_card())
    icon = {True: ":material/trending_up:", False: ":material/trending_down:", None: ":material/info:"}
    st.markdown(f"{icon[verdict.is_better]} {epochs}{sentence(verdict.words)}")
    if verdict.is_better is None and measurements(model.card):
        st.caption("The Models page tests both on the same images (Compare).")


def _buttons(run: TrainingRun, status: RunStatus, report: RunReport | None, memory: TrainingMemory) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(status.state.capitalize(), color=COLOURS[status.state])
        if status.state in ("queued", "running") and st.button(
            "Stop",
            icon=":material/stop:",
            help="Ends after the current step. The best model so far is exported and measured, and the run can be "
            "resumed.",
        ):
            user = current.require(Right.TRAIN)
            run.stop()
            audit.note(AuditEvent.RUN_STOPPED, user=user, what="run")
            st.rerun()
        if run.can_resume and st.button(
            "Resume", icon=":material/play_arrow:", help="Continues after the last whole epoch."
        ):
            _try(run.resume, memory, AuditEvent.RUN_RESUMED)
        if status.state in FINAL:
            _use_button(run, memory)
            training_result_files.menu(run, report)
            with st.popover("Delete", icon=":material/delete:"):
                st.write(
                    "Delete this run with its log, checkpoint and model? It cannot be undone. A copy that is live or "
                    "kept stays."
                )
                if frame.danger_button("Delete the run", key="train_run_delete"):
                    _try(run.delete, memory, AuditEvent.DELETED)


def _use_button(run: TrainingRun, memory: TrainingMemory) -> None:
    model = _model_of(run)
    if model is None:
        return
    if model.is_live:
        st.badge("Live now", icon=":material/videocam:", color="green")
    elif model.card is not None:
        promotion.button(model, memory, key="train_use")


def _model_of(run: TrainingRun) -> StoredModel | None:
    """The model that the run exported; None before it has."""
    if not run.model_dir.is_dir():
        return None
    return next((model for model in stored_models([run.model_dir]) if model.folder == run.model_dir), None)


def _try(act: Callable[[], object], memory: TrainingMemory, event: AuditEvent) -> None:
    user = current.require(Right.TRAIN)
    try:
        act()
        audit.note(event, user=user, what="run")
    except FerError as error:
        memory.problem = str(error)
    except OSError as error:
        memory.problem = f"This failed: {error}. Check the disk and try again."
    st.rerun()


def _report(run: TrainingRun, status: RunStatus) -> RunReport | None:
    """What report.json says; None where there is none or it is damaged, which it says."""
    if status.state not in FINAL:
        return None
    values = run.report()
    report = read_run_report(values) if values is not None else None
    if report is not None:
        return report
    if (run.dir / REPORT).exists():
        st.warning("report.json of this run is damaged. Measure its model again with: python -m train evaluate.")
    elif status.state == "finished":
        st.warning("This run has no report.")
    return None


def _all_runs(runs: list[TrainingRun], states: dict[str, RunStatus], *, chosen: TrainingRun) -> str:
    rows = []
    for run in runs:
        status = states[run.title]
        asked = time.strftime("%d %b %H:%M", time.localtime(status.queued_at)) if status.queued_at else ""
        rows.append(
            (
                f"{run.title}\n{asked}",
                status.state,
                f"{status.epoch} of {status.epochs or '?'}",
                _accuracy(run, status),
                training_run_settings.data_set_of(run) or "–",
            )
        )
    head = ("Run", "State", "Epochs", "Validation accuracy", "Data")
    return html_tables.text_table(head, rows, numbers=(2, 3), chosen=runs.index(chosen), lines=16)


def _accuracy(run: TrainingRun, status: RunStatus) -> str:
    """Of the exported model where it is measured, else the best epoch's, which is named as such."""
    model = _model_of(run) if status.state in FINAL else None
    measured = measurements(model.card) if model and model.card else ()
    if measured:
        return exact_percent(measured[0].accuracy)
    best = max((epoch.validation_accuracy for epoch in run.epochs()), default=None)
    return "–" if best is None else f"{exact_percent(best)}\nin training"


@st.fragment(run_every=2.0)
def _notice_changes(runs: list[TrainingRun], known: dict[str, str]) -> None:
    """Draw the whole page anew when any run's state has changed."""
    if any(run.status().state != known[run.title] for run in runs):
        st.rerun()
