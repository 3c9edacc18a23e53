"""One viewer's session: the video never waits, nothing queues, no failure ends it, and no thread stays behind."""

import gc
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import av
import numpy as np
import pytest

from app import live_session
from app.live_session import LiveSession, rate_per_s
from app.live_types import LiveState
from fer_core.errors import ArtifactError, FerError
from fer_core.pipeline import EmotionPipeline, PipelineSettings
from fer_core.results import Doubt, FaceEmotion, FrameResult
from tests.helpers import make_emotion, make_result, wait_until

FACE = make_emotion("happy")


class FakePipeline:
    """Answers with `faces`; may be slow, be held at a gate, or fail."""

    def __init__(self) -> None:
        self.settings = PipelineSettings()
        self.faces: tuple[FaceEmotion, ...] = (FACE,)
        self.takes_s = 0.0
        self.error: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.greys: list[int] = []
        self.settings_seen: list[PipelineSettings] = []
        self.threads: set[threading.Thread] = set()
        self.entered = threading.Event()

    def process(self, frame_bgr: np.ndarray, captured_at_s: float) -> FrameResult:
        self.greys.append(round(float(frame_bgr.mean())))
        self.settings_seen.append(self.settings)
        self.threads.add(threading.current_thread())
        self.entered.set()
        assert self.gate.wait(10)
        time.sleep(self.takes_s)
        if self.error:
            raise self.error
        height, width = frame_bgr.shape[:2]
        return make_result(*self.faces, at_s=captured_at_s, resolution_wh=(width, height))


class Factory:
    """Builds pipelines, notes from what and on which thread."""

    def __init__(self, pipeline: FakePipeline) -> None:
        self.pipeline = pipeline
        self.error: FerError | None = None
        self.built: list[tuple[Any, str]] = []
        self.threads: list[threading.Thread] = []

    def __call__(self, detector: Any, model: str) -> EmotionPipeline:
        self.built.append((detector, model))
        self.threads.append(threading.current_thread())
        if self.error:
            raise self.error
        return cast(EmotionPipeline, self.pipeline)


@pytest.fixture
def pipeline() -> FakePipeline:
    return FakePipeline()


@pytest.fixture
def factory(pipeline: FakePipeline) -> Factory:
    return Factory(pipeline)


@pytest.fixture
def session(factory: Factory, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSession]:
    # As fast as the tests like; the pace has a test of its own.
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 1000.0)
    monkeypatch.setattr(live_session, "RETRY_S", 0.05)
    # So that a worker which ends, ends because it was told to.
    monkeypatch.setattr(live_session, "IDLE_S", 60.0)
    session = LiveSession(factory)
    yield session
    pipeline.gate.set()
    session.close()


def video_frame(grey: int = 90, *, width: int = 320, height: int = 240) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width, 3), grey, np.uint8), format="bgr24")


def pixels(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="bgr24")


def is_drawn(frame: av.VideoFrame) -> bool:
    """Whether something stands out of the even grey."""
    return bool(np.ptp(pixels(frame)) > 40)


def feed(session: LiveSession, until: Callable[[], bool]) -> None:
    """Frames at 100 per second until something holds."""

    def step() -> bool:
        session.on_frame(video_frame())
        return until()

    wait_until(step)


def state_of(session: LiveSession) -> LiveState:
    return session.status().state


def workers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "live-analysis"}


# The video


def test_the_first_frame_comes_back_at_once_and_a_later_one_with_the_result(session):
    first = session.on_frame(video_frame())
    feed(session, lambda: session.latest is not None)

    assert not is_drawn(first)
    assert is_drawn(session.on_frame(video_frame()))


def test_the_video_does_not_wait_for_a_slow_analysis(session, pipeline):
    pipeline.takes_s = 0.4
    session.on_frame(video_frame())
    assert pipeline.entered.wait(10)

    taken_s: list[float] = []
    while len(taken_s) < 30:
        started_s = time.perf_counter()
        session.on_frame(video_frame())
        taken_s.append(time.perf_counter() - started_s)
        time.sleep(0.01)

    assert np.median(taken_s) < 0.1 * pipeline.takes_s
    assert len(pipeline.greys) <= 3


def test_nothing_queues_only_the_newest_frame_is_analysed(session, pipeline):
    pipeline.gate.clear()
    session.on_frame(video_frame(10))
    assert pipeline.entered.wait(10)

    for grey in range(20, 120, 10):
        session.on_frame(video_frame(grey))
    pipeline.gate.set()
    wait_until(lambda: len(pipeline.greys) == 2)
    time.sleep(0.1)

    assert pipeline.greys == [10, 110]


def test_each_frame_is_analysed_at_most_once(session, pipeline):
    session.on_frame(video_frame(50))
    wait_until(lambda: len(pipeline.greys) == 1)
    time.sleep(0.1)

    assert pipeline.greys == [50]


