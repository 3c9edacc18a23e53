"""What a server gives its viewers is measured, and a server under load lets nobody more in."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.live import analysis_slots as slots_module
from app.live import load as load_module
from app.live import session as session_module
from app.live.admission import Admission, Verdict
from app.live.analysis_slots import AnalysisSlots
from app.live.load import LoadMeter, LoadWatch, watching
from app.live.session import MAX_RESULTS_PER_S, LiveSession
from app.live.types import LiveSettings
from app.live.viewers import Viewers
from tests.helpers.faces import wait_until
from tests.helpers.live_sessions import Factory, FakePipeline, video_frame

FAIR = 8.0
TURN_S = 0.03
FRAMES_PER_S = 20


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now_s, self.used_s = 50.0, 0.0

    def __call__(self) -> float:
        return self.now_s

    def used(self) -> float:
        return self.used_s


def test_a_measurement_is_the_mean_of_the_last_seconds():
    clock, slots = Clock(), AnalysisSlots(2)
    meter = LoadMeter(Viewers(1), slots, 4.0, clock=clock, processor_time=clock.used)
    assert meter.measure() is None, "nothing to compare with yet"

    for _ in range(3):
        with slots.turn():
            pass
        clock.now_s, clock.used_s = clock.now_s + 1, clock.used_s + 0.5
        load = meter.measure()

    assert load is not None
    assert (load.at_s, load.results_per_s, load.cores) == (53.0, 1.0, 0.5)
    assert (load.slots, load.cores_allowed, load.served) == (2, 4.0, ())
    for _ in range(6):
        clock.now_s += 1
        load = meter.measure()
    assert load is not None
    assert (load.results_per_s, load.cores) == (0.0, 0.0), "what was before counts no more"


def test_after_a_time_without_viewers_it_begins_anew():
    clock = Clock()
    meter = LoadMeter(Viewers(1), AnalysisSlots(1), 1.0, clock=clock, processor_time=clock.used)
    meter.measure()
    clock.now_s += 1000

    meter.forget()

    assert meter.measure() is None


class Crowd:
    """Viewers with real sessions, each of whom sends frames; an analysis takes `TURN_S`."""

    def __init__(self, there: Viewers) -> None:
        self.there = there
        self.sessions: list[LiveSession] = []
        self._senders: dict[LiveSession, tuple[threading.Event, threading.Thread]] = {}

    def come(self) -> None:
        """One more, whether let in or not."""
        pipeline = FakePipeline()
        pipeline.takes_s = TURN_S
        session, over = LiveSession(Factory(pipeline), viewers=self.there), threading.Event()
        self.sessions.append(session)

        def send() -> None:
            while not over.wait(1 / FRAMES_PER_S):
                session.take_frame(video_frame())

        sender = threading.Thread(target=send, daemon=True)
        self._senders[session] = over, sender
        sender.start()

    def go(self, session: LiveSession) -> None:
        """One of them leaves."""
        over, sender = self._senders.pop(session)
        over.set()
        sender.join(10)  # a frame that comes after the end would begin anew
        session.close()
        self.sessions.remove(session)


@contextmanager
def crowd(there: Viewers) -> Iterator[Crowd]:
    one = Crowd(there)
    try:
        yield one
    finally:
        for session in list(one.sessions):
            one.go(session)


@pytest.mark.slow
def test_a_server_under_load_lets_nobody_more_in_until_somebody_leaves(monkeypatch: pytest.MonkeyPatch):
    """Real sessions, threads and clocks. One slot and 30 ms an analysis: at most 33 results a second, 4 viewers."""
    monkeypatch.setattr("app.live.admission.SETTLE_S", 1.5)
    monkeypatch.setattr("app.live.viewers.SETTLE_S", 1.5)
    monkeypatch.setattr("app.live.admission.REOPEN_AFTER_S", 1.0)
    slots = AnalysisSlots(1)
    monkeypatch.setattr(session_module, "analysis_slots", lambda: slots)
    there = Viewers(20, admission=Admission(FAIR, 2.0))
    watch = LoadWatch(there, LoadMeter(there, slots, 2.0))

    with watching(lambda: watch), crowd(there) as viewers:
        for number in range(1, 20):
            viewers.come()
            wait_until(lambda: len(there) == number or there.verdict() is not Verdict.OPEN, timeout_s=10)  # noqa: B023
            wait_until(lambda: len(there.settled()) == len(there), timeout_s=10)
            time.sleep(2.5)
            if len(there) < number:
                break
        let_in, standing = len(there), watch.standing()

        assert 1 <= let_in <= 1 / TURN_S / FAIR, "more could not all get eight"
        assert standing.verdict is not Verdict.OPEN
        assert (standing.viewers, standing.limit) == (let_in, 20)
        assert viewers.sessions[-1].busy_message.startswith("This server is busy: ")
        assert viewers.sessions[0].busy_message == "", "who is in stays in"
        assert standing.measured == let_in
        assert 0 < standing.rate_min <= standing.rate_median <= MAX_RESULTS_PER_S + 1

        for session in viewers.sessions[1:let_in]:
            viewers.go(session)
        wait_until(lambda: len(there) == min(2, let_in + 1), timeout_s=20)
        assert viewers.sessions[-1].busy_message == "", "who waited has a place"


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[LoadWatch, LiveSession]]:
    """A server with one viewer who has just been let in."""
    slots, there, clock = AnalysisSlots(1), Viewers(3, clock=time.monotonic), Clock()
    monkeypatch.setattr(session_module, "analysis_slots", lambda: slots)
    watch = LoadWatch(there, LoadMeter(there, slots, 2.0, clock=clock, processor_time=clock.used))
    with crowd(there) as viewers:
        viewers.come()
        wait_until(lambda: len(there) == 1)
        yield watch, viewers.sessions[0]


def test_who_has_just_come_or_has_paused_is_not_measured(alone, monkeypatch):
    watch, session = alone
    watch.look()
    watch._meter._clock.now_s += 1
    watch.look()
    assert (watch.standing().viewers, watch.standing().measured) == (1, 0)

    monkeypatch.setattr("app.live.viewers.SETTLE_S", 0.0)
    wait_until(lambda: session.status().results_per_s > 1)
    watch._meter._clock.now_s += 1
    watch.look()
    assert watch.standing().measured == 1
    assert watch.standing().rate_min > 0

    session.settings = LiveSettings(paused=True)
    watch._meter._clock.now_s += 1
    watch.look()
    assert watch.standing().measured == 0
    assert watch.standing().next_rate is None


def test_without_viewers_nothing_is_told():
    there = Viewers(3)
    watch = LoadWatch(there, LoadMeter(there, AnalysisSlots(1), 2.0))

    watch.look()

    standing = watch.standing()
    assert (standing.viewers, standing.measured, standing.rate_min, standing.cores) == (0, 0, 0.0, 0.0)
    assert standing.verdict is Verdict.OPEN


def test_an_error_ends_no_measuring(monkeypatch, caplog):
    monkeypatch.setattr(load_module, "EACH_S", 0.01)
    looked = threading.Event()
    answers = iter([ZeroDivisionError, None])

    class Watch:
        def look(self) -> None:
            error = next(answers, None)
            if error is not None:
                raise error
            looked.set()

    with watching(Watch):  # type: ignore[arg-type]
        assert looked.wait(10)

    assert "could not be measured" in caplog.text


def test_the_server_has_one_of_each():
    assert load_module.load_watch() is load_module.load_watch()
    assert slots_module.analysis_slots().count >= 1
