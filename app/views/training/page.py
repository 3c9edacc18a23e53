"""The Train page: a new run out of an archive, and the runs there are. Training itself is a process of its own."""

import time
from pathlib import Path

import streamlit as st

from app import state
from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.files import give, own_runs
from app.access.types import Right
from app.formatting import counted
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training import child_jobs as training_jobs
from app.training.trials import about
from app.views.shared import frame, page_parts, widget_keys
from app.views.training import archive_step as training_data
from app.views.training import compare as training_compare
from app.views.training import network_step as training_network
from app.views.training import plan_step as training_plans
from app.views.training import runs as training_runs
from app.views.training import settings_step as training_settings
from app.views.training.archive_step import ChosenData
from fer_core.errors import FerError
from train.runs.files import ACTIVE
from train.runs.run import TrainingRun
from train.settings.training import TrainingConfig

NEW, RUNS, COMPARE = "New run", "Runs", "Compare"
_VIEW_KEY = "train_view"
_PRESS_HOLDS_S = 60.0


def render() -> None:
    """Draw the page."""
    frame.heading("Train", "Train a network on your own labelled faces. Training continues when you leave this page.")
    memory = state.training_memory()
    runs = own_runs(current.signed_in())
    if memory.go_to:
        widget_keys.set_value(_VIEW_KEY, memory.go_to)
        memory.go_to = ""
    key = widget_keys.key_of(_VIEW_KEY)
    if key not in st.session_state:  # a page opened anew, perhaps reloaded while a run goes on
        st.session_state[key] = RUNS if _any_active(runs) else NEW
    view = st.segmented_control(
        "Part of the page",
        [NEW, RUNS, COMPARE],
        required=True,
        key=key,
        persist_state="session",
        label_visibility="collapsed",
    )
    page_parts.show_messages(memory)
    if view == RUNS:
        training_runs.render(runs)
    elif view == COMPARE:
        training_compare.render(runs)
    else:
        _new_run(memory)


def _summary(data: ChosenData, config: TrainingConfig, seconds: float | None) -> None:
    faces = data.report.splits["train"].faces
    start = f"{config.architecture} from {Path(config.init_from).name}" if config.init_from else config.architecture
    takes = f" · {about(seconds)} on this machine" if seconds is not None else ""
    st.markdown(f"**{sentence(start)}** · {counted(config.epochs, 'epoch')} · {faces:,} training faces{takes}")


def _any_active(runs: list[TrainingRun]) -> bool:
    return any(run.status().state in ACTIVE for run in runs)


def _new_run(memory: TrainingMemory) -> None:
    st.header("1 · Data", anchor=False)
    data = training_data.render()
    if data is None:
        st.caption("Next: choose a network, then start. Both need data first.")
        return
    _network_and_start(data, memory)


def _press_start(memory: TrainingMemory) -> None:
    """Remember it: a run of the page may end before it comes to the button, as when a trial ends at that moment."""
    memory.start_pressed_s = time.monotonic()


def _is_start_pressed(memory: TrainingMemory) -> bool:
    """Not so long ago that somebody left the page, and comes back for something else."""
    return memory.start_pressed_s is not None and time.monotonic() - memory.start_pressed_s < _PRESS_HOLDS_S


@st.fragment
def _network_and_start(data: ChosenData, memory: TrainingMemory) -> None:
    st.header("2 · Network", anchor=False)
    plans = st.container()
    config = None
    with st.expander("All networks and settings"):
        network = training_network.render()
        if network is not None:
            config = training_settings.render(network)
    with plans:
        seconds = training_plans.render(config, data.report)
    st.header("3 · Start", anchor=False)
    if config is not None:
        _summary(data, config, seconds)
    report_test = "test" in data.report.splits and st.toggle(
        "Report the test split at the end",
        True,
        key="train_report_test",
        persist_state="session",
        help="Switch this off while you are still trying settings: the more often you choose by the test images, the "
        "less their figures say about new faces.",
    )
    st.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        disabled=config is None,
        on_click=_press_start,
        args=(memory,),
    )
    if not _is_start_pressed(memory) or config is None:
        return
    memory.start_pressed_s = None
    user = current.require(Right.TRAIN)
    training_plans.give_up_trials(config)
    try:
        run = TrainingRun.start(
            training_jobs.runs_dir(),
            data.archive,
            config,
            cleaning=data.cleaning,
            report_test=report_test,
            label_order=data.label_order,
        )
        give(run.dir, user)
    except FerError as error:
        st.error(sentence(str(error)))
        return
    except OSError as error:
        st.error(f"The run cannot be started: {sentence(str(error))}. Check the disk's free space and try again.")
        return
    audit.note(AuditEvent.RUN_STARTED, user=user, what="run")
    memory.go_to, memory.run = RUNS, run.title
    st.rerun()
