"""What the live page's panel gives to Python, and the download of what it shows. The browser's part: tests/browser."""

import csv
import io
import json
import time
from dataclasses import asdict, replace
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from app.colours import GREY, VALENCE_COLOUR
from app.live.session import LiveSession
from app.tab_memory import HistoryView
from app.views.live import panel
from app.views.live.panel import PanelChoice, choice_of
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE
from tests.helpers.faces import make_emotion, make_face, make_result
from tests.helpers.pages import open_page


def sidebar() -> None:
    """The panel alone, of a session and a view that the test looks at."""
    import streamlit as st

    from app.live.session import LiveSession
    from app.tab_memory import HistoryView
    from app.views.live import panel

    session = st.session_state.setdefault("session", LiveSession(lambda *_: None))  # type: ignore[arg-type]
    panel.render(session, st.session_state.setdefault("view", HistoryView()))


def data_of(page: AppTest) -> dict[str, Any]:
    """What the browser gets."""
    (element,) = page.get("bidi_component")
    told: dict[str, Any] = json.loads(cast(Any, element).proto.json)
    return told


def remember(session: LiveSession, *, seconds: int) -> None:
    """Two faces up to now, ten results a second."""
    now_s = time.monotonic()
    faces = [make_emotion(name, face=make_face(track_id=i)) for i, name in enumerate(("happy", "sad"), start=1)]
    for i in range(seconds * 10):
        session.history.add(make_result(*faces, at_s=now_s - seconds + i / 10))


def rows_of(session: LiveSession, view: HistoryView) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(panel._csv(session, view))))


def test_the_browser_gets_the_feed_the_emotions_and_where_to_start():
    page = open_page(sidebar)

    data = data_of(page)

    assert data["feed"] == page.session_state["session"].channel.path
    assert [emotion["name"].lower() for emotion in data["emotions"]] == list(EMOTIONS)
    assert [emotion["colour"] for emotion in data["emotions"]] == [EMOTION_COLOURS[name] for name in EMOTIONS]
    assert data["colours"] == {"unsure": EMOTION_COLOURS[UNSURE], "valence": VALENCE_COLOUR, "trail": GREY}
    assert all(-1 <= value <= 1 for emotion in data["emotions"] for value in emotion["place"])
    assert data["start"] == {"window_s": 60, "face": None, "is_stacked": True, "paused": False}
    assert [cast(Any, button).label for button in page.get("download_button")] == ["Download as CSV"]


def test_a_choice_reaches_the_session_and_the_view(monkeypatch):
    page = open_page(sidebar)
    monkeypatch.setattr(panel, "show", lambda **_: PanelChoice(window_s=15, face=2, is_stacked=False, paused=True))

    page.run()

    assert page.session_state["session"].settings.paused
    assert page.session_state["view"] == HistoryView(window_s=15, track_id=2, stacked=False)


def test_a_panel_that_comes_back_starts_as_it_was_left(monkeypatch):
    started = []

    def show(*, feed: str, start: PanelChoice) -> PanelChoice:
        started.append(start)
        return PanelChoice(window_s=300, face=1, paused=True)

    monkeypatch.setattr(panel, "show", show)
    page = open_page(sidebar)

    page.run()

    assert started == [PanelChoice(), PanelChoice(window_s=300, face=1, paused=True)]


START = PanelChoice(window_s=120, face=3, is_stacked=False, paused=True)


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (asdict(START), START),
        ({**asdict(START), "window_s": 15, "face": None}, PanelChoice(15, None, False, True)),
        ({}, PanelChoice(120, None, True, False)),
        ({"window_s": 61, "face": "3", "paused": "yes", "is_stacked": 0}, PanelChoice(120, None, True, False)),
        ({"window_s": [60], "face": True}, PanelChoice(120, None, True, False)),
    ],
)
def test_what_makes_no_sense_is_not_taken(said, choice):
    assert choice_of(said, START) == choice


def test_the_download_has_the_time_and_the_face_that_are_shown():
    session = LiveSession(lambda *_: cast(Any, None))
    remember(session, seconds=100)

    both, second = rows_of(session, HistoryView(window_s=15)), rows_of(session, HistoryView(window_s=30, track_id=2))

    assert {row["face"] for row in both} == {"1", "2"}
    assert len(both) == pytest.approx(2 * 150, abs=6)
    assert {row["face"] for row in second} == {"2"}
    assert len(second) == pytest.approx(300, abs=6)


def test_while_paused_the_download_stands_still(monkeypatch):
    session = LiveSession(lambda *_: cast(Any, None))
    remember(session, seconds=20)
    now_s = time.monotonic()
    session.settings = replace(session.settings, paused=True)
    before = [row["time_s"] for row in rows_of(session, HistoryView(window_s=15))]
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 10)

    assert [row["time_s"] for row in rows_of(session, HistoryView(window_s=15))] == before
    session.settings = replace(session.settings, paused=False)
    assert 0 < len(rows_of(session, HistoryView(window_s=15))) < len(before)
