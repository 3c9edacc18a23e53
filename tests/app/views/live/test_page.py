"""The live page as Streamlit runs it, with the camera's door replaced."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import state, streaming
from app.live import session as live_session
from app.live.session import LiveSession
from app.live.types import LiveState
from app.settings import AppSettings
from app.views.live import settings
from fer_core.paths import SHIPPED_MODELS
from fer_core.pipeline import EmotionPipeline
from fer_core.results import Doubt
from tests.helpers.faces import (
    FakeDetector,
    fake_pipeline,
    make_card,
    make_emotion,
    make_face,
    make_result,
    textured_frame,
    wait_until,
    without_detector_files,
    yunet_file,
)
from tests.helpers.pages import MAIN, assert_fine, open_page, plots, session_of

pytestmark = pytest.mark.usefixtures("unhurried")


def notice(page: AppTest) -> tuple[str, str]:
    """What the stage is told of how it goes."""
    message = session_of(page).channel.status()
    assert message is not None
    return message["kind"], message["text"]


def components(page: AppTest) -> list[dict[str, Any]]:
    """What the page's own components are given: the stage, the check and the panel."""
    return [json.loads(cast(Any, element).proto.json) for element in page.get("bidi_component")]


SECRET = "a secret of the relay's"


def test_a_relays_password_goes_to_the_browser_alone_and_its_secret_nowhere(calls, monkeypatch):
    monkeypatch.setenv("FER_TURN_URLS", "stun:turn.example.org,turn:turn.example.org:3478?transport=udp")
    monkeypatch.setenv("FER_TURN_SECRET", SECRET)
    state.app_settings.clear()
    try:
        page = open_page(MAIN)
        again = page.run()
    finally:
        state.app_settings.clear()

    assert_fine(again)
    first, second = calls
    stun, relay = first["browser_ice"]["iceServers"]
    assert stun == {"urls": ["stun:turn.example.org"]}
    assert relay["urls"] == ["turn:turn.example.org:3478?transport=udp"]
    assert second["browser_ice"] == first["browser_ice"], "a run of the page changes nothing"
    assert first["server_ice"] == {"iceServers": [stun]}
    checked = next(component for component in components(page) if "ice" in component)
    assert checked["ice"] == first["browser_ice"]
    assert SECRET not in repr(calls) + repr(components(page))
    session_of(page).close()


def test_a_page_that_stays_open_is_drawn_anew_when_there_are_newer_passwords(monkeypatch):
    monkeypatch.setenv("FER_TURN_URLS", "turn:turn.example.org")
    monkeypatch.setenv("FER_TURN_SECRET", SECRET)

    def hours_later() -> None:
        import streamlit as st

        from app import state
        from app.views.live import page

        memory = state.stage_memory()
        st.session_state["runs"] = st.session_state.get("runs", 0) + 1
        given = {"iceServers": []} if st.session_state["runs"] == 1 else page._browser_ice(memory)
        page._renew_relay(memory, given)

    state.app_settings.clear()
    try:
        page = open_page(hours_later)
    finally:
        state.app_settings.clear()

    assert page.session_state["runs"] == 2


def put_into_history(session: LiveSession, *, faces: int = 1) -> None:
    """Ten seconds of results up to now, as if they had been analysed."""
    now_s = time.monotonic()
    emotions = [make_emotion("happy" if i == 1 else "sad", face=make_face(track_id=i)) for i in range(1, faces + 1)]
    for i in range(100):
        session._publish(make_result(*emotions, at_s=now_s - 10 + i / 10))


def film(session: LiveSession, frame_bgr: np.ndarray, until: LiveState) -> None:
    """Real frames until the session is in that state."""

    def step() -> bool:
        session.on_frame(av.VideoFrame.from_ndarray(frame_bgr, format="bgr24"))
        return session.status().state is until

    wait_until(step, timeout_s=20)


def test_the_first_run_shows_everything_and_asks_nothing_of_the_analysis(page, calls):
    path = session_of(page).channel.path
    assert [component["feed"] for component in components(page)] == [path] * 3
    assert notice(page)[0] == "info"
    assert plots(page) == []
    assert calls[0]["key"] == "camera"
    assert calls[0]["browser_ice"] == calls[0]["server_ice"] == {"iceServers": []}
    assert calls[0]["on_frame"] == session_of(page).take_frame
    assert calls[0]["on_end"] == session_of(page).close
    assert calls[0]["returned"] is False
    assert session_of(page)._worker is None


