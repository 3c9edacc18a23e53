"""One viewer's session has one worker, waits for nobody, and leaves no thread behind."""

import gc
import threading
import time
import weakref

from app import live_session
from app.live_session import LiveSession
from tests.app.live_sessions import Factory, FakePipeline, feed, video_frame, workers
from tests.helpers import wait_until


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
