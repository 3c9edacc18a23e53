"""What one viewer's session says of itself: no frames, starting, fine, a poor view, no face, lost."""

import time

import pytest

from app import live_session
from app.live_session import rate_per_s
from app.live_types import LiveState
from fer_core.results import Doubt
from tests.app.live_sessions import FACE, feed, state_of, video_frame
from tests.helpers import make_emotion, wait_until


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