def test_there_are_no_more_results_than_eyes_can_see(factory, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 20.0)
    session = LiveSession(factory)
    started_s = time.monotonic()
    feed(session, lambda: time.monotonic() - started_s > 0.6)
    session.close()

    assert 2 <= len(pipeline.greys) <= 0.6 * 20 + 3


def test_results_carry_the_time_at_which_their_frame_came(session):
    before_s = time.monotonic()
    session.on_frame(video_frame())
    after_s = time.monotonic()
    wait_until(lambda: len(session.history) == 1)

    (result,) = session.history.snapshot()
    assert before_s <= result.captured_at_s <= after_s
    assert result.captured_at_s + session.wall_clock_offset_s == pytest.approx(time.time(), abs=5)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (33, 17), (1, 1), (2, 2), (321, 240), (320, 241)])
def test_a_frame_comes_back_in_its_own_size_with_its_picture(session, width, height):
    for _ in range(2):
        back = session.on_frame(video_frame(120, width=width, height=height))
        wait_until(lambda: len(session.history) >= 1)

        assert (back.width, back.height) == (width, height)
    assert np.median(pixels(session.on_frame(video_frame(120, width=width, height=height)))) != 0


def test_a_picture_without_a_result_keeps_its_colours(session):
    colours = np.zeros((240, 320, 3), np.uint8)
    colours[:, :160] = (200, 60, 40)
    colours[:, 160:] = (30, 90, 220)

    session.settings = replace(session.settings, mirror=False)
    back = pixels(session.on_frame(av.VideoFrame.from_ndarray(colours, format="bgr24"))).astype(int)

    assert np.abs(back[:, :150] - (200, 60, 40)).max() <= 4
    assert np.abs(back[:, 170:] - (30, 90, 220)).max() <= 4


@pytest.mark.parametrize("source_format", ["yuv420p", "bgr24", "rgba"])
def test_frames_of_any_format_are_taken(session, source_format):
    back = session.on_frame(video_frame(100).reformat(format=source_format))

    # Each conversion of FFmpeg's loses a grey value or two.
    assert pixels(back).mean() == pytest.approx(100, abs=8)


def test_the_picture_is_mirrored_unless_switched_off(session):
    left_bright = np.zeros((240, 320, 3), np.uint8)
    left_bright[:, :160] = 200
    frame = av.VideoFrame.from_ndarray(left_bright, format="bgr24")

    session.settings = replace(session.settings, overlay="nothing")
    mirrored = pixels(session.on_frame(frame))
    session.settings = replace(session.settings, mirror=False)
    plain = pixels(session.on_frame(frame))

    assert mirrored[:, 170:].mean() > 190 > 10 > mirrored[:, :150].mean()
    assert plain[:, :150].mean() > 190 > 10 > plain[:, 170:].mean()


def test_an_old_result_is_no_longer_drawn(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "STALE_S", 0.2)
    feed(session, lambda: session.latest is not None)
    pipeline.gate.clear()

    feed(session, lambda: session.latest is None)

    assert not is_drawn(session.on_frame(video_frame()))


# Failures


@pytest.mark.parametrize(
    "error", [FerError("The model is gone."), ValueError("bad"), RuntimeError("bad"), OSError("bad")]
)
def test_a_failing_analysis_is_told_the_video_goes_on_and_it_recovers(session, pipeline, factory, error):
    feed(session, lambda: session.latest is not None)
    pipeline.error = error

    feed(session, lambda: state_of(session) is LiveState.FAILED)
    message = session.status().message
    assert message == ("The model is gone." if isinstance(error, FerError) else "The analysis stopped: bad")
    back = session.on_frame(video_frame())
    assert (back.width, back.height) == (320, 240)
    assert not is_drawn(back), "the last result is not shown on and on"

    pipeline.error = None
    feed(session, lambda: state_of(session) is LiveState.FINE)
    assert session.status().message == ""
    assert len(factory.built) > 1, "after a failure the parts are built anew"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    "error", [KeyError("bad"), TypeError("bad"), IndexError("bad"), ZeroDivisionError("bad"), MemoryError("bad")]
)
def test_an_error_that_nobody_thought_of_is_told_too_and_recovers(session, pipeline, error):
    feed(session, lambda: session.latest is not None)
    pipeline.error = error
    failed_s = time.monotonic()

    feed(session, lambda: state_of(session) is LiveState.FAILED or time.monotonic() - failed_s > 0.5)
    assert state_of(session) is LiveState.FAILED

    pipeline.error = None
    feed(session, lambda: state_of(session) is LiveState.FINE)


