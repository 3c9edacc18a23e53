"""Recording without a page: what is kept, what ends it, and that nothing of it disturbs the video."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import text

from app.live.session import LiveSession
from app.live.types import LiveState, highest_face_of
from app.recording import consent, recording
from app.recording import watch as recording_watch
from app.recording.markers import SessionMarkers
from app.recording.recording import Recording
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.participants import participants
from app.store.privacy import delete_session
from app.store.samples import read_samples
from app.store.session_parts import markers
from app.store.sessions import session, sessions
from fer_core.expressions.card import ModelCard
from fer_core.results import FrameResult
from tests.helpers import REPOSITORY
from tests.helpers.faces import (
    FakeDetector,
    fake_pipeline,
    make_emotion,
    make_face,
    make_result,
    textured_frame,
    wait_until,
)
from tests.helpers.recordings import CARD, WISH, begin, feed, result

# What is kept


def test_a_recording_is_a_closed_session_of_what_was_agreed_to(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=10.0))
    for _ in range(5):
        feed(one, result())
        time.sleep(0.11)

    view = one.stop()

    (kept,) = sessions(store)
    assert (kept.participant, kept.title, kept.source, kept.state) == ("P01", "First look", "live", "closed")
    assert (kept.consent_version, kept.rate_per_s, kept.utc_offset_min) == (consent.CONSENT_VERSION, 10.0, 60)
    assert kept.consent_at is not None
    assert kept.model_sha256 == CARD.sha256["model.tflite"]
    assert kept.video_file is None
    assert view.ended
    assert view.reason == view.problem == ""
    assert 3 <= view.samples == len(read_samples(store, kept.id).time_s) <= 5
    assert kept.duration_s == pytest.approx(view.seconds, abs=0.3)


def test_the_chosen_rate_is_kept(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=2.0))
    start_s = time.monotonic()
    feed(one, *(make_result(make_emotion(), at_s=start_s + i / 20) for i in range(40)))

    assert one.stop().samples in (4, 5)


def test_two_sessions_of_one_name_are_one_participants(store: Store, made):
    begin(store, made).stop()
    begin(store, made).stop()

    assert [person.name for person in participants(store)] == ["P01"]
    assert len(sessions(store)) == 2


@pytest.mark.parametrize("wish", [replace(WISH, participant="  "), replace(WISH, title="")])
def test_without_a_name_or_a_title_nothing_begins(store: Store, wish):
    with pytest.raises(StoreError):
        Recording.start(store, wish, CARD)

    assert sessions(store) == []


def test_what_comes_after_the_end_is_not_kept(store: Store, made):
    one = begin(store, made)
    one.stop()

    feed(one, result())

    assert len(read_samples(store, one.session_id).time_s) == 0


def test_stopping_twice_at_once_ends_it_once(store: Store, made):
    one = begin(store, made)
    feed(one, result())
    threads = [threading.Thread(target=one.stop) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert one.view().ended
    assert session(store, one.session_id).state == "closed"


def test_a_server_that_is_asked_to_end_closes_it_properly(tmp_path: Path):
    child = """
import time
import numpy as np
from app.recording.recording import Recording
from app.recording.types import RecordingChoices
from app.store.database import open_store
from tests.helpers.faces import make_card
one = Recording.start(open_store(), RecordingChoices("P01", "Cut short", with_video=True), make_card())
for _ in range(5):
    one.on_picture(lambda: np.zeros((48, 64, 3), np.uint8), time.monotonic())
    time.sleep(0.1)
