"""The calendar of the history page: on which days there were sessions, and the way to open one."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from app import state
from app.charts.calendar import calendar
from app.html_tables import swatch
from app.sessions.trends import leading
from app.sessions.wording import when
from app.store.history import Means
from app.store.records import Session
from fer_core.emotions import EMOTIONS

MINUTE_S = 60.0
_STYLE = """<style>
.fer-legend {display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; font-size: .88rem}
.fer-legend i {display: inline-block; width: .7rem; height: .7rem; border-radius: 3px; margin-right: .4rem}
</style>"""


@st.fragment
def render(listed: Sequence[Session], days: Sequence[Means]) -> None:
    """Draw it; a fragment, so that choosing a day reads nothing anew.

    Args:
        listed: a participant's sessions, newest first.
        days: the same participant's.
    """
    minutes = minutes_by_day(listed)
    st.header(
        "Calendar",
        help="One square a day, one column a week, in the colour of the day's leading expression: the one with the "
        "largest mean share. Press a day to list its sessions.",
        anchor=False,
    )
    led = {means.day: leading(means) for means in days}
    event: Any = st.plotly_chart(
        calendar(minutes, led, last=max(minutes)),
        key="history_calendar",
        config={"displayModeBar": False},
        theme=None,
        on_select="rerun",
        selection_mode="points",
    )
    st.html(_key({name for name, _ in led.values()}))
    day = chosen_day(event)
    shown = [one for one in listed if day is None or one.started_local.date() == day]
    if not shown:  # a day chosen before another person was
        shown = list(listed)
    titles = {one.id: f"{when(one)} · {one.title}{_length(one)}" for one in shown}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.selectbox(
            f"Sessions of {day.day} {day:%B %Y}" if day and len(shown) < len(listed) else f"All {len(listed)} sessions",
            list(titles),
            format_func=titles.__getitem__,
            key=f"history_session_{day}",
            width=520,
        )
        if st.button("Open session", key="history_open", icon=":material/timeline:"):
            state.session_memory().opened = number
            state.go_to("sessions")


def _key(names: Collection[str]) -> str:
    """Which colour stands for which of these expressions, as HTML."""
    words = "".join(f"<span>{swatch(name)}</span>" for name in EMOTIONS if name in names)
    return f'{_STYLE}<div class="fer-legend">{words}</div>'


def minutes_by_day(listed: Sequence[Session]) -> dict[date, float]:
    """How long the sessions of each day were, in minutes; one that is being recorded counts until now."""
    found: dict[date, float] = defaultdict(float)
    for one in listed:
        length_s = one.duration_s
        if length_s is None:
            length_s = (datetime.now(UTC) - one.started_at).total_seconds()
        # However short, a session is to be seen.
        found[one.started_local.date()] += max(length_s / MINUTE_S, 0.01)
    return dict(found)


def chosen_day(event: Any) -> date | None:
    """The day of the point that was pressed; None while none is."""
    for point in event.selection.points:
        day = point.get("customdata")
        if day:
            return date.fromisoformat(day[0] if isinstance(day, list) else day)
    return None


def _length(one: Session) -> str:
    if one.duration_s is None:
        return " · recording now"
    return f" · {one.duration_s / MINUTE_S:.0f} min" if one.duration_s >= MINUTE_S else f" · {one.duration_s:.0f} s"
