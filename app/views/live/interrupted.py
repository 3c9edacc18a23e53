"""On the live page: what was kept of a recording during which the program ended."""

import streamlit as st

from app import state
from app.access import current
from app.markdown_text import plain
from app.opened_store import interrupted as interrupted_recordings
from app.recording.interrupted import Kept, what_is_kept
from app.store.errors import StoreError


def render() -> None:
    """Draw it; nothing, where all recordings ended properly or the store cannot be read, which others say."""
    interrupted = interrupted_recordings()
    if not interrupted.ids() and not interrupted.first_question():
        return
    try:
        found = what_is_kept(current.store(), interrupted)
    except StoreError:
        return
    for kept in found:
        _one(kept)


def _one(kept: Kept) -> None:
    number = kept.session.id
    with st.container(border=True, key=f"interrupted_{number}"):
        st.warning(f"**{plain(kept.session.title)}** of {plain(kept.session.participant)}: {kept.sentence()}")
        with st.container(horizontal=True):
            if st.button("Open the session", icon=":material/timeline:", key=f"interrupted_open_{number}"):
                interrupted_recordings().forget(number)
                state.session_memory().opened = number
                state.go_to("sessions")
            st.button(
                "Dismiss",
                key=f"interrupted_away_{number}",
                on_click=interrupted_recordings().forget,
                args=(number,),
            )
