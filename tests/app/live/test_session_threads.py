"""One viewer's session has one worker, waits for nobody, and leaves no thread behind."""

import gc
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.live import session as live_session
from app.live.analysis_slots import AnalysisSlots
from app.live.channel import channel_of
from app.live.session import LiveSession
from app.live.types import LiveState
from app.live.viewers import Viewers
from fer_core.history import EmotionHistory
from tests.helpers.faces import FakeDetector, fake_pipeline, make_face, wait_until
from tests.helpers.live_sessions import Factory, FakePipeline, feed, state_of, video_frame, workers


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
    feed(session, pipeline.held.is_set)

    started_s = time.perf_counter()
    session.close()
    assert time.perf_counter() - started_s < 0.5
    pipeline.gate.set()

    wait_until(lambda: workers() <= before)


def test_ten_starts_and_stops_leave_no_thread_behind(session, pipeline):
    before = workers()

    for _ in range(10):
        session.history.clear()
        feed(session, lambda: len(session.history) > 0)
        session.close()

    wait_until(lambda: workers() <= before)
    assert len(pipeline.threads) >= 10, "each start had a worker of its own"


def test_an_idle_worker_ends_and_the_next_frame_starts_another(session, factory, monkeypatch):
    monkeypatch.setattr(live_session, "IDLE_S", 0.1)
    before = workers()
    feed(session, lambda: session.latest is not None)

    wait_until(lambda: workers() <= before)
    built = len(factory.built)
    monkeypatch.setattr(live_session, "IDLE_S", 60.0)
    session.history.clear()
    feed(session, lambda: len(session.history) > 0)

    assert len(factory.built) == built + 1
    session.close()
    wait_until(lambda: workers() <= before)


def test_closing_twice_or_unused_is_harmless(factory):
    session = LiveSession(factory)
    session.close()
    session.close()
    assert state_of(session) is LiveState.NO_FRAMES

    session.on_frame(video_frame())
    session.close()
    session.close()
    assert state_of(session) is LiveState.NO_FRAMES


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
    slots = AnalysisSlots(1)
    monkeypatch.setattr(live_session, "analysis_slots", lambda: slots)
    failing = FakePipeline()
    failing.error = ValueError("bad")
    bad, good = LiveSession(Factory(failing)), LiveSession(Factory(pipeline))

    feed(bad, lambda: len(failing.greys) >= 3)
    feed(good, lambda: len(good.history) > 0)

    assert len(bad.history) == 0
    assert good.status().state is LiveState.FINE
    bad.close()
    good.close()


def test_a_viewer_who_pauses_while_waiting_in_line_is_not_analysed(pipeline, monkeypatch):
    slots = AnalysisSlots(1)
    monkeypatch.setattr(live_session, "analysis_slots", lambda: slots)
    held, other = FakePipeline(), LiveSession(Factory(pipeline))
    held.gate.clear()
    first = LiveSession(Factory(held))
    first.on_frame(video_frame())
    assert held.entered.wait(10), "the only slot is taken"
    other.on_frame(video_frame(50))
    wait_until(lambda: slots.waiting == 1)

    other.settings = replace(other.settings, paused=True)
    held.gate.set()
    wait_until(lambda: slots.turns.count == 2)
    other.settings = replace(other.settings, paused=False)
    wait_until(lambda: other.on_frame(video_frame(200)) is not None and 200 in pipeline.greys)

    assert 50 not in pipeline.greys
    first.close()
    other.close()


def test_a_session_that_is_let_go_is_freed(factory):
    before = workers()

    def use() -> weakref.ref[LiveSession]:
        session = LiveSession(factory)
        feed(session, lambda: session.latest is not None)
        session.close()
        return weakref.ref(session)

    gone = use()
    assert factory.built, "it was used"

    def freed() -> bool:
        gc.collect()
        return gone() is None

    wait_until(freed)
    wait_until(lambda: workers() <= before)


def test_after_close_and_a_restart_the_old_worker_reports_nothing(session, pipeline, monkeypatch):
    slots = AnalysisSlots(2)
    monkeypatch.setattr(live_session, "analysis_slots", lambda: slots)
    before = workers()
    pipeline.gate.clear()
    session.on_frame(video_frame(10))
    assert pipeline.entered.wait(10)
    session.close()
    pipeline.entered.clear()
    session.on_frame(video_frame(20))
    assert pipeline.entered.wait(10), "the new worker is at it, beside the old one"
    assert len(workers() - before) == 2

    pipeline.gate.set()
    wait_until(lambda: len(session.history) > 0 and len(workers() - before) == 1)

    assert len(session.history) == 1, "of the new one alone"


def test_an_old_workers_failure_is_not_told(session, pipeline):
    pipeline.gate.clear()
    pipeline.error = ValueError("old")
    session.on_frame(video_frame())
    assert pipeline.entered.wait(10)
    (old,) = pipeline.threads
    session.close()

    pipeline.gate.set()
    old.join(10)

    assert session.status().message == ""


def numbers_after(session: LiveSession, known: set[int | None]) -> set[int | None]:
    """Feed until a face has a number that was not there before; gives all numbers of the rolling history."""

    def numbers() -> set[int | None]:
        return {face.face.track_id for result in session.history.snapshot() for face in result.faces}

    feed(session, lambda: bool(numbers() - known))
    return numbers()


@pytest.fixture
def tracked(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSession]:
    """A live session of stand-ins with a real tracker, which finds one face."""
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 1000.0)
    monkeypatch.setattr(live_session, "RETRY_S", 0.01)
    session = LiveSession(lambda *_: fake_pipeline(FakeDetector([make_face()])))
    session.history = EmotionHistory(min_interval_s=0.001)
    yield session
    session.close()


@pytest.mark.parametrize("how", ["closed", "silent", "another detector"])
def test_another_worker_or_pipeline_gives_no_number_again(tracked, monkeypatch, how):
    before = workers()
    assert numbers_after(tracked, set()) == {1}
    if how == "closed":
        tracked.close()
    elif how == "silent":
        monkeypatch.setattr(live_session, "IDLE_S", 0.05)
        tracked.close()
        tracked.on_frame(video_frame())
        wait_until(lambda: workers() <= before)
    else:
        tracked.settings = replace(tracked.settings, detector="haar")

    numbers = numbers_after(tracked, {1})

    assert numbers > {1}


class Keeps:
    """A listener that has seen faces elsewhere."""

    highest_face = 7

    def on_result(self, *_: object) -> None: ...

    def on_picture(self, *_: object) -> None: ...


def test_a_listener_that_keeps_numbers_gets_none_of_them_again(tracked):
    numbers_after(tracked, set())

    tracked.listener = Keeps()

    assert numbers_after(tracked, {1}) == {1, 8}


def test_a_session_that_nobody_holds_is_gone_at_once_and_its_key_with_it(pipeline):
    session = LiveSession(Factory(pipeline))
    gone, key = weakref.ref(session), session.channel.key
    assert channel_of(key, "") is session.channel

    del session

    assert gone() is None
    assert channel_of(key, "") is None


def test_a_camera_that_pauses_keeps_its_place_and_its_end_frees_it(pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "IDLE_S", 0.1)
    viewers = Viewers(1)
    session = LiveSession(Factory(pipeline), viewers=viewers)
    feed(session, lambda: session.latest is not None)
    wait_until(lambda: session._worker is None)

    assert len(viewers) == 1
    session.close()
    assert len(viewers) == 0
