"""Recording on the live page: the button, how it goes, and what became of it. The consent is `live_consent`."""

from dataclasses import replace
from html import escape
from typing import Literal

import streamlit as st

from app import state
from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.colours import RED
from app.formatting import clock, counted
from app.live.session import LiveSession
from app.markdown_text import sentence
from app.recording.recording import Recording
from app.recording.types import RecordingView
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.privacy import delete_session
from app.store.sessions import session as stored_session
from app.tab_memory import RecordingMemory
from app.views.live import baseline as live_baseline
from app.views.live import consent as live_consent
from app.views.live import markers as live_markers
from app.views.shared import check_in_form
from app.views.shared import store_parts as session_parts

_DOT = f"""<style>
.fer-rec {{display:flex; align-items:center; gap:0.5rem; font-variant-numeric:tabular-nums; min-height:2.5rem}}
.fer-rec i {{width:0.75rem; height:0.75rem; border-radius:50%; background:{RED}; flex:none}}
.fer-rec i.rests {{background:none; box-shadow:inset 0 0 0 2px {RED}}}
</style>"""


def render(session: LiveSession) -> None:
    """Draw the part below the stage. The stage stands before it and is never touched."""
    memory = state.recording_memory()
    # A container of its own: what it holds must not shift what follows, such as opened settings.
    with st.container(key="record_area"):
        if memory.problem:
            st.error(sentence(memory.problem))
        recording = memory.recording
        if recording is not None and not recording.view().ended:
            _running(session, recording, memory)
        else:
            session.listener = None
            _want_whole_pictures(session, memory.is_asking)
            if recording is not None:
                _saved(recording, memory)
            elif current.may(Right.RECORD):
                _record_button(memory)
            if memory.is_asking:
                live_consent.ask(session)


def _want_whole_pictures(session: LiveSession, wanted: bool) -> None:
    """Have the browser send the camera's whole picture, which takes it some seconds, or what the analysis needs."""
    session.settings = replace(session.settings, full_uplink=wanted)


def _record_button(memory: RecordingMemory, words: str = "Record") -> None:
    st.button(
        words,
        icon=":material/radio_button_checked:",
        key="record_start",
        on_click=live_consent.begin,
        args=(memory,),
        help="Record expression values. Nothing is saved until you agree.",
    )


def _running(session: LiveSession, recording: Recording, memory: RecordingMemory) -> None:
    _want_whole_pictures(session, recording.choices.with_video)
    if recording.goes_on:
        st.info(
            "The server that began this recording has stopped. It continues here, in the same session; at most two "
            "seconds are missing. Faces get new numbers, so measure or choose the neutral face again. A labelled "
            "video ends where that server stopped.",
            icon=":material/swap_horiz:",
        )
    _how_it_goes(session, recording, memory)
    store = session_parts.opened_store()
    if store is None:
        return
    live_markers.render(recording)
    live_baseline.render(store, recording)
    _check_in(store, recording, "before")


@st.fragment(run_every=1.0)
def _how_it_goes(session: LiveSession, recording: Recording, memory: RecordingMemory) -> None:
    view = recording.view()
    if view.ended:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.html(_recording_text(view, recording.choices.participant))
        stopped = st.button("Stop recording", icon=":material/stop:", type="primary", key="record_stop")
    if view.closes_in_s is not None:
        st.warning(
            "No video from the camera. If it has stopped, press Start. The recording continues when the video "
            f"returns, or ends in {view.closes_in_s:.0f} s."
        )
    if view.problem:
        st.error(sentence(view.problem))
    if stopped:
        with st.spinner("Storing the rest …", show_time=True):
            recording.stop()
        session.listener = None
        memory.problem = ""
        st.rerun()


def _recording_text(view: RecordingView, participant: str) -> str:
    """The line with the red dot, as HTML; a name is anybody's text, and nothing but text."""
    dot = "<i></i>" if view.closes_in_s is None else '<i class="rests"></i>'
    words = f"Recording {clock(view.seconds)} · {_samples(view)} · {escape(participant)}"
    return f'{_DOT}<div class="fer-rec" role="status">{dot}<span>{words}</span></div>'


def _samples(view: RecordingView) -> str:
    return counted(view.samples, "sample")


def _saved(recording: Recording, memory: RecordingMemory) -> None:
    view = recording.view()
    if view.reason:
        st.warning(sentence(view.reason))
    if view.problem:
        st.error(sentence(view.problem))
    store = session_parts.opened_store()
    if store is not None and _is_gone(store, recording):
        st.markdown("The session was deleted.")
        _record_button(memory)
        return
    st.success(f"Saved: {clock(view.seconds)}, {_samples(view)}", icon=":material/check_circle:")
    with st.container(horizontal=True):
        if st.button("Open the session", icon=":material/timeline:", type="primary", key="record_open"):
            state.session_memory().opened = recording.session_id
            state.go_to("sessions")
        if store is not None and current.may(Right.DELETE):
            _delete_buttons(store, recording, memory)
        _record_button(memory, "Record again")
    if store is not None:
        _check_in(store, recording, "after")


def _is_gone(store: Store, recording: Recording) -> bool:
    """Whether somebody deleted the session, as on the Sessions page."""
    try:
        stored_session(store, recording.session_id)
    except NoSuchRecordError:
        return True
    except StoreError as error:
        st.error(sentence(str(error)))
    return False


def _delete_buttons(store: Store, recording: Recording, memory: RecordingMemory) -> None:
    if not memory.is_sure:
        if st.button("Delete it", icon=":material/delete:", key="record_delete"):
            memory.is_sure = True
            st.rerun()
        return
    if st.button("Delete permanently", icon=":material/delete_forever:", key="record_delete_sure"):
        user = current.require(Right.DELETE)
        try:
            warning = delete_session(store, recording.session_id).warning
            audit.note(AuditEvent.DELETED, user=user, what=f"session {recording.session_id}")
        except StoreError as error:
            memory.problem = str(error)
        else:
            memory.put_away()
            st.toast(sentence(warning) or "Session deleted.", icon=":material/delete:")
        memory.is_sure = False
        st.rerun()
    if st.button("Keep it", key="record_keep"):
        memory.is_sure = False
        st.rerun()


def _check_in(store: Store, recording: Recording, phase: Literal["before", "after"]) -> None:
    with st.expander("How do you feel? (optional)", icon=":material/mood:", key=f"record_feel_{phase}"):
        check_in_form.render(
            store,
            recording.participant_id,
            phase=phase,
            session_id=recording.session_id,
            key=f"record_check_in_{phase}",
        )
