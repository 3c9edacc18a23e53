"""The sidebar of the live page: the rolling history, redrawn once a second by a fragment of its own."""

import time
from dataclasses import replace

import streamlit as st

from app.charts import rolling as charts
from app.live.session import LiveSession
from app.tab_memory import HistoryView
from app.views.shared import emotion_bars as face_bars
from fer_core.files.table import results_csv
from fer_core.results import FrameResult

WINDOWS: dict[str, float] = {"15 s": 15, "30 s": 30, "1 min": 60, "2 min": 120, "5 min": 300}
LARGEST = "Largest"
AREAS = "Areas"
# A chart that answers to the mouse, in Streamlit's theme, takes the browser 120 ms a second instead of 70, and these
# are taken from the video. Paused, there is time for hovering.
MOVING_PLOT = {"displayModeBar": False, "staticPlot": True}
PAUSED_PLOT = {"displayModeBar": False}


def render(session: LiveSession, view: HistoryView) -> None:
    """Draw the sidebar; the controls write into `view`."""
    _charts(session, view)
    # Outside the part that is redrawn each second: a redraw discards the file that a slow browser is still fetching.
    st.download_button(
        "Download as CSV",
        lambda: _csv(session, view),
        file_name="fer-studio-live.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        help="What is on screen: one row per analysed frame and face of the chosen time.",
        width="stretch",
    )


@st.fragment(run_every=1.0)
def _charts(session: LiveSession, view: HistoryView) -> None:
    _controls(session, view)
    now_s, shown = _shown(session, view)
    data = charts.timeline(shown, now_s=now_s, window_s=view.window_s, track_id=view.track_id)
    _current(session, view)
    is_paused = session.settings.paused
    _plot(
        charts.emotion_timeline(data, window_s=view.window_s, stacked=view.stacked),
        "Expressions",
        "timeline",
        is_paused=is_paused,
        help_text="Share of each of the seven expressions over time, smoothed. Gaps: no face in view. Pause to read "
        "values with the mouse.",
    )
    _plot(
        charts.valence_timeline(data, window_s=view.window_s),
        "Valence",
        "valence",
        is_paused=is_paused,
        help_text="From unpleasant (−1) to pleasant (+1), from the seven (Russell & Mehrabian, 1977).",
    )
    left, right = st.columns([2, 3], gap="small", vertical_alignment="center")
    with left:
        paused = st.toggle(
            "Pause", session.settings.paused, key="paused", help="The video goes on; analysis and charts rest."
        )
    if paused != session.settings.paused:
        session.settings = replace(session.settings, paused=paused)
    with right:
        _speed(session)


def _shown(session: LiveSession, view: HistoryView) -> tuple[float, list[FrameResult]]:
    """The time at the charts' right end and the results that they show, oldest first."""
    results = session.history.snapshot()
    # While paused the clock stands still, so that what is on screen can be read and downloaded.
    now_s = results[-1].captured_at_s if session.settings.paused and results else time.monotonic()
    return now_s, [r for r in results if now_s - view.window_s <= r.captured_at_s <= now_s]


def _csv(session: LiveSession, view: HistoryView) -> str:
    _, shown = _shown(session, view)
    return results_csv(shown, clock_offset_s=session.wall_clock_offset_s, track_id=view.track_id)


def _controls(session: LiveSession, view: HistoryView) -> None:
    window = st.segmented_control(
        "Time shown", list(WINDOWS), default="1 min", required=True, key="window", label_visibility="collapsed"
    )
    left, right = st.columns(2, gap="small")
    results = session.history.snapshot()
    ids = sorted({face.face.track_id for r in results for face in r.faces if face.face.track_id is not None})
    with left:
        face = st.selectbox(
            "Face",
            [LARGEST, *map(str, ids)],
            key="face",
            help="Numbers stand beside the labels when there are several faces.",
        )
    with right:
        chart = st.selectbox("Chart", [AREAS, "Lines"], key="chart")
    view.window_s = WINDOWS[window]
    view.track_id = None if face == LARGEST else int(face)
    view.stacked = chart == AREAS


def _current(session: LiveSession, view: HistoryView) -> None:
    result = session.latest
    face = charts.face_in(result, view.track_id) if result else None
    st.html(face_bars.html(face))


def _plot(figure: object, title: str, key: str, *, is_paused: bool, help_text: str) -> None:
    st.caption(title, help=help_text)
    st.plotly_chart(figure, key=key, config=PAUSED_PLOT if is_paused else MOVING_PLOT, theme=None)


def _speed(session: LiveSession) -> None:
    status = session.status()
    latency = f"{status.latency_ms:.0f} ms" if status.latency_ms is not None else "–"
    decimals = 0 if status.results_per_s >= 1 or not status.results_per_s else 1
    st.caption(
        f"{status.results_per_s:.{decimals}f} results/s · {latency}",
        help="Analysed frames per second, and the time from a frame's arrival to its result. The video itself never "
        "waits for the analysis.",
    )
