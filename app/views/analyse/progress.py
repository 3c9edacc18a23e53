"""A job that waits or runs: how far it is, a recent frame, how long it will take, and a way to end it."""

import streamlit as st

from app import state
from app.analysis.jobs import AnalysisJob, AnalysisView
from app.formatting import clock, counted, whole_percent
from app.views.analyse import tables as analyse_tables


@st.fragment(run_every=1.0)
def render(job: AnalysisJob) -> None:
    """Draw it anew each second; at the job's end the whole page."""
    view = job.view()
    if view.state == "done":
        st.rerun()
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _state(job, view)
        if view.preview_jpeg is not None:
            st.image(view.preview_jpeg, width="stretch")
    with right:
        st.html(analyse_tables.file_lines(view.files))


def _state(job: AnalysisJob, view: AnalysisView) -> None:
    if job.is_cancelled():
        st.markdown(":material/hourglass_top: Ending …")
    elif view.state == "waiting":
        ahead = state.analysis_queue().ahead_of(job)
        st.markdown(f":material/hourglass_top: Waiting for {counted(ahead, 'other analysis', 'other analyses')}")
    else:
        st.progress(view.share or 0.0, text=_progress_text(view))
    st.caption("You may leave this page; the work goes on until you close the tab.")
    st.button(
        "Cancel",
        icon=":material/close:",
        key="analyse_cancel",
        on_click=job.cancel,
        disabled=job.is_cancelled(),
        help="What has been analysed until then is kept.",
    )


def _progress_text(view: AnalysisView) -> str:
    if view.share is None:
        return f"At work for {clock(view.seconds)}; the length is unknown"
    rest = "" if view.remaining_s is None else f" · about {clock(view.remaining_s + 0.5)} left"
    return f"{whole_percent(view.share)}{rest}"
