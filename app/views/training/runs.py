"""The runs there are: choose one, act on it, watch it, read its report."""

import time
from collections.abc import Callable, Mapping
from typing import Final, Literal

import streamlit as st

from app import html_tables, state
from app.access import audit, current
from app.access.audit import AuditEvent, model_words
from app.access.types import Right
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training.answers import read_run_report
from app.views.training import progress as training_progress
from app.views.training import report as training_report
from app.views.training import run_settings as training_run_settings
from fer_core.errors import FerError
from fer_core.expressions import model_store
from fer_core.expressions.model_list import stored_models
from train.runs.files import ACTIVE, FINAL, RunStatus
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
        st.info("There are no runs yet. Choose **New run** above, and an archive to learn from.")
        return
    memory = state.training_memory()
    overview = st.empty()
    states = {run.dir.name: run.status() for run in runs}
    run = _choose(runs, memory)
    status = states[run.dir.name]
    if len(runs) > 1:
        overview.html(_all_runs(runs, states, chosen=run))
    _buttons(run, status, memory)
    if status.state == "failed":
        st.error(
            sentence(status.error) or "The run failed without a word; the log may say more.", icon=":material/error:"
        )
    training_run_settings.render(run)
    watch = st.fragment(training_progress.render, run_every=1.0 if status.state in ACTIVE else None)
    watch(run, status.state)
    if status.state in FINAL:
        _result(run, status)
    if any(other.state in ACTIVE for other in states.values()):
        _notice_changes(runs, {name: other.state for name, other in states.items()})


def _choose(runs: list[TrainingRun], memory: TrainingMemory) -> TrainingRun:
    by_name = {run.dir.name: run for run in runs}
    if memory.run in by_name:
        st.session_state[RUN_KEY] = memory.run
    memory.run = ""
    # In the address too, so that a reloaded page shows the same run.
    name: str = st.selectbox(
        "Run",
        list(by_name),
        key=RUN_KEY,
        bind="query-params",
        help="One run trains at a time; others wait for their turn.",
    )
    return by_name.get(name, runs[0])


def _buttons(run: TrainingRun, status: RunStatus, memory: TrainingMemory) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(status.state.capitalize(), color=COLOURS[status.state])
        if status.state in ("queued", "running") and st.button(
            "Stop",
            icon=":material/stop:",
            help="Ends after the present step. The best model so far is kept, exported "
            "and reported, and the run can be resumed.",
        ):
            user = current.require(Right.TRAIN)
            run.stop()
            audit.note(AuditEvent.RUN_STOPPED, user=user, what="run")
            st.rerun()
        if run.can_resume and st.button(
            "Resume", icon=":material/play_arrow:", help="Goes on after the last whole epoch, with the same data order."
        ):
            _try(run.resume, memory, AuditEvent.RUN_RESUMED)
        if status.state in FINAL and run.model_dir.is_dir():
            _use_button(run, memory)
        if status.state in FINAL:
            with st.popover("Delete", icon=":material/delete:"):
                st.write("Delete this run with its log, checkpoint and model? A copy that is live stays live.")
                if st.button("Delete for good"):
                    _try(run.delete, memory, AuditEvent.DELETED)


def _use_button(run: TrainingRun, memory: TrainingMemory) -> None:
    if any(model.is_live for model in stored_models([run.model_dir]) if model.folder == run.model_dir):
        st.badge("Live now", icon=":material/videocam:", color="green")
        return
    if not current.may(Right.PROMOTE):
        return
    if st.button(
        "Use this model",
        type="primary",
        icon=":material/videocam:",
        help="Puts a checked copy of it live. The Models page compares, and rolls back.",
    ):
        user = current.require(Right.PROMOTE)
        try:
            card = model_store.promote(run.model_dir)
            audit.note(AuditEvent.PROMOTED, user=user, what=model_words(card))
        except FerError as error:
            memory.problem = str(error)
        else:
            memory.done = f"{sentence(card.name)} is live now. The live page uses it within seconds."
        st.rerun()


def _try(act: Callable[[], object], memory: TrainingMemory, event: AuditEvent) -> None:
    user = current.require(Right.TRAIN)
    try:
        act()
        audit.note(event, user=user, what="run")
    except FerError as error:
        memory.problem = str(error)
    except OSError as error:
        memory.problem = f"That could not be done: {error}. Check the disk and try again."
    st.rerun()


def _result(run: TrainingRun, status: RunStatus) -> None:
    values = run.report()
    if values is None:
        if (run.dir / "report.json").exists():
            st.warning("report.json of this run is damaged. Measure its model again with: python -m train evaluate.")
        elif status.state == "finished":
            st.warning("This run has no report.")
        return
    report = read_run_report(values)
    if report is None:
        st.warning("report.json of this run is incomplete. Measure its model again with: python -m train evaluate.")
        return
    training_report.render(report, run)


def _all_runs(runs: list[TrainingRun], states: dict[str, RunStatus], *, chosen: TrainingRun) -> str:
    rows = []
    for run in runs:
        status = states[run.dir.name]
        best = max((epoch.validation_accuracy for epoch in run.epochs()), default=None)
        asked = time.strftime("%d %b %H:%M", time.localtime(status.queued_at)) if status.queued_at else ""
        rows.append(
            (
                f"{run.dir.name}\n{asked}",
                status.state,
                f"{status.epoch} of {status.epochs or '?'}",
                f"{exact_percent(best)}\n{training_run_settings.data_set_of(run)}",
            )
        )
    head = ("", "State", "Epochs", "Best validation, in training")
    return html_tables.text_table(head, rows, numbers=(2, 3), chosen=runs.index(chosen), lines=8)


@st.fragment(run_every=2.0)
def _notice_changes(runs: list[TrainingRun], known: dict[str, str]) -> None:
    """Draw the whole page anew when any run's state has changed."""
    if any(run.status().state != known[run.dir.name] for run in runs):
        st.rerun()
