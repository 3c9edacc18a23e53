"""The live page: the stage with its labels, recording, the rolling history, settings, and pictures without a camera."""

import time
from dataclasses import replace

import streamlit as st

from app import state, streaming
from app.live import ice, stills, way
from app.live.session import LiveSession
from app.tab_memory import StageMemory
from app.views.live import interrupted as live_interrupted
from app.views.live import panel as live_panel
from app.views.live import picture as live_picture
from app.views.live import preflight as live_preflight
from app.views.live import record as live_record
from app.views.live import reloaded_tab as live_return
from app.views.live import settings as live_settings
from app.views.live import stage as live_stage
from app.views.shared import fair_share, frame

ASK_AGAIN_S = 3.0
"""How often a viewer for whom there is no place asks for one."""
RENEW_RELAY_S = 600.0
"""How often a page looks whether there are newer credentials for the relay; there are each hour."""
_LINE = "Which expression each face shows, how it changes, and how sure the program is."
# The stage works the stream's frame, which has no picture of its own. It must be there, or browsers would not run it.
_HIDDEN_FRAME = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-stream_frame) {position:absolute}
.st-key-stream_frame {position:absolute; width:1px; height:1px; overflow:hidden; opacity:0; pointer-events:none}
</style>"""


def render() -> None:
    """Draw the page."""
    frame.heading("Live", _LINE, in_a_row=True)
    session, memory = live_return.live_session(), state.stage_memory()
    if memory.shows_picture:
        _picture(session, memory)
        return
    is_returned = state.app_settings().returned_picture or session.settings.returned or memory.is_missed
    session.account = fair_share.account()
    busy = session.busy_message
    browser_ice = _browser_ice(memory)
    if not busy:
        _stream(session, memory, browser_ice, is_returned=is_returned)
    _stage(session, memory, is_returned=is_returned, busy=busy)
    if busy:
        _wait_for_a_place(session)
    live_return.render()
    interrupted = st.container()  # filled last, as opening the store may take a while
    live_record.render(session)
    live_return.note_in_address()
    live_settings.render(session)
    live_preflight.show(
        feed=session.channel.path,
        way=way.PATH + session.channel.key,
        browser_ice=browser_ice,
        has_relay=state.app_settings().has_relay,
    )
    if state.app_settings().turn_secret:
        _renew_relay(memory, browser_ice)
    with st.sidebar:
        live_panel.render(session, state.history_view())
    with interrupted:
        live_interrupted.render()


def _picture(session: LiveSession, memory: StageMemory) -> None:
    if st.button("Back to the live video", icon=":material/arrow_back:", key="picture_back"):
        memory.shows_picture = False
        st.rerun()
    live_picture.render(session.settings)


def _stream(session: LiveSession, memory: StageMemory, browser_ice: ice.IceConfiguration, *, is_returned: bool) -> None:
    """The way to the camera, before anything else, as the page waits for it."""
    # Another key: a frame that sends and one that also receives are two.
    key = state.RETURNED_STREAM_KEY if is_returned else state.STREAM_KEY
    with st.container(key="stream_frame_shown" if is_returned and memory.is_unreachable else "stream_frame"):
        st.html(_HIDDEN_FRAME)
        streaming.open_stream(
            key=key,
            on_frame=session.on_frame if is_returned else session.take_frame,
            on_end=session.close,
            browser_ice=browser_ice,
            server_ice=ice.for_server(state.app_settings()),
            returned=is_returned,
            is_on_page=memory.draw(key),
        )


def _browser_ice(memory: StageMemory) -> ice.IceConfiguration:
    return ice.for_browser(state.app_settings(), memory.viewer, time.time())


@st.fragment(run_every=RENEW_RELAY_S)
def _renew_relay(memory: StageMemory, given: ice.IceConfiguration) -> None:
    """A page that stays open gets new credentials in time; a video that runs keeps those with which it began."""
    if _browser_ice(memory) != given:
        st.rerun()


@st.fragment(run_every=ASK_AGAIN_S)
def _wait_for_a_place(session: LiveSession) -> None:
    if not session.busy_message:
        st.rerun()


@st.fragment
def _stage(session: LiveSession, memory: StageMemory, *, is_returned: bool, busy: str) -> None:
    said = live_stage.show(
        feed=session.channel.path,
        stills=stills.PATH + session.channel.key,
        returned=is_returned,
        mirror=session.settings.mirror,
        busy=busy,
        has_relay=state.app_settings().has_relay,
    )
    if said.mirror is not None and said.mirror != session.settings.mirror:
        session.settings = replace(session.settings, mirror=said.mirror)
    if said.picture:
        session.close()
        memory.shows_picture = True
        st.rerun()
    if said.missed and not memory.is_missed:
        memory.is_missed = True
        st.rerun()
    if said.unreachable and not memory.is_unreachable:
        memory.is_unreachable = True
        st.rerun()