def test_a_second_run_keeps_the_session_and_the_callback(page, calls):
    session = session_of(page)

    page.run()

    assert session_of(page) is session
    assert calls[-1]["on_frame"] == calls[0]["on_frame"]


def test_two_tabs_have_two_sessions(page, calls):
    other = open_page(MAIN)

    assert session_of(other) is not session_of(page)


def test_without_a_playing_video_the_page_is_the_same(monkeypatch):
    monkeypatch.setattr(streaming, "open_stream", lambda **_: False)

    page = open_page(MAIN)

    assert len(components(page)) == 3


@pytest.mark.parametrize("way", ["setting", "environment", "browser"])
def test_the_returned_picture_takes_over_where_it_is_wanted(page, calls, monkeypatch, way):
    if way == "setting":
        page.toggle(key="returned").set_value(True).run()
    elif way == "environment":
        monkeypatch.setattr(state, "app_settings", lambda: AppSettings(returned_picture=True))
        page.run()
    else:
        page.session_state["stage_memory"].is_missed = True
        page.run()

    assert_fine(page)
    assert calls[-1]["key"] == "camera_returned"
    assert calls[-1]["on_frame"] == session_of(page).on_frame
    assert calls[-1]["returned"] is True
    assert components(page)[0]["returned"] is True


def test_what_is_on_screen_can_be_downloaded(page):
    put_into_history(session_of(page), faces=2)
    page.run()

    assert [button.label for button in page.sidebar.get("download_button")] == ["Download as CSV"]


# Settings


def test_settings_reach_the_session_at_once(page):
    page.slider(key="smoothing_s").set_value(1.5).run()
    page.selectbox(key="overlay").select("Boxes and landmarks").run()
    page.toggle(key="exact").set_value(True).run()
    page.toggle(key="balanced").set_value(True).run()
    page.slider(key="unsure_below_default").set_value(0.7).run()
    page.number_input(key="max_faces").set_value(12).run()

    assert_fine(page)
    settings = session_of(page).settings
    assert settings.pipeline.smoothing.time_constant_s == 1.5
    assert settings.pipeline.unsure_below == 0.7
    assert settings.overlay == "landmarks"
    assert settings.exact is True
    assert settings.pipeline.balance == 0.7
    assert settings.pipeline.max_faces == 12


def test_settings_stay_when_the_page_runs_again(page):
    page.slider(key="smoothing_s").set_value(2.0).run()
    before = session_of(page).settings

    page.run()
    page.run()

    assert session_of(page).settings == before


def test_the_first_settings_are_the_cards_threshold_and_the_best_detector(page):
    card = json.loads((SHIPPED_MODELS / "default" / "card.json").read_text())

    settings = session_of(page).settings

    assert page.slider(key="unsure_below_default").value == pytest.approx(card["unsure_below"], abs=0.006)
    assert settings.pipeline.unsure_below is None, "left alone, it follows the model"
    assert settings.model == "default"
    assert settings.overlay == "boxes"
    assert settings.mirror
    assert settings.pipeline.balance == 0


def test_the_detector_can_be_chosen_where_there_are_two(monkeypatch, calls):
    file = yunet_file()
    without_detector_files(monkeypatch, Path("/nowhere"))
    monkeypatch.setenv("FER_YUNET", str(file))
    page = open_page(MAIN)
    assert page.selectbox(key="detector").options == ["YuNet", "Haar"]
    assert session_of(page).settings.detector == "yunet"

    page.selectbox(key="detector").select("haar").run()

    assert session_of(page).settings.detector == "haar"


def test_without_others_files_only_haar_is_offered_with_the_way_to_get_one(monkeypatch, calls):
    without_detector_files(monkeypatch, Path("/nowhere"))

    page = open_page(MAIN)

    assert page.selectbox(key="detector").options == ["Haar"]
    assert "fetch-detector" in page.selectbox(key="detector").help
    assert session_of(page).settings.detector == "haar"


