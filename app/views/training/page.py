"""The Train page: a new run out of an archive, and the runs there are. Training itself is a process of its own."""

import streamlit as st

from app import state
from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.files import give, own_runs
from app.access.types import Right
from app.markdown_text import sentence
from app.tab_memory import TrainingMemory
from app.training import child_jobs as training_jobs
from app.views.shared import page_parts
from app.views.training import archive_step as training_data
from app.views.training import network_step as training_network
from app.views.training import runs as training_runs
from app.views.training import settings_step as training_settings
from app.views.training.archive_step import ChosenData
from app.views.training.network_step import ChosenNetwork
from fer_core.errors import FerError
from train.runs.files import ACTIVE
from train.runs.run import TrainingRun

NEW, RUNS = "New run", "Runs"
_VIEW_KEY = "train_view"


def render() -> None:
    """Draw the page."""
    memory = state.training_memory()
    runs = own_runs(current.signed_in())
    if memory.go_to:
        st.session_state[_VIEW_KEY], memory.go_to = memory.go_to, ""
    if _VIEW_KEY not in st.session_state:  # a page opened anew, perhaps reloaded while a run goes on
        st.session_state[_VIEW_KEY] = RUNS if _any_active(runs) else NEW
    view = st.segmented_control(
        "Part of the page",
        [NEW, RUNS],
        required=True,
        key=_VIEW_KEY,
        persist_state="session",
        label_visibility="collapsed",
    )
    page_parts.show_messages(memory)
    if view == RUNS:
        training_runs.render(runs)
    else:
        _new_run(memory)


def _any_active(runs: list[TrainingRun]) -> bool:
    return any(run.status().state in ACTIVE for run in runs)


def _new_run(memory: TrainingMemory) -> None:
    st.subheader("1 · Data")
    data = training_data.render()
    if data is None:
        st.caption("The network and its settings follow once there is an archive to learn from.")
        return
    st.subheader("2 · Network")
    network = training_network.render()
    if network is not None:
        _settings_and_start(data, network, memory)


@st.fragment
def _settings_and_start(data: ChosenData, network: ChosenNetwork, memory: TrainingMemory) -> None:
    st.subheader("3 · Settings")
    config = training_settings.render(network)
    report_test = "test" in data.report.splits and st.toggle(
        "Report the test split at the end",
        True,
        key="train_report_test",
        persist_state="session",
        help="The test split is for the end: switch this off while you are still trying settings, or its figures "
        "become too good to be true.",
    )
    if not st.button("Start training", type="primary", icon=":material/play_arrow:", disabled=config is None):
        return
    if config is None:
        return
    user = current.require(Right.TRAIN)
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
    memory.go_to, memory.run = RUNS, run.dir.name
    st.rerun()
