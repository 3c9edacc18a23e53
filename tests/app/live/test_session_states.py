"""What one viewer's session says of itself: no frames, starting, fine, a poor view, no face, lost."""

import time

import av
import numpy as np
import pytest

from app.live import session as live_session
from app.live.progress import rate_per_s
from app.live.session import LiveSession
from app.live.types import LiveState
from app.live.viewers import Viewers
from app.live.words import words_for
from fer_core.results import Doubt
from tests.helpers.faces import make_emotion, wait_until
from tests.helpers.live_sessions import FACE, Factory, feed, is_drawn, pixels, state_of, video_frame


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
    poor = session.status()

    pipeline.faces = (dark, FACE)
    feed(session, lambda: state_of(session) is LiveState.FINE)

    assert poor.faces == session.status().faces == 2, "both views hold two faces"


def test_a_face_of_which_the_network_is_not_sure_is_no_poor_view(session, pipeline):
    pipeline.faces = (make_emotion(doubts=(Doubt.NOT_CONFIDENT,)),)

    feed(session, lambda: session.latest is not None)

    assert state_of(session) is LiveState.FINE


def test_no_face_is_told_only_after_a_while(session, pipeline, monkeypatch):
    pipeline.faces = ()
    started_s = time.monotonic()

    feed(session, lambda: session.latest is not None)
    assert state_of(session) is LiveState.FINE
    monkeypatch.setattr(live_session, "NO_FACE_S", 0.3)
    feed(session, lambda: state_of(session) is LiveState.NO_FACE)

    assert time.monotonic() - started_s > 0.3
    pipeline.faces = (FACE,)
    feed(session, lambda: state_of(session) is LiveState.FINE)


def test_frames_that_stop_are_told_and_so_is_their_return(session, monkeypatch):
    monkeypatch.setattr(live_session, "FRAMES_LOST_S", 0.15)
    feed(session, lambda: state_of(session) is LiveState.FINE)
    last_frame_s = session._frame_times[-1]

    wait_until(lambda: state_of(session) is LiveState.LOST)
    assert time.monotonic() - last_frame_s > 0.15
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


def test_a_slow_computer_is_told_with_how_far_labels_lag_and_the_last_box_stays_muted(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "STALE_S", 0.3)
    feed(session, lambda: session.latest is not None)
    new = pixels(session.on_frame(video_frame()))
    pipeline.gate.clear()

    feed(session, lambda: state_of(session) is LiveState.SLOW)
    status, back = session.status(), session.on_frame(video_frame())

    assert status.faces == 1
    assert status.behind_s > 0.3
    assert is_drawn(back)
    assert np.ptp(pixels(back)) < 0.8 * np.ptp(new)
    kind, words = words_for(status)
    assert kind == "warn"
    assert "slow" in words
    assert "1 face in view" in words


def test_each_result_of_a_slow_analysis_still_counts(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "STALE_S", 0.1)
    monkeypatch.setattr(live_session, "RECENT_S", 0.2)
    pipeline.takes_s = 0.3
    seen = []

    def is_shown() -> bool:
        seen.append(session.status())
        return len(session.history) >= 3 and seen[-1].faces == 1

    feed(session, is_shown)

    status = seen[-1]
    assert status.state is LiveState.SLOW
    assert 0 < status.results_per_s < 4
    assert status.behind_s >= 0.3


def test_a_camera_that_was_silent_is_no_slow_computer(session, pipeline, monkeypatch):
    monkeypatch.setattr(live_session, "STALE_S", 0.3)
    feed(session, lambda: state_of(session) is LiveState.FINE)
    wait_until(lambda: session.latest is None)
    pipeline.gate.clear()

    session.on_frame(video_frame())

    assert session.status().behind_s == 0
    assert session.latest is None, "it is of before"


def test_a_result_is_not_drawn_on_a_picture_of_another_shape(session, pipeline):
    feed(session, lambda: session.latest is not None)
    pipeline.gate.clear()

    assert not is_drawn(session.on_frame(video_frame(width=240, height=320)))
    assert is_drawn(session.on_frame(video_frame(width=640, height=480)))


@pytest.mark.parametrize("returned", [False, True])
def test_a_huge_picture_is_refused_and_a_smaller_one_is_taken_again(session, pipeline, returned):
    take = session.on_frame if returned else session.take_frame
    huge = av.VideoFrame(7680, 4704, "gray")  # a little more than 8K has

    given = take(huge)

    assert pixels(given).shape[0] < 200 if returned else given is huge
    status = session.status()
    assert status.state is LiveState.BUSY
    assert status.message == (
        "The camera's pictures have 7680 x 4704 pixels (36 megapixels). Choose a smaller size for it."
    )
    assert session._worker is None
    feed(session, lambda: session.latest is not None)
    assert session.status().state is not LiveState.BUSY


def test_a_newcomer_at_a_full_server_is_told_and_comes_in_when_somebody_leaves(pipeline):
    viewers, factory = Viewers(1), Factory(pipeline)
    first, second = (LiveSession(factory, viewers=viewers) for _ in range(2))
    feed(first, lambda: first.latest is not None)
    assert second.busy_message

    second.on_frame(video_frame())

    assert second.status().state is LiveState.BUSY
    message = second.channel.status()
    assert message is not None
    assert "busy" in message["text"]
    assert second._worker is None
    assert not first.busy_message

    first.close()
    feed(second, lambda: second.latest is not None)
    assert second.status().state is not LiveState.BUSY
    second.close()
    assert len(viewers) == 0
