"""Recording without a page: what is kept, what ends it, and that nothing of it disturbs the video."""

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import text

from app import consent, recording, recording_baseline
from app.live_session import LiveSession
from app.live_types import LiveState
from app.recording import Recording
from app.recording_markers import SessionMarkers
from app.recording_types import Wish
from app.recording_video import VideoTrack, rescue_half_videos
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.participants import baselines, participants
from app.store.privacy import delete_session
from app.store.records import Marker
from app.store.samples import read_samples
from app.store.session_parts import markers
from app.store.sessions import session, sessions
from fer_core.card import ModelCard
from fer_core.results import Doubt, FrameResult
from fer_core.video_writer import VideoWriter
from tests.conftest import REPOSITORY
from tests.helpers import (
    FakeDetector,
    fake_pipeline,
    make_card,
    make_emotion,
    make_face,
    make_result,
    textured_frame,
    wait_until,
)

CARD = make_card()
MAIN_FOLDER = Path(__file__).resolve().parents[2]
WISH = Wish("P01", "First look", utc_offset_min=60)


@pytest.fixture
def store() -> Iterator[Store]:
    """An empty SQLite store in the test's own home."""
    opened = open_store()
    yield opened
    opened.close()


@pytest.fixture
def made(store: Store) -> Iterator[list[Recording]]:
    """What the test begins; ended with it."""
    made: list[Recording] = []
    yield made
    for one in made:
        one.stop()


def begin(store: Store, made: list[Recording], wish: Wish = WISH, card: ModelCard = CARD) -> Recording:
    made.append(Recording.start(store, wish, card))
    return made[-1]


def result(emotion: str = "happy", *, face: int = 1, doubts: tuple[Doubt, ...] = ()) -> FrameResult:
    """What a face shows now."""
    return make_result(make_emotion(emotion, face=make_face(track_id=face), doubts=doubts), at_s=time.monotonic())


def feed(one: Recording, *results: FrameResult, card: ModelCard = CARD) -> None:
    for each in results:
        one.on_picture(np.zeros((48, 64, 3), np.uint8), each.captured_at_s)
        one.on_result(each, card)


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
from app.recording import Recording
from app.recording_types import Wish
from app.store.database import open_store
from tests.helpers import make_card
one = Recording.start(open_store(), Wish("P01", "Cut short", with_video=True), make_card())
for _ in range(5):
    one.on_picture(np.zeros((48, 64, 3), np.uint8), time.monotonic())
    time.sleep(0.1)
"""
    subprocess.run(
        [sys.executable, "-c", child], cwd=MAIN_FOLDER, env=os.environ | {"PYTHONPATH": str(MAIN_FOLDER)}, check=True,
        timeout=120,
    )  # fmt: skip

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

    assert "No pictures came" in one.view().reason
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
        one.on_picture(textured_frame(64, 48), time.monotonic())
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


# Baseline


@pytest.fixture
def short_baseline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No rest before, and the same five seconds in less time."""
    monkeypatch.setattr(recording_baseline, "SETTLE_S", 0.3)


def rest(one: Recording, emotion: str = "neutral", *, doubts: tuple[Doubt, ...] = ()) -> None:
    """Five seconds of a resting face, stamped as they would be and handed over at once; then the time is over."""
    one.measure_baseline()
    start_s = time.monotonic() + recording_baseline.SETTLE_S
    for i in range(101):
        face = make_emotion(emotion, share=0.8, face=make_face(track_id=1), doubts=doubts)
        one.on_result(make_result(face, at_s=start_s + i * 0.0495), CARD)
    assert one._try is not None
    one._try._from_s -= recording_baseline.MEASURE_S + recording_baseline.SETTLE_S + 0.5


@pytest.mark.usefixtures("short_baseline")
def test_a_baseline_is_stored_and_corrects_what_follows(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=20.0))
    assert one.baseline_view().stage == "none"
    feed(one, result("sad"))
    wait_until(lambda: one.view().samples == 1)

    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")
    time.sleep(0.1)
    one._recorder._slot = -1  # the made-up results reached into the future
    feed(one, result("sad"))
    one.stop()

    (stored,) = baselines(store, session_id=one.session_id)
    assert stored.participant_id == one.participant_id
    assert stored.model_sha256 == one.model_sha256
    assert stored.samples >= 90
    assert stored.quality > 0.9
    corrected = read_samples(store, one.session_id).corrected
    assert np.isnan(corrected[0]).all()
    assert not np.isnan(corrected).all(axis=1).all()


