"""Every state of the stream has words of its own."""

from dataclasses import replace

import pytest

from app.live.types import LiveState, LiveStatus
from app.live.words import unsure_words, words_for
from fer_core.results import Doubt

KINDS = {"ok", "info", "warn", "error"}


def status(state: LiveState, *, message: str = "", faces: int = 1) -> LiveStatus:
    return LiveStatus(state, message, faces, results_per_s=15, frames_per_s=30, latency_ms=20)


@pytest.mark.parametrize("state", LiveState)
def test_every_state_has_words(state):
    kind, words = words_for(status(state, message="The model is damaged."))

    assert kind in KINDS
    assert len(words) > 15
    assert words.rstrip("…").rstrip(".") != words, "it is a sentence"


def test_faces_beyond_the_limit_are_told_with_where_to_change_it():
    _, words = words_for(replace(status(LiveState.FINE, faces=8), faces_left_out=3))

    assert words.startswith("8 faces in view, and 3 more that are not analysed (Settings, “Largest number of faces”).")


@pytest.mark.parametrize(
    ("doubts", "words"),
    [
        ((), ""),
        ((Doubt.NOT_CONFIDENT,), "no clear lead"),
        ((Doubt.TURNED_AWAY, Doubt.NOT_CONFIDENT), "turned away"),
    ],
)
def test_the_view_is_the_reason_before_the_confidence(doubts: tuple[Doubt, ...], words: str):
    assert unsure_words(doubts) == words


def test_the_states_are_told_apart():
    assert len({words_for(status(state, message="x")) for state in LiveState}) == len(LiveState)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (LiveState.NO_FRAMES, "info"),
        (LiveState.LOST, "warn"),
        (LiveState.FAILED, "error"),
        (LiveState.PAUSED, "info"),
        (LiveState.STARTING, "info"),
        (LiveState.NO_FACE, "warn"),
        (LiveState.POOR_VIEW, "warn"),
        (LiveState.SLOW, "warn"),
        (LiveState.FINE, "ok"),
    ],
)
def test_how_urgent_each_state_is(state, kind):
    assert words_for(status(state, message="x"))[0] == kind


def test_a_failure_says_what_failed_and_that_the_video_goes_on():
    _, words = words_for(status(LiveState.FAILED, message="models/mine: expected card.json, found nothing."))

    assert words.startswith("models/mine: expected card.json, found nothing. Video continues without analysis")


@pytest.mark.parametrize("doubt", [doubt for doubt in Doubt if doubt is not Doubt.NOT_CONFIDENT])
def test_a_poor_view_says_what_to_do(doubt):
    _, words = words_for(status(LiveState.POOR_VIEW), (doubt,))
    _, general = words_for(status(LiveState.POOR_VIEW))

    assert ":" in words
    assert words != general


def test_the_first_doubt_that_one_can_do_something_about_is_told():
    doubts = (Doubt.NOT_CONFIDENT, Doubt.TOO_DARK, Doubt.BLURRED)

    assert "too dark" in words_for(status(LiveState.POOR_VIEW), doubts)[1]


@pytest.mark.parametrize(("faces", "words"), [(0, "No face in view"), (1, "1 face in view"), (5, "5 faces in view")])
def test_the_faces_are_counted(faces, words):
    assert words_for(status(LiveState.FINE, faces=faces))[1].startswith(words + ".")


@pytest.mark.parametrize("state", [LiveState.NO_FACE, LiveState.POOR_VIEW, LiveState.SLOW])
def test_a_slow_computer_is_said_beside_what_is_seen(state):
    slow = replace(status(state), behind_s=1.84)
    kind, words = words_for(slow)

    assert kind == "warn"
    assert words.startswith("This computer is slow: labels are up to 1.8 s behind the video.")
    assert "none are shown" in words_for(replace(slow, is_shown=False))[1]
