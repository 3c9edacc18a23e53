"""The live page: the video with its labels, recording, the rolling history, settings, and pictures without a camera."""

import streamlit as st

from app import state, streaming
from app.live.session import LiveSession
from app.views.live import history as live_history
from app.views.live import interrupted as live_interrupted
from app.views.live import notice as stream_notice
from app.views.live import picture as live_picture
from app.views.live import record as live_record
from app.views.live import reloaded_tab as live_return
from app.views.live import settings as live_settings

LIVE, PICTURE = "Live video", "A picture"


def render() -> None:
    """Draw the page."""
    session = live_return.live_session()
    source = st.segmented_control(
        "Source", [LIVE, PICTURE], default=LIVE, required=True, key="source", label_visibility="collapsed"
    )
    if source == PICTURE:
        live_picture.render(session.settings)
        return
    streaming.open_stream(
        key=state.STREAM_KEY,
        on_frame=session.on_frame,
        on_end=session.close,
        ice_servers=state.app_settings().ice_servers,
    )
    _notice(session)
    interrupted = st.container()  # filled last, as opening the store may take a while
    live_record.render(session)
    live_return.note_in_address()
    live_settings.render(session)
    with st.sidebar:
        live_history.render(session, state.history_view())
    with interrupted:
        live_interrupted.render()


@st.fragment(run_every=1.0)
def _notice(session: LiveSession) -> None:
    status = session.status()
    stream_notice.show(*stream_notice.words_for(status, status.doubts))
