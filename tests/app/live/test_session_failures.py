"""What goes wrong in one viewer's session is told, and no failure ends the video."""

import time

import pytest

from app.live import session as live_session
from app.live.types import LiveState
from fer_core.errors import ArtifactError, FerError
from tests.helpers.live_sessions import feed, is_drawn, state_of, video_frame


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
