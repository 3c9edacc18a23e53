"""A job that waits or runs: each file with its bar, a recent frame, how long it will take, and a way to end it."""

import streamlit as st

from app import state
from app.analysis.jobs import AnalysisJob, AnalysisView
from app.formatting import clock, counted, whole_percent
from app.views.analyse import strips, thumbnail

ROWS = 20
"""So many files are shown at a time, from a little before the one at work."""
_BEFORE = 2


@st.fragment(run_every=1.0)
def render(job: AnalysisJob) -> None:
    """Draw it anew each second; at the job's end the whole page."""
    view = job.view()
    if view.state == "done":
        st.rerun()
    _state(job, view)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _files(view)
    with right:
        if view.preview_jpeg is not None:
            st.image(view.preview_jpeg, alt="A recent frame with its labels", width="stretch")


def _state(job: AnalysisJob, view: AnalysisView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown(_words(job, view), width="content")
        st.button(
            "Cancel",
            icon=":material/close:",
            key="analyse_cancel",
            on_click=job.cancel,
            disabled=job.is_cancelled(),
            help="Keeps the results so far.",
        )
    st.progress(view.share or 0.0)
    st.caption("You can leave this page: the analysis continues until you close the tab.")


def _words(job: AnalysisJob, view: AnalysisView) -> str:
    if job.is_cancelled():
        return ":material/hourglass_top: Cancelling …"
    if view.state == "waiting":
        ahead = state.analysis_queue().ahead_of(job)
        turn = f"{counted(ahead, 'analysis', 'analyses')} before yours" if ahead else "yours is next"
        return f":material/hourglass_top: **Waiting**: {turn}"
    finished = sum(file.state in ("done", "failed") for file in view.files)
    parts = [f"**Analysing** file {min(finished + 1, len(view.files))} of {len(view.files)}"]
    parts.append(whole_percent(view.share) if view.share is not None else f"{clock(view.seconds)} so far")
    if view.remaining_s is not None:
        parts.append(f"about {clock(view.remaining_s + 0.5)} left")
    return " · ".join(parts)


def _files(view: AnalysisView) -> None:
    at_work = next((i for i, file in enumerate(view.files) if file.state in ("running", "waiting")), 0)
    first = max(0, min(at_work - _BEFORE, len(view.files) - ROWS))
    shown = view.files[first : first + ROWS]
    if first:
        st.caption(f"{counted(first, 'file')} before these")
    for index, file in enumerate(shown, start=first):
        with st.container(key=f"analyse_row_{index}", horizontal=True, vertical_alignment="center", wrap=False):
            thumbnail.render(file)
            st.html(strips.progress_row(file))
    after = len(view.files) - first - len(shown)
    if after:
        st.caption(f"{counted(after, 'file')} after these")
