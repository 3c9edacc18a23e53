"""Still pictures in the video's place: the route that takes them, and what the session makes of them."""

import gc
import http.client
import json
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from starlette.routing import Route

from app.live import session as live_session
from app.live import stills
from app.live.channel import ResultsChannel
from app.live.session import LiveSession
from app.live.types import LiveState
from app.live.viewers import Viewers
from tests.helpers.faces import wait_until
from tests.helpers.live_sessions import Factory, FakePipeline, feed, video_frame
from tests.helpers.loopback_server import LoopbackServer


class Taker:
    """What a live session is to the route: it notes what it is given, and may be slow."""

    def __init__(self) -> None:
        self.taken: list[np.ndarray | None] = []
        self.gate = threading.Event()
        self.gate.set()

    def take(self, frame_bgr: np.ndarray | None) -> None:
        self.taken.append(frame_bgr)
        assert self.gate.wait(10)


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    running = LoopbackServer([Route(f"/{stills.PATH}{{key}}", stills.serve_stills, methods=["POST", "DELETE"])])
    yield running
    running.stop()


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def channel(taker: Taker) -> ResultsChannel:
    return ResultsChannel(status=lambda: None, history=lambda: None, stills=weakref.WeakMethod(taker.take))


def jpeg(width: int = 64, height: int = 48) -> bytes:
    _, data = cv2.imencode(".jpg", np.full((height, width, 3), (40, 90, 200), np.uint8))
    return bytes(data)


def ask(server: LoopbackServer, key: str, body: bytes = b"", *, method: str = "POST", origin: str = "") -> Any:
    """Gives HTTP's status and the problem that the answer names."""
    connection = http.client.HTTPConnection(server.host, timeout=20)
    headers = {"Origin": origin or f"http://{server.host}", "Content-Type": "image/jpeg"}
    connection.request(method, f"/{stills.PATH}{key}", body, headers)
    answer = connection.getresponse()
    said = json.loads(answer.read())
    connection.close()
    return answer.status, said["problem"]


def test_a_jpeg_is_taken_as_a_frame(server, channel, taker):
    assert ask(server, channel.key, jpeg()) == (200, "")

    (frame_bgr,) = taker.taken
    assert frame_bgr.shape == (48, 64, 3)
    assert frame_bgr.dtype == np.uint8
    assert np.abs(frame_bgr[24, 32].astype(int) - (40, 90, 200)).max() < 8, "in the order blue, green, red"


def png() -> bytes:
    return bytes(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1])


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 415, "The snapshot is not a JPEG picture."),
        (b"no picture", 415, "The snapshot is not a JPEG picture."),
        (png(), 415, "The snapshot is not a JPEG picture."),
        (jpeg(640, 480)[:-900], 415, "The snapshot arrived incomplete."),
        (jpeg()[:150], 415, "The snapshot is not a JPEG picture."),
        (jpeg(2400, 1600), 413, "The snapshot has 2400 x 1600 pixels (4 megapixels); at most 2 megapixels are taken."),
        (jpeg() + bytes(stills.MAX_STILL_BYTES), 413, "The page sent more than 1024 kB at once."),
    ],
)
def test_what_is_no_snapshot_is_refused_with_a_sentence(server, channel, taker, body, status, words):
    assert ask(server, channel.key, body) == (status, words)
    assert taker.taken == []
    assert ask(server, channel.key, jpeg())[0] == 200, "the next good one is taken"


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_another_page_is_refused(server, channel, taker, origin, method):
    status, words = ask(server, channel.key, jpeg(), method=method, origin=origin)

    assert (status, taker.taken) == (403, [])
    assert "another address" in words


def test_a_wrong_key_is_refused_and_so_is_that_of_a_session_that_is_gone(server, channel, taker):
    assert ask(server, "abc", jpeg())[0] == 404
    assert ask(server, f"{channel.key}x", jpeg())[0] == 404
    lost = ResultsChannel(status=lambda: None, history=lambda: None)
    assert ask(server, lost.key, jpeg())[0] == 404, "its session is gone"
    key = lost.key
    del lost
    gc.collect()
    assert ask(server, key, jpeg()) == (404, "This page's analysis has ended. Reload the page.")
    assert taker.taken == []


def test_one_at_a_time_and_not_too_often(server, channel, taker):
    taker.gate.clear()
    answers: list[Any] = []
    first = threading.Thread(target=lambda: answers.append(ask(server, channel.key, jpeg())))
    first.start()
    wait_until(lambda: len(taker.taken) == 1)
    assert ask(server, channel.key, jpeg()) == (429, "The snapshot before this one is still being read.")
    taker.gate.set()
    first.join(10)
    assert answers == [(200, "")]

    began_s = time.monotonic()
    for _ in range(3):
        assert ask(server, channel.key, jpeg())[0] == 200
    assert time.monotonic() - began_s > 2 * stills.MIN_GAP_S
    assert len(taker.taken) == 4


