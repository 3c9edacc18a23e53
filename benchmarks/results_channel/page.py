"""The scratch app's page: the camera goes to the server, nothing comes back but results."""

import asyncio
from typing import Any

import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer

from benchmarks.results_channel.sender import sender

context = webrtc_streamer(
    key="camera",
    mode=WebRtcMode.SENDONLY,
    rtc_configuration={"iceServers": []},
    media_stream_constraints={"video": {"width": 640, "height": 480, "frameRate": 30}, "audio": False},
    video_frame_callback=lambda frame: frame,
)
worker: Any = context._get_worker()  # noqa: SLF001  # there is no public way to the peer connection
st.write("Live video")


async def _open_channel() -> None:
    # The browser made the same before its offer, see browser.js.
    sender.channel = worker.pc.createDataChannel("fer", negotiated=True, id=0, ordered=False, maxRetransmits=0)


if worker is not None and st.session_state.get("peer") is not worker.pc:
    st.session_state["peer"] = worker.pc
    asyncio.run_coroutine_threadsafe(_open_channel(), worker._loop)  # noqa: SLF001
