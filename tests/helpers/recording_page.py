"""The live page's recording as Streamlit runs it, with the camera's door replaced: seen, asked for and agreed to."""

import time
from typing import cast

import numpy as np
from streamlit.testing.v1 import AppTest

from app.live.pipelines import shared_model
from app.recording.recording import Recording
from app.store.database import open_store
from app.store.participants import find_or_add
from fer_core.results import FrameResult
from tests.helpers.faces import make_emotion, make_face, make_result
from tests.helpers.pages import assert_fine


def recording_of(page: AppTest) -> Recording:
    """The one that runs, or ran last."""
    return cast(Recording, page.session_state["recording_memory"].recording)


def listener_of(page: AppTest) -> object:
    """Whom the live session tells what it sees."""
    return page.session_state["live_session"].listener


def see(page: AppTest) -> None:
    """The live session has just got a frame, and a result for its listener if it has one."""
    live = page.session_state["live_session"]
    live._frame_times.append(time.monotonic())
    if live.listener is not None:
        live.listener.on_picture(lambda: np.zeros((48, 64, 3), np.uint8), time.monotonic())
        live.listener.on_result(result(), shared_model("default").card)


def result(emotion: str = "happy") -> FrameResult:
    return make_result(make_emotion(emotion, face=make_face(track_id=1)), at_s=time.monotonic())


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def ask(page: AppTest, name: str = "P01") -> None:
    """Open the consent and choose a participant, stored before: AppTest cannot type a new option."""
    with open_store().write() as connection:
        find_or_add(connection, name)
    page.button(key="record_start").click().run()
    page.selectbox(key="record_participant").set_value(name).run()


def agree(page: AppTest, name: str = "P01") -> AppTest:
    """Through the consent."""
    ask(page, name)
    see(page)
    page.button(key="record_agree").click().run()
    assert_fine(page)
    return page
