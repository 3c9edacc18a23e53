"""The sidebar of the live page: readings, rolling history and controls as one component that the page never redraws."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import streamlit as st

from app.colours import GREY, VALENCE_COLOUR
from app.live.session import LiveSession
from app.tab_memory import HistoryView
from app.views.shared.component import component
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE
from fer_core.expressions.affect import VALENCE_AROUSAL
from fer_core.files.table import results_csv
from fer_core.results import FrameResult

WINDOWS_S = (15, 30, 60, 120, 300)
"""What the panel lets people choose, in seconds."""
_COLOURS = {"unsure": EMOTION_COLOURS[UNSURE], "valence": VALENCE_COLOUR, "trail": GREY}
_SCRIPTS = ("results.js", "face_history.js", "history_chart.js", "affect_plane.js", "panel.js")


@dataclass(frozen=True)
class PanelChoice:
    """What the viewer chose in the panel.

    Attributes:
        window_s: seconds shown, one of WINDOWS_S.
        face: number of the face that is shown, here or chosen on the stage; None for the largest.
        is_stacked: areas rather than lines.
        paused: the analysis and the panel stand still.
    """

    window_s: int = 60
    face: int | None = None
    is_stacked: bool = True
    paused: bool = False


def render(session: LiveSession, view: HistoryView) -> None:
    """Draw the sidebar; what is chosen there goes to `session.settings` and `view`."""
    _panel(session, view)
    # Outside the panel's fragment: a run of it would discard the file that a slow browser is still fetching.
    st.download_button(
        "Download as CSV",
        lambda: _csv(session, view),
        file_name="fer-studio-live.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="What is on screen, one row per analysed frame and face.",
        width="stretch",
    )


@st.fragment
def _panel(session: LiveSession, view: HistoryView) -> None:
    start = PanelChoice(int(view.window_s), view.track_id, view.stacked, session.settings.paused)
    choice = show(feed=session.channel.path, start=start)
    view.window_s, view.track_id, view.stacked = choice.window_s, choice.face, choice.is_stacked
    if choice.paused != session.settings.paused:
        session.settings = replace(session.settings, paused=choice.paused)


def show(*, feed: str, start: PanelChoice) -> PanelChoice:
    """Show the panel; the browser keeps it as it is from one run to the next.

    Args:
        feed: path of the WebSocket that gives it the results, such as "fer/results/KEY".
        start: what it shows before the viewer chooses.

    Returns:
        What the viewer chose last.
    """
    panel = component(
        "fer_live_panel",
        *(f"live/{script}" for script in _SCRIPTS),
        html="live/panel.html",
        css="live/panel.css",
    )
    result = panel(
        key="live_panel",
        data={"feed": feed, "start": asdict(start), "emotions": _emotions(), "colours": _COLOURS},
        default=asdict(start),
        height="content",
        **{f"on_{name}_change": _nothing for name in asdict(start)},
    )
    return choice_of(result, start)


def choice_of(said: Mapping[str, Any], start: PanelChoice) -> PanelChoice:
    """What the browser said, where it makes sense; else as it was."""
    window_s, face = said.get("window_s"), said.get("face")
    return PanelChoice(
        window_s=window_s if window_s in WINDOWS_S else start.window_s,
        face=face if type(face) is int else None,
        is_stacked=said.get("is_stacked") is not False,
        paused=said.get("paused") is True,
    )


def _emotions() -> list[dict[str, object]]:
    return [
        {"name": emotion.capitalize(), "colour": EMOTION_COLOURS[emotion], "place": VALENCE_AROUSAL[emotion]}
        for emotion in EMOTIONS
    ]


def _nothing() -> None:
    """A component's state needs somebody to tell; the run that follows reads it."""


def _csv(session: LiveSession, view: HistoryView) -> str:
    results = session.history.snapshot()
    return results_csv(
        _shown(results, view.window_s, is_paused=session.settings.paused),
        clock_offset_s=session.wall_clock_offset_s,
        track_id=view.track_id,
    )


def _shown(results: tuple[FrameResult, ...], window_s: float, *, is_paused: bool) -> list[FrameResult]:
    """The results that the panel shows, oldest first."""
    # While paused the clock stands still, so that what is on screen can be read and downloaded.
    now_s = results[-1].captured_at_s if is_paused and results else time.monotonic()
    return [r for r in results if now_s - window_s <= r.captured_at_s <= now_s]
