"""The Analyse page: choose files, see them being worked on, see what they showed, take it away."""

import streamlit as st

from app import state
from app.views.analyse import files as analyse_files
from app.views.analyse import progress as analyse_progress
from app.views.analyse import results as analyse_results
from app.views.analyse import strips, thumbnail
from app.views.shared import frame

LINE = "Find the expressions in your pictures and videos. Files stay on the computer that runs this page."
EXPIRED = (
    "The results of your last analysis are gone: they are kept only while its page is open. Analyse the files again, "
    "then download what you need or save it as a session."
)
_ADDRESS = "analysis"


def render() -> None:
    """Draw the page."""
    frame.heading("Analyse", LINE)
    memory = state.analysis_memory()
    job = memory.job
    if job is None:
        if _ADDRESS in st.query_params:
            st.info(EXPIRED, icon=":material/history_toggle_off:")
        analyse_files.render(memory)
        return
    st.query_params[_ADDRESS] = "open"
    st.html(f"<style>{strips.CSS}{thumbnail.CSS}</style>")
    view = job.view()
    if view.state == "done":
        analyse_results.render(job, view, memory)
    else:
        analyse_progress.render(job)