"""
    subprocess.run(
        [sys.executable, "-c", child],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        check=True,
        timeout=120,
    )

    store = open_store()
    (kept,) = sessions(store)
    assert kept.state == "closed"
    assert (store.videos / str(kept.video_file)).is_file()
    store.close()


# What ends it


def test_a_lost_camera_closes_it_where_the_last_picture_came(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording, "GRACE_S", 1.0)
    monkeypatch.setattr(recording, "FRAMES_LOST_S", 0.3)
    one = begin(store, made)
    feed(one, result())

    wait_until(lambda: one.view().closes_in_s is not None)
    wait_until(lambda: one.view().ended)

    assert "No video came" in one.view().reason
    assert session(store, one.session_id).state == "closed"
    assert session(store, one.session_id).duration_s == pytest.approx(0.0, abs=0.6)
    assert len(read_samples(store, one.session_id).time_s) == 1


def test_it_goes_on_when_pictures_return_in_time(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording, "GRACE_S", 3.0)
    monkeypatch.setattr(recording, "FRAMES_LOST_S", 0.2)
    one = begin(store, made)
    feed(one, result())
    wait_until(lambda: one.view().closes_in_s is not None)

    feed(one, result())

    assert one.view().closes_in_s is None
    assert not one.view().ended
    assert one.stop().samples == 2


def test_it_waits_anew_for_a_camera_that_has_to_be_started_again(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording, "GRACE_S", 2.0)
    monkeypatch.setattr(recording, "FRAMES_LOST_S", 0.2)
    one = begin(store, made)
    feed(one, result())
    wait_until(lambda: (one.view().closes_in_s or 9.0) < 1.0)

    one.wait_anew()

    assert (one.view().closes_in_s or 0.0) > 1.5, "and it says so at once"
    wait_until(lambda: one.view().ended)
    assert session(store, one.session_id).duration_s == pytest.approx(0.0, abs=0.6), "it ends with the last picture"


def test_it_has_a_longest_time(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording, "MAX_RECORDING_S", 1.0)
    one = begin(store, made)

    def go_on() -> bool:
        feed(one, result())
        time.sleep(0.05)
        return one.view().ended

    wait_until(go_on)

    assert one.view().reason.startswith("A recording lasts at most")
    assert session(store, one.session_id).duration_s == pytest.approx(1.0, abs=0.05)


def test_another_model_ends_it_with_a_sentence(store: Store, made):
    one = begin(store, made)
    feed(one, result())
    feed(one, result(), card=replace(CARD, sha256={"model.tflite": "1" * 64}))

    wait_until(lambda: one.view().ended)

    assert "model was changed" in one.view().reason
    assert len(read_samples(store, one.session_id).time_s) == 1


def test_deleting_the_session_ends_it_and_leaves_no_video(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    for _ in range(3):
        one.on_picture(lambda: textured_frame(64, 48), time.monotonic())
        time.sleep(0.1)
    delete_session(store, one.session_id)

    wait_until(lambda: one.view().ended)

    assert "deleted" in one.view().problem
    assert list(store.videos.glob("*")) == []


def test_a_database_that_fails_is_said_and_the_rest_is_stored_when_it_works_again(store: Store, made):
    one = begin(store, made)
    with store.write() as connection:
        connection.execute(text("ALTER TABLE samples RENAME TO elsewhere"))
    feed(one, result())
    wait_until(lambda: one.view().problem != "")
    with store.write() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO samples"))

    wait_until(lambda: one.view().samples == 1)

    assert one.view().problem == ""


# What the live analysis hands over


class Broken:
    """A listener that fails at everything."""

    def __init__(self) -> None:
        self.results = self.pictures = 0

    def on_result(self, result: FrameResult, card: ModelCard) -> None:
        self.results += 1
        raise OSError("no space left")

    def on_picture(self, shown_bgr: Callable[[], np.ndarray], at_s: float) -> None:
        self.pictures += 1
        raise OSError("no space left")


@pytest.fixture
def live() -> Iterator[LiveSession]:
    """A live session of stand-ins that finds one face."""
    session = LiveSession(lambda *_: fake_pipeline(FakeDetector([make_face()])))
    yield session
    session.close()


def show(live: LiveSession) -> np.ndarray:
    """A frame through the live session; gives what the viewer sees."""
    return live.on_frame(av.VideoFrame.from_ndarray(textured_frame(), format="bgr24")).to_ndarray(format="bgr24")


def test_a_listener_that_fails_ends_neither_video_nor_analysis(live: LiveSession):
    listener = Broken()
    live.listener = listener

    def step() -> bool:
        show(live)
        return listener.results > 2

    wait_until(step)

    assert listener.pictures > 2
    assert live.status().state in (LiveState.FINE, LiveState.STARTING)
    assert live.latest is not None


def test_a_live_session_feeds_its_recording(store: Store, made, live: LiveSession):
    one = begin(store, made, replace(WISH, with_video=True))
    live.listener = one

    def step() -> bool:
        show(live)
        return one.view().samples > 0

    wait_until(step)
    live.listener = None
    stored = one.stop().samples
    show(live)

    assert len(read_samples(store, one.session_id).time_s) == stored > 0
    assert (store.videos / str(session(store, one.session_id).video_file)).is_file()


# Its end, whatever happens


def test_a_lost_camera_ends_tasks_and_ranges_where_the_session_ends(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording, "GRACE_S", 2.0)
    one = begin(store, made)
    one.markers.start_task("Film")
    one.markers.start_range()
    feed(one, result())

    wait_until(lambda: one.view().ended)

    ended_ms = (session(store, one.session_id).duration_s or 0) * 1000
    ends = {marker.kind: marker.end_ms or marker.time_ms for marker in markers(store, one.session_id)}
    assert ended_ms < 1500
    assert ends["task_end"] == pytest.approx(ended_ms, abs=50)
    assert ends["exclude"] == pytest.approx(ended_ms, abs=50)


@pytest.mark.parametrize("method", ["keep_open_range", "close"])
def test_an_error_that_nobody_thought_of_keeps_a_lost_camera_from_nothing(store: Store, made, monkeypatch, method):
    monkeypatch.setattr(recording, "GRACE_S", 1.0)
    monkeypatch.setattr(SessionMarkers, method, surprise)
    one = begin(store, made)
    feed(one, result())

    wait_until(lambda: one.view().ended)

    assert session(store, one.session_id).state == "closed"


def test_an_error_that_stays_ends_it_properly_with_a_sentence(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording_watch, "SURPRISE_S", 0.5)
    monkeypatch.setattr(Recording, "_look", surprise)
    one = begin(store, made)
    feed(one, result())

    wait_until(lambda: one.view().ended)

    assert "unexpected" in one.view().reason
    assert session(store, one.session_id).state == "closed"
    assert one.view().samples == 1


def surprise(*_: object) -> None:
    raise RuntimeError("nobody thought of this")


def test_the_highest_face_is_known_for_another_live_session(store: Store, made):
    one = begin(store, made)
    feed(one, result(face=3), result(face=2))

    assert highest_face_of(one) == 3