@pytest.mark.usefixtures("short_baseline")
@pytest.mark.parametrize(
    ("emotion", "doubts", "word"), [("happy", (), "happy rather than neutral"), ("neutral", (Doubt.TOO_DARK,), "dark")]
)
def test_a_poor_try_is_said_and_can_be_repeated(store: Store, made, emotion, doubts, word):
    one = begin(store, made)

    rest(one, emotion, doubts=doubts)
    wait_until(lambda: one.baseline_view().stage == "failed")

    assert word in " ".join(one.baseline_view().problems)
    assert baselines(store) == []
    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")


def test_the_countdown_runs_from_rest_to_measuring(store: Store, made, monkeypatch):
    monkeypatch.setattr(recording_baseline, "SETTLE_S", 0.5)
    one = begin(store, made)
    one.measure_baseline()
    assert one.baseline_view().stage == "settling"

    wait_until(lambda: one.baseline_view().stage == "measuring")

    assert 4 < one.baseline_view().remaining_s <= 5


@pytest.mark.usefixtures("short_baseline")
def test_a_bystander_is_not_corrected_by_anothers_baseline(store: Store, made):
    one = begin(store, made, replace(WISH, rate_per_s=20.0))
    rest(one)
    wait_until(lambda: one.baseline_view().stage == "in use")
    both = (make_emotion("sad", face=make_face(track_id=2)), make_emotion("sad", face=make_face(track_id=1)))
    time.sleep(0.1)
    one._recorder._slot = -1
    one.on_result(make_result(*both, at_s=time.monotonic()), CARD)
    one.stop()

    samples = read_samples(store, one.session_id)
    (bystander,) = samples.corrected[samples.face == 2]
    assert np.isnan(bystander).all()


# Markers