def test_a_model_that_cannot_be_loaded_is_told_in_its_own_words(session, factory):
    factory.error = ArtifactError("models/mine", expected="card.json", found="nothing", remedy="Export it.")

    feed(session, lambda: state_of(session) is LiveState.FAILED)

    assert session.status().message == "models/mine: expected card.json, found nothing. Export it."
    factory.error = None
    feed(session, lambda: state_of(session) is LiveState.FINE)


def test_after_a_failure_it_waits_before_it_tries_again(session, pipeline, factory, monkeypatch):
    monkeypatch.setattr(live_session, "RETRY_S", 0.3)
    pipeline.error = ValueError("bad")
    started_s = time.monotonic()

    feed(session, lambda: time.monotonic() - started_s > 0.75)

    assert 2 <= len(factory.built) <= 4


def test_a_frame_that_cannot_be_drawn_on_is_shown_as_it_came(session, monkeypatch, caplog):
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("drawing")

    monkeypatch.setattr(live_session, "annotate", fail)
    frame = video_frame()

    assert session.on_frame(frame) is frame
    assert "Drawing failed" in caplog.text
    monkeypatch.undo()
    assert session.on_frame(frame) is not frame


# Settings


def test_the_pipeline_is_built_on_the_workers_thread(session, factory, pipeline):
    feed(session, lambda: session.latest is not None)

    assert factory.built == [(None, "default")]
    assert set(factory.threads) == pipeline.threads
    assert threading.current_thread() not in pipeline.threads


@pytest.mark.parametrize(
    ("change", "built"), [({"detector": "haar"}, ("haar", "default")), ({"model": "m2"}, (None, "m2"))]
)
def test_another_detector_or_model_is_built_in_the_worker_without_stopping_it(session, factory, change, built):
    feed(session, lambda: session.latest is not None)

    session.settings = replace(session.settings, **change)
    feed(session, lambda: len(factory.built) == 2)

    assert factory.built[1] == built
    assert factory.threads[0] is factory.threads[1]


def test_thresholds_reach_the_pipeline_without_building_it_anew(session, factory, pipeline):
    feed(session, lambda: session.latest is not None)
    wanted = PipelineSettings(unsure_below=0.77)

    session.settings = replace(session.settings, pipeline=wanted)
    feed(session, lambda: pipeline.settings_seen[-1] is wanted)

    assert len(factory.built) == 1


def test_the_overlay_is_changed_on_the_next_frame(session):
    feed(session, lambda: session.latest is not None)
    assert is_drawn(session.on_frame(video_frame()))

    session.settings = replace(session.settings, overlay="nothing")

    assert not is_drawn(session.on_frame(video_frame()))


def test_while_paused_the_video_goes_on_and_the_analysis_rests(session, pipeline):
    feed(session, lambda: session.latest is not None)
    session.settings = replace(session.settings, paused=True)
    time.sleep(0.05)
    count = len(pipeline.greys)

    for _ in range(20):
        back = session.on_frame(video_frame())
        time.sleep(0.005)

    assert not is_drawn(back)
    assert len(pipeline.greys) == count
    assert state_of(session) is LiveState.PAUSED
    assert session.latest is not None, "what is on screen can still be read"

    session.settings = replace(session.settings, paused=False)
    feed(session, lambda: len(pipeline.greys) > count)


# States


def test_before_the_first_frame_there_are_none(session):
    status = session.status()

    assert status.state is LiveState.NO_FRAMES
    assert (status.faces, status.results_per_s, status.frames_per_s, status.latency_ms) == (0, 0, 0, None)


def test_it_is_starting_until_the_first_result(session, pipeline):
    pipeline.gate.clear()
    session.on_frame(video_frame())

    assert state_of(session) is LiveState.STARTING


def test_a_good_view_is_fine_and_counted(session, pipeline):
    pipeline.faces = (FACE, FACE)
    pipeline.takes_s = 0.02

    feed(session, lambda: len(session.history) >= 3)
    status = session.status()

    assert status.state is LiveState.FINE
    assert status.faces == 2
    assert status.results_per_s > 1
    assert status.frames_per_s >= status.results_per_s
    assert status.latency_ms is not None
    assert status.latency_ms >= 20


def test_only_poor_views_are_a_poor_view(session, pipeline):
    dark = make_emotion(doubts=(Doubt.TOO_DARK,))
    pipeline.faces = (dark, dark)
    feed(session, lambda: state_of(session) is LiveState.POOR_VIEW)

    pipeline.faces = (dark, FACE)
    feed(session, lambda: state_of(session) is LiveState.FINE)


def test_a_face_of_which_the_network_is_not_sure_is_no_poor_view(session, pipeline):
    pipeline.faces = (make_emotion(doubts=(Doubt.NOT_CONFIDENT,)),)

    feed(session, lambda: session.latest is not None)

    assert state_of(session) is LiveState.FINE


