"""A reloaded tab goes on with its recording: the key in the tab's address leads back to it."""

import streamlit as st

from app import state
from app.access import current
from app.live.session import LiveSession
from app.live.types import LiveState

PARAMETER = "recording"


def live_session() -> LiveSession:
    """This tab's live session, or the one that it had before it was reloaded while it recorded."""
    own, memory, owner = state.live_session(), state.recording_memory(), current.signed_in().owner
    own.channel.owner = owner
    key = st.query_params.get(PARAMETER, "")
    if not key or memory.recording is not None or own.status().state is not LiveState.NO_FRAMES:
        return own
    kept = state.recording_tabs().claim(key, state.tab_id(), state.is_tab_open, owner=owner)
    if kept is None:
        return own
    recording, before = kept
    memory.recording, memory.key = recording, key
    session = before or own
    session.close()  # what the tab before still had waiting, and its doubts about the camera
    session.listener = recording
    recording.wait_anew()
    state.use_live_session(session)
    return session


def note_in_address() -> None:
    """Have the address name this tab's recording while it is shown; to be called when the page is drawn."""
    memory, said = state.recording_memory(), st.query_params.get(PARAMETER, "")
    if memory.recording is not None:
        if said != memory.key:
            st.query_params[PARAMETER] = memory.key
    # Another tab's may become this one's in a moment, when the server hears that the tab before is gone.
    elif said and not state.recording_tabs().is_of_another(said, state.tab_id(), owner=current.signed_in().owner):
        state.recording_tabs().forget(said, owner=current.signed_in().owner)
        del st.query_params[PARAMETER]