def test_a_page_that_ends_says_so(server, channel, taker):
    assert ask(server, channel.key, method="DELETE") == (200, "")
    assert taker.taken == [None]


# What the session makes of them


def still(grey: int = 90) -> np.ndarray:
    return np.full((240, 320, 3), grey, np.uint8)


def send(session: LiveSession, until: Callable[[], bool]) -> None:
    """Still pictures, twenty a second, until something holds."""

    def step() -> bool:
        session.take_still(still())
        time.sleep(0.05)
        return until()

    wait_until(step)


class Listener:
    """A recording's ears."""

    def __init__(self) -> None:
        self.results: list[Any] = []
        self.pictures: list[tuple[np.ndarray, float]] = []

    def on_result(self, result: Any, card: Any) -> None:
        self.results.append(result)

    def on_picture(self, shown_bgr: Callable[[], np.ndarray], at_s: float) -> None:
        self.pictures.append((shown_bgr(), at_s))


def test_stills_go_through_the_usual_analysis_each_with_a_look_of_its_own(session, pipeline):
    send(session, lambda: session.status().state is LiveState.FINE)

    assert len(session.history) >= 1
    assert session.latest is not None
    used = pipeline.settings_seen[-1]
    assert (used.detect_every, used.whole_frame_every_s, used.judge_every_s) == (1, 0.0, 0.0)
    assert pipeline.min_hits == 1
    feed(session, lambda: pipeline.settings_seen[-1].detect_every > 1)
    assert pipeline.min_hits == 2, "a video's faces are seen twice again"


def test_a_still_is_fresh_for_as_long_as_the_next_one_may_take(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "STALE_S", 0.2)
    send(session, lambda: session.status().state is LiveState.FINE)
    wait_until(lambda: pipeline.answers == len(pipeline.greys))

    wait_until(lambda: session.latest is None, timeout_s=5)

    newest = session._progress.result
    assert newest is not None
    assert time.monotonic() - newest.captured_at_s > live_session.STILLS_FACTOR * live_session.STALE_S


def test_a_recording_gets_each_still_with_its_own_labels(session, pipeline):
    pipeline.card = None
    pipeline.model = pipeline
    session.listener = listener = Listener()

    send(session, lambda: len(listener.pictures) >= 3)

    assert len(listener.results) >= 3
    assert {at_s for _, at_s in listener.pictures} <= {result.captured_at_s for result in listener.results}
    assert np.ptp(listener.pictures[-1][0]) > 40, "a box is drawn on it"


def test_a_recording_hears_that_the_camera_lives_while_the_analysis_rests_or_fails(session, pipeline):
    pipeline.error = RuntimeError("broken")
    session.listener = listener = Listener()

    send(session, lambda: len(listener.pictures) >= 3)

    assert listener.results == []


def test_the_end_of_the_stills_frees_the_place(factory: Factory, pipeline: FakePipeline):
    viewers = Viewers(1)
    session = LiveSession(factory, viewers=viewers)
    session.take_still(None)
    send(session, lambda: session.status().state is LiveState.FINE)
    assert len(viewers) == 1

    session.take_still(None)

    assert len(viewers) == 0
    assert session.status().state is LiveState.NO_FRAMES


def test_a_page_that_vanishes_frees_its_place_and_a_video_that_pauses_keeps_it(factory: Factory, monkeypatch):
    viewers = Viewers(2)
    vanishing, pausing = LiveSession(factory, viewers=viewers), LiveSession(factory, viewers=viewers)
    send(vanishing, lambda: vanishing.status().state is LiveState.FINE)
    pausing.on_frame(video_frame())
    assert len(viewers) == 2
    monkeypatch.setattr(live_session, "IDLE_S", 0.2)
    vanishing.take_still(still())
    pausing.on_frame(video_frame())

    wait_until(lambda: len(viewers) == 1)
    wait_until(lambda: pausing._worker is None)

    assert len(viewers) == 1
    assert viewers.enter(pausing) == "", "it is in"
    assert len(viewers) == 1
    pausing.close()


def test_the_end_of_the_stills_does_not_end_a_video(session):
    send(session, lambda: session.status().state is LiveState.FINE)
    session.on_frame(video_frame())

    session.take_still(None)

    assert session.status().state is not LiveState.NO_FRAMES