def test_no_face_is_told_only_after_a_while(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "NO_FACE_S", 0.3)
    pipeline.faces = ()
    started_s = time.monotonic()

    feed(session, lambda: session.latest is not None)
    assert state_of(session) is LiveState.FINE
    feed(session, lambda: state_of(session) is LiveState.NO_FACE)

    assert time.monotonic() - started_s > 0.3
    pipeline.faces = (FACE,)
    feed(session, lambda: state_of(session) is LiveState.FINE)


def test_frames_that_stop_are_told_and_so_is_their_return(session, monkeypatch):
    monkeypatch.setattr(live_session, "FRAMES_LOST_S", 0.15)
    feed(session, lambda: state_of(session) is LiveState.FINE)

    wait_until(lambda: state_of(session) is LiveState.LOST)
    feed(session, lambda: state_of(session) is LiveState.FINE)


def test_after_the_end_it_is_as_before_the_start(session):
    feed(session, lambda: session.latest is not None)

    session.close()

    assert state_of(session) is LiveState.NO_FRAMES
    assert len(session.history) > 0, "what was seen stays to be looked at"


@pytest.mark.parametrize(
    ("times_s", "expected"),
    [([], 0), ([5.0], 0), ([5.0, 5.0], 0), ([0.0, 1.0], 1), ([0.0, 0.1, 0.2, 0.3], 10), ([10.0, 10.5, 12.0], 1)],
)
def test_a_rate_counts_gaps_not_events(times_s, expected):
    assert rate_per_s(times_s) == pytest.approx(expected)


# Threads


def test_without_frames_there_is_no_thread(factory):
    before = workers()

    LiveSession(factory)

    assert workers() == before


def test_all_frames_share_one_worker(session):
    before = workers()
    feed(session, lambda: len(session.history) > 2)

    assert len(workers() - before) == 1


def test_close_returns_at_once_and_the_worker_ends(session, pipeline):
    before = workers()
    feed(session, lambda: session.latest is not None)
    pipeline.gate.clear()
    pipeline.entered.clear()
    feed(session, pipeline.entered.is_set)

    started_s = time.perf_counter()
    session.close()
    assert time.perf_counter() - started_s < 0.5
    pipeline.gate.set()

    wait_until(lambda: workers() <= before)


def test_ten_starts_and_stops_leave_no_thread_behind(session):
    before = workers()

    for _ in range(10):
        session.history.clear()
        feed(session, lambda: len(session.history) > 0)
        session.close()

    wait_until(lambda: workers() <= before)


def test_an_idle_worker_ends_and_the_next_frame_starts_another(session, factory, monkeypatch):
    monkeypatch.setattr(live_session, "IDLE_S", 0.1)
    before = workers()
    feed(session, lambda: session.latest is not None)

    wait_until(lambda: workers() <= before)
    session.history.clear()
    feed(session, lambda: len(session.history) > 0)

    assert len(factory.built) == 2
    wait_until(lambda: workers() <= before)


def test_closing_twice_or_unused_is_harmless(factory):
    session = LiveSession(factory)
    session.close()
    session.close()

    session.on_frame(video_frame())
    session.close()
    session.close()


def test_several_viewers_do_not_see_each_others_results(pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 1000.0)
    other = FakePipeline()
    other.faces = ()
    sessions = [LiveSession(Factory(p)) for p in (pipeline, other)]

    for session in sessions:
        feed(session, lambda session=session: session.latest is not None)  # type: ignore[misc]

    assert len(sessions[0].history.snapshot()[0].faces) == 1
    assert len(sessions[1].history.snapshot()[0].faces) == 0
    for session in sessions:
        session.close()


def test_a_slow_viewer_holds_nobody_for_longer_than_its_own_analysis(pipeline, monkeypatch):
    """The slots for analysis are given back after a failure too."""
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 1000.0)
    monkeypatch.setattr(live_session, "RETRY_S", 0.01)
    monkeypatch.setattr(live_session, "_analysis_slots", threading.BoundedSemaphore(1))
    failing = FakePipeline()
    failing.error = ValueError("bad")
    bad, good = LiveSession(Factory(failing)), LiveSession(Factory(pipeline))

    feed(bad, lambda: len(failing.greys) >= 3)
    feed(good, lambda: len(good.history) > 0)

    bad.close()
    good.close()


def test_a_session_that_is_let_go_is_freed(factory):
    before = workers()

    def use() -> weakref.ref[LiveSession]:
        session = LiveSession(factory)
        feed(session, lambda: session.latest is not None)
        session.close()
        return weakref.ref(session)

    gone = use()

    def freed() -> bool:
        gc.collect()
        return gone() is None

    wait_until(freed)
    wait_until(lambda: workers() <= before)