@pytest.mark.parametrize("key", ["smoothing_s", "unsure_below_default"])
def test_each_slider_explains_itself(page, key):
    assert len(page.slider(key=key).help) > 60


@pytest.mark.parametrize("card", [None, make_card()])
def test_a_model_with_one_threshold_says_nothing_of_probably(card):
    assert settings._levels(card) == ""


LEVELS = {"named": 0.723, "named_right": 0.9012, "leaning": 0.2, "leaning_right": 0.70}


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({}, ""),
        ({"levels": 7}, ""),
        ({"levels": LEVELS | {"named": "most"}}, ""),
        (
            {"levels": LEVELS, "yardstick": "votes"},
            " On the validation images of its training it named 72% of the faces: 9 of 10 of these labels are what "
            "most people say. It said “probably” for 20%: 7 of 10 of these are.",
        ),
        (
            {"levels": LEVELS, "yardstick": "labels"},
            " On the validation images of its training it named 72% of the faces: 9 of 10 of these labels are as in "
            "the data set. It said “probably” for 20%: 7 of 10 of these are.",
        ),
    ],
)
def test_the_slider_says_what_probably_means_as_far_as_the_card_does(figures, words):
    card = replace(make_card(unsure_below=0.4, named_from=0.62), metrics={"validation": figures})

    assert settings._levels(card) == f" From 0.62 on a label is named; in between it says “probably”.{words}"


# States


@pytest.mark.parametrize(
    ("faces", "state", "kind"),
    [
        ((make_emotion(),), LiveState.FINE, "ok"),
        ((make_emotion(doubts=(Doubt.TOO_DARK,)),), LiveState.POOR_VIEW, "warn"),
        ((), LiveState.NO_FACE, "warn"),
    ],
)
def test_each_state_of_the_view_has_its_notice(page, monkeypatch, faces, state, kind):
    monkeypatch.setattr(live_session, "NO_FACE_S", 0.2)
    session = session_of(page)

    class Judged:
        settings = None
        min_hits = 2

        def process(self, frame_bgr: np.ndarray, captured_at_s: float) -> Any:
            return make_result(*faces, at_s=captured_at_s)

    monkeypatch.setattr(session, "_make_pipeline", lambda *_: cast(EmotionPipeline, Judged()))
    film(session, textured_frame(320, 240), state)

    page.run()

    assert_fine(page)
    assert notice(page)[0] == kind
    if Doubt.TOO_DARK in [doubt for face in faces for doubt in face.doubts]:
        assert "light" in notice(page)[1]


def test_a_pipeline_of_stand_ins_is_heard_of(page, monkeypatch):
    session = session_of(page)
    monkeypatch.setattr(session, "_make_pipeline", lambda *_: fake_pipeline(FakeDetector([make_face()])))
    film(session, textured_frame(), LiveState.FINE)

    assert notice(page)[1].startswith("1 face in view")


def test_a_model_of_ones_own_can_be_chosen(own_model, calls):
    page = open_page(MAIN)
    assert page.selectbox(key="model").options == ["default", "mine"]

    page.selectbox(key="model").select("mine").run()

    assert_fine(page)
    assert session_of(page).settings.model == "mine"


@pytest.mark.parametrize("damage", ["model.tflite", "card.json"])
def test_a_damaged_model_shows_its_sentence_and_no_traceback(own_model, calls, damage, astronaut_bgr):
    page = open_page(MAIN)
    page.selectbox(key="model").select("mine").run()
    (own_model / damage).write_bytes(b"{ damaged")
    session = session_of(page)

    film(session, astronaut_bgr, LiveState.FAILED)
    page.run()

    assert_fine(page)
    kind, text = notice(page)
    assert kind == "error"
    assert "models/mine: expected" in text, "the model is named, without its place on the server"
    assert page.selectbox(key="model").value == "mine", "it stays chosen, so that the words make sense"
    session.close()


def test_the_streams_frame_begins_anew_only_after_a_whole_run_without_it(calls, page):
    memory = page.session_state["stage_memory"]

    page.run()
    memory.runs -= 1  # as if that run had been interrupted before its end
    page.run()
    memory.shows_picture = True
    page.run()
    memory.shows_picture = False
    page.run()
    page.run()

    assert [call["is_on_page"] for call in calls] == [False, True, True, False, True]
