"""A session by task: the statistics of each, and two tasks against each other."""

import streamlit as st

from app.formatting import clock
from app.markdown_text import plain
from app.report import session_tables
from app.session_statistics.comparison import make_stretch
from app.sessions.loaded import LoadedSession
from app.views.sessions import differences as session_differences
from app.views.sessions.face_choice import Choice, read_words
from app.views.sessions.tables import styled

WHOLE = "Whole session"


def render(loaded: LoadedSession, choice: Choice) -> None:
    """Draw it."""
    tasks = loaded.outline.tasks
    if not tasks.names:
        st.info(
            "This session has no tasks. Mark where a task starts and ends, below or while recording, and its "
            "statistics appear here."
        )
        return
    if choice.face is None:
        st.caption("No statistics: all faces are ignored, or all of the time is excluded.")
        return
    for task in tasks.tasks:
        if not task.is_closed:
            st.caption(
                f"“{plain(task.name)}” has no end marker, so it lasts until the session ends ({clock(task.end_s)})."
            )
    with st.spinner(read_words(loaded), show_time=True):
        figures = loaded.figures(choice.face, corrected=choice.corrected)
    st.html(styled(session_tables.figures({WHOLE: figures.whole, **figures.tasks})))
    if len(tasks.names) > 1:
        _against(loaded, choice.face, corrected=choice.corrected)


def _against(loaded: LoadedSession, face: int, *, corrected: bool) -> None:
    tasks, number = loaded.outline.tasks, loaded.outline.session.id
    chosen = session_differences.choose_two({name: name for name in tasks.names}, "Task", key=f"tasks_{number}")
    if chosen is None:
        return
    samples = loaded.face(face, corrected=corrected)
    sides = {
        name: [made]
        for name in chosen
        if (made := make_stretch(samples, keep=tasks.ranges(name), leave_out=loaded.outline.left_out)) is not None
    }
    if len(sides) < 2:
        st.caption("The face was not seen in one of the two tasks.")
        return
    session_differences.render(sides, key=f"tasks_{number}")
