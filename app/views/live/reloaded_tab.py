"""A reloaded tab goes on with its recording: the key in the tab's address leads back to it, at another server too."""

import time

import streamlit as st

from app import state
from app.access import current, server
from app.live.pipelines import shared_model
from app.live.session import LiveSession
from app.live.types import LiveState
from app.recording.going_on import go_on
from app.tab_memory import RecordingMemory
from fer_core.errors import FerError

PARAMETER = "recording"
ASK_AGAIN_S = 1.0
"""How often the store is asked whether a recording's server is gone."""


def live_session() -> LiveSession:
    """This tab's live session, or the one that it had before it was reloaded while it recorded."""
    own, memory, owner = state.live_session(), state.recording_memory(), current.signed_in().owner
    own.channel.owner = owner
    memory.asked_s = None
    key = st.query_params.get(PARAMETER, "")
    if not key or memory.recording is not None or own.status().state is not LiveState.NO_FRAMES:
        return own
    kept = state.recording_tabs().claim(key, state.tab_id(), state.is_tab_open, owner=owner)
    if kept is None:
        if not state.recording_tabs().is_of_another(key, state.tab_id(), owner=owner):
            _from_another_server(own, memory, key)
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
    elif (
        said
        and memory.asked_s is None
        and not state.recording_tabs().is_of_another(said, state.tab_id(), owner=current.signed_in().owner)
    ):
        state.recording_tabs().forget(said, owner=current.signed_in().owner)
        del st.query_params[PARAMETER]


def render() -> None:
    """Say that a recording's server is being waited for; nothing where none is."""
    asked_s = state.recording_memory().asked_s
    if asked_s is not None:
        _wait(asked_s)


@st.fragment(run_every=ASK_AGAIN_S)
def _wait(asked_s: float) -> None:
    if time.monotonic() - asked_s >= ASK_AGAIN_S / 2:
        st.rerun()  # which asks again
    st.info(
        "This address belongs to a recording on another server. If that server has stopped, the recording continues "
        "here in a few seconds.",
        icon=":material/hourglass_top:",
    )


def _from_another_server(session: LiveSession, memory: RecordingMemory, key: str) -> None:
    """Take up a recording whose server has ended, where this one can."""
    try:
        card = shared_model(session.settings.model).card
        recording = go_on(current.store().own, key, server.cookie_secret(), card)
    except FerError:  # still recorded elsewhere, or the store is away, which others say: asked again
        memory.asked_s = time.monotonic()
        return
    if recording is None:
        return
    memory.recording, memory.key = recording, key
    state.recording_tabs().keep(state.tab_id(), session, recording, key, owner=current.signed_in().owner)
    session.listener = recording