class Clock:
    """Milliseconds that the test sets."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def marking(store: Store, made) -> tuple[SessionMarkers, Clock, int]:
    clock = Clock()
    session_id = begin(store, made).session_id
    return SessionMarkers(store, session_id, clock), clock, session_id


def without_ids(found: list[Marker]) -> list[Marker]:
    return [replace(marker, id=0) for marker in found]


def test_markers_are_stored_when_they_are_pressed(store: Store, marking):
    mine, clock, session_id = marking
    clock.ms = 1000
    mine.note(" the door ")
    clock.ms = 2000
    mine.start_task("Film")
    assert mine.task == "Film"
    clock.ms = 3000
    mine.start_task("")

    assert without_ids(markers(store, session_id)) == [
        Marker(1000, "note", "the door"),
        Marker(2000, "task_start", "Film"),
        Marker(3000, "task_end", "Film"),
        Marker(3000, "task_start", "Task 2"),
    ]
    assert [marker.text for marker in mine.newest(2)] == ["Task 2", "Film"]


def test_a_range_grows_while_it_is_open(store: Store, marking):
    mine, clock, session_id = marking
    clock.ms = 500
    mine.start_range()
    clock.ms = 4000
    mine.keep_open_range()
    assert without_ids(markers(store, session_id)) == [Marker(500, "exclude", "", 4000)]
    assert mine.open_range is not None
    clock.ms = 4200

    mine.end_range()

    assert without_ids(markers(store, session_id)) == [Marker(500, "exclude", "", 4200)]
    assert mine.open_range is None


def test_the_end_closes_what_is_open(store: Store, made):
    one = begin(store, made)
    one.markers.start_task("Film")
    one.markers.start_range()
    time.sleep(0.05)

    one.stop()

    assert {marker.kind for marker in markers(store, one.session_id)} == {"task_start", "task_end", "exclude"}


# Video


def test_the_video_holds_what_was_shown_and_is_whole_at_the_end(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    shown = textured_frame(128, 96)
    for _ in range(10):
        one.on_picture(shown, time.monotonic())
        time.sleep(0.1)

    one.stop()

    kept = session(store, one.session_id)
    assert kept.video_file is not None
    assert kept.video_consent_at is not None
    with av.open(str(store.videos / kept.video_file)) as container:
        frames = list(container.decode(video=0))
    assert 3 <= len(frames) <= 10
    assert np.abs(frames[-1].to_ndarray(format="bgr24").astype(int) - shown).mean() < 12


def test_the_video_never_makes_the_caller_wait(tmp_path: Path, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(VideoWriter, "write", lambda *_: gate.wait(20) or None)
    track = VideoTrack(tmp_path / "slow.mp4")
    frame = textured_frame(64, 48)
    began_s = time.monotonic()

    for i in range(100):
        track.offer(frame, i / 10)

    waited_s = time.monotonic() - began_s
    gate.set()
    track.close()
    assert waited_s < 5, "the encoder was held for 20 s"


def test_a_video_that_cannot_be_written_is_said_and_the_numbers_go_on(store: Store, made):
    store.videos.parent.mkdir(parents=True, exist_ok=True)
    store.videos.write_text("a file where the folder should be")
    one = begin(store, made, replace(WISH, with_video=True))

    feed(one, result())
    wait_until(lambda: one.view().problem != "")

    assert "video could not be kept" in one.view().problem
    assert one.stop().samples == 1


def test_half_videos_without_a_picture_are_deleted_and_not_spoken_of(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    one.stop()
    store.videos.mkdir(parents=True, exist_ok=True)
    name = session(store, one.session_id).video_file
    half, other = store.videos / f".{name}.0123abcd.part", store.videos / ".another.mp4.0123abcd.part"
    half.write_bytes(b"half")
    other.write_bytes(b"another program is at it")

    assert rescue_half_videos(store, [one.session_id]) == 0
    assert [path.name for path in store.videos.iterdir()] == [other.name]
    assert session(store, one.session_id).video_file is None


KILLED = """
import sys, numpy as np
from app.recording_video import VideoTrack
track = VideoTrack(__import__("pathlib").Path(sys.argv[1]))
for i in range(75):
    track.offer(np.full((48, 64, 3), 3 * i, np.uint8), i / 15)
    while track._waiting.qsize():
        __import__("time").sleep(0.005)
print("there", flush=True)
sys.stdin.read()
"""


def test_of_a_killed_programs_video_all_but_the_last_moments_is_kept(store: Store, made):
    one = begin(store, made, replace(WISH, with_video=True))
    one.stop()
    name = session(store, one.session_id).video_file
    assert name is not None
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(store.videos / name)], cwd=REPOSITORY,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        child.kill()

    assert rescue_half_videos(store, [one.session_id]) == 1

    assert [path.name for path in store.videos.iterdir()] == [name]
    with av.open(str(store.videos / name)) as video:
        times = [frame.time for frame in video.decode(video=0)]
    assert times == sorted(times)
    assert times[0] == 0
    assert times[-1] > 75 / 15 - 2, "two seconds at most are lost"


# What the live analysis hands over


class Broken:
    """A listener that fails at everything."""

    def __init__(self) -> None:
        self.results = self.pictures = 0

    def on_result(self, result: FrameResult, card: ModelCard) -> None:
        self.results += 1
        raise OSError("no space left")

    def on_picture(self, shown_bgr: np.ndarray, at_s: float) -> None:
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


# Consent


def test_whoever_changes_the_words_gives_them_a_new_version():
    words = "".join(
        (consent.STORED, consent.WHERE, consent.MEANING, consent.LAW, consent.YOURS, consent.VIDEO, consent.FILE,
         consent.FILE_VIDEO)
    )  # fmt: skip

    assert (consent.CONSENT_VERSION, hashlib.sha256(words.encode()).hexdigest()[:12]) == ("1", "b6fbb94f98b9")


def test_the_consent_names_the_place_and_the_time():
    words = " ".join(consent.points("/var/lib/fer/sessions.sqlite3", 30))

    assert "/var/lib/fer/sessions.sqlite3" in words
    assert "30 days" in words
    assert "until you delete it" in " ".join(consent.points("x", None))
    for said in ("Article 5(1)(f)", "Expressions are not feelings", "diagnosis", "No pictures"):
        assert said in words
