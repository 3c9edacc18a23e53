"""The only importer of streamlit_webrtc: one door to the camera, replaced in tests."""

from collections.abc import Callable

import av
import streamlit as st
from streamlit_webrtc import WebRtcMode, webrtc_streamer
from streamlit_webrtc.component import (
    compile_state,
    enhance_frontend_rtc_configuration,
    generate_frontend_component_key,
)

from app.live.ice import IceConfiguration

START, STOP = "Start", "Stop"
_LONG_AGO = -2
"""A count of runs from which any is further than the next."""


def open_stream(
    *,
    key: str,
    on_frame: Callable[[av.VideoFrame], av.VideoFrame],
    on_end: Callable[[], None],
    browser_ice: IceConfiguration,
    server_ice: IceConfiguration,
    returned: bool,
    is_on_page: bool,
) -> bool:
    """Take the camera's video, by a frame of the page with a Start and a Stop button, which the stage works.

    Args:
        key: also the session-state key that it occupies.
        on_frame: called with the newest frame; must return quickly and raise nothing. Where the pictures are not
            returned, it is called on WebRTC's event loop, and what it gives is not used; else on a thread of its own.
        on_end: called on WebRTC's event loop when the video ends, for whatever reason.
        browser_ice: by which servers the browser finds a way; none are needed on one machine or in one local network.
        server_ice: the same for the server's end.
        returned: send what `on_frame` gives back to the browser, and show it.
        is_on_page: whether the frame has stayed on the page since it was last drawn, or else begins anew.

    Returns:
        Whether the video is playing.
    """
    _hear_what_came_first(key)
    _say_whether_it_stayed(key, is_on_page=is_on_page)
    context = webrtc_streamer(
        key=key,
        mode=WebRtcMode.SENDRECV if returned else WebRtcMode.SENDONLY,
        # A thread for each viewer that only hands on what it gets would be in the others' way.
        async_processing=returned,
        frontend_rtc_configuration=browser_ice,
        server_rtc_configuration=server_ice,
        media_stream_constraints={
            "video": {
                # The stage shows the camera's own picture; what is sent is made smaller where the analysis needs less.
                "width": {"ideal": 640 if returned else 1280},
                "height": {"ideal": 480 if returned else 720},
                "frameRate": {"ideal": 30, "max": 30},
                "facingMode": "user",
            },
            "audio": False,
        },
        video_frame_callback=on_frame,
        on_video_ended=on_end,
        video_html_attrs={
            "autoPlay": True,
            "controls": False,
            "muted": True,
            "playsInline": True,
            "style": {"width": "100%", "borderRadius": "8px", "background": "#0003"},
        },
        translations={
            "start": START,
            "stop": STOP,
            "select_device": "Choose camera",
            "device_ask_permission": "Allow this page to use your camera; your browser is asking.",
            "device_not_available": "No camera was found.",
            "device_access_denied": "The camera is blocked for this page.",
            "media_api_not_available": "The camera is blocked here. Use localhost or HTTPS.",
        },
    )
    enhance_frontend_rtc_configuration.clear()  # else it keeps what every viewer was told, passwords too, for ever
    return bool(context.state.playing)


def _hear_what_came_first(key: str) -> None:
    """Tell `webrtc_streamer` what its frontend said before its first run here, of which it hears no change.

    A page that reconnects to a restarted server brings the frontend's state along, and Start may be pressed while the
    new server still draws the page for the first time. The offer is then answered, but in the next run the connection
    would be torn down at once, as nobody had told of a start.
    """
    context, said = st.session_state.get(key), st.session_state.get(generate_frontend_component_key(key))
    if context is not None and said:
        context._set_state(compile_state(said))  # noqa: SLF001  # there is no public way


def _say_whether_it_stayed(key: str, *, is_on_page: bool) -> None:
    """Decide for `webrtc_streamer` whether its frame has left the page since it was last drawn.

    It decides by Streamlit's count of runs, which rises only when the word of a run's end is sent. Where two runs
    follow each other closely on a busy server, the count rises by two between two drawings, and it would end a video
    that plays.
    """
    context = st.session_state.get(key)
    if context is not None:
        context._last_rendered_run_count = None if is_on_page else _LONG_AGO  # noqa: SLF001  # there is no public way
