"""Marking moments, tasks and ranges to leave out while a session is recorded, by button or key."""

from collections.abc import Callable

import streamlit as st

from app import state
from app.formatting import clock
from app.markdown_text import plain, sentence
from app.recording.markers import SessionMarkers
from app.recording.recording import Recording
from app.store.errors import StoreError
from app.store.records import Marker

SHOWN = 5
_TEXT = "record_note_text"


@st.fragment
def render(recording: Recording) -> None:
    """Draw the field, its buttons and the newest markers; a press redraws this part alone."""
    markers, shown = recording.markers, recording.markers.view(SHOWN)
    with st.container(horizontal=True, vertical_alignment="bottom", key="record_markers"):
        _field(markers, shown.task)
        _leave_out(markers, excluding=shown.open_range is not None)
    if state.recording_memory().marker_problem:
        st.error(sentence(state.recording_memory().marker_problem))
    st.caption(
        " · ".join(words(marker, is_open=marker == shown.open_range) for marker in shown.newest)
        or "Marked moments appear here. Shortcuts: N note, T task, X skip (not while typing)."
    )


def words(marker: Marker, *, is_open: bool = False) -> str:
    """A marker in a line, as Markdown: "0:42 note the door"; `is_open` where its range goes on."""
    at = clock(marker.time_ms / 1000)
    if is_open:
        return f"excluded from {at}"
    if marker.kind == "exclude":
        return f"{at}–{clock((marker.end_ms or 0) / 1000)} excluded"
    kind = {"note": "note", "task_start": "start of", "task_end": "end of"}[marker.kind]
    return f"{at} {kind} {plain(marker.text)}".rstrip()


def _field(markers: SessionMarkers, task: str) -> None:
    """One field for a note's text or a task's name, emptied by a press; Enter makes a note of it."""
    with (
        st.form("record_note", clear_on_submit=True, border=False, enter_to_submit=True),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Note or task",
            key=_TEXT,
            max_chars=500,
            placeholder="What happens now, or the task's name",
            label_visibility="collapsed",
        )
        st.form_submit_button(
            "Note",
            icon=":material/bookmark:",
            shortcut="N",
            key="record_mark",
            on_click=_try,
            args=(lambda: markers.note(st.session_state[_TEXT]),),
            help="Mark this moment. The text is optional.",
        )
        if task:
            st.form_submit_button(
                f"End “{plain(task)}”",
                icon=":material/flag:",
                shortcut="T",
                key="record_task_end",
                on_click=_try,
                args=(markers.end_task,),
            )
        else:
            st.form_submit_button(
                "Task",
                icon=":material/flag:",
                shortcut="T",
                key="record_task_start",
                on_click=_try,
                args=(lambda: markers.start_task(st.session_state[_TEXT]),),
                help="Start a task or stimulus with the name in the field.",
            )


def _leave_out(markers: SessionMarkers, *, excluding: bool) -> None:
    st.button(
        "Resume" if excluding else "Skip",
        icon=":material/content_cut:",
        shortcut="X",
        key="record_exclude",
        type="primary" if excluding else "secondary",
        on_click=_try,
        args=(markers.end_range if excluding else markers.start_range,),
        help="Time between the two presses is excluded from the results, for example when somebody comes in.",
    )


def _try(mark: Callable[[], None]) -> None:
    """As a button's callback: it runs before anything is drawn, so that the moment is that of the press."""
    memory = state.recording_memory()
    try:
        mark()
        memory.marker_problem = ""
    except StoreError as error:
        memory.marker_problem = str(error)
