"""What a viewer's browser is asked to send: as many pictures as the analysis can use, and some more."""

import pytest

from app.live.types import MOST_ASKED_PER_S, LiveSettings, LiveState, LiveStatus
from app.live.uplink import STEPS_PER_S, Uplink
from tests.helpers.live_sessions import feed


def seen(results_per_s: float, state: LiveState = LiveState.FINE) -> LiveStatus:
    return LiveStatus(state=state, message="", faces=1, results_per_s=results_per_s, frames_per_s=20.0, latency_ms=80.0)


@pytest.mark.parametrize(
    ("results_per_s", "asked"), [(16.0, 20), (8.4, 20), (8.3, 15), (6.7, 15), (6.6, 12), (2.0, 12), (0.0, 12)]
)
def test_nearly_twice_as_many_pictures_as_there_are_results(results_per_s: float, asked: int) -> None:
    assert Uplink().ask(seen(results_per_s)) == asked


@pytest.mark.parametrize("state", [LiveState.NO_FRAMES, LiveState.STARTING, LiveState.LOST, LiveState.FAILED])
def test_the_most_until_something_is_known(state: LiveState) -> None:
    uplink = Uplink()
    uplink.ask(seen(5.0))

    assert uplink.ask(seen(0.0, state)) == MOST_ASKED_PER_S == max(STEPS_PER_S)


def test_a_server_that_has_room_again_is_asked_for_more_step_by_step() -> None:
    uplink = Uplink()
    uplink.ask(seen(4.0))

    assert [uplink.ask(seen(results)) for results in (7.4, 9.2, 16.0)] == [15, 20, 20]


def test_at_a_limit_it_does_not_go_to_and_fro() -> None:
    uplink = Uplink()

    assert [uplink.ask(seen(results)) for results in (6.6, 6.8, 6.5, 7.3, 6.6)] == [12] * 5
    assert uplink.ask(seen(7.4)) == 15


def test_few_pictures_while_the_analysis_rests() -> None:
    uplink = Uplink()

    assert uplink.ask(seen(0.0, LiveState.PAUSED)) == 5
    assert uplink.ask(seen(16.0)) == 20


def test_a_session_tells_its_page(session, pipeline) -> None:
    pipeline.takes_s = 0.2  # five results a second
    feed(session, lambda: len(session.history) >= 4)

    assert session.status().asked_per_s == 12
    message = session.channel.status()
    assert message is not None
    assert message["asked_per_s"] == 12
    session.settings = LiveSettings(paused=True)
    assert session.status().asked_per_s == 5
