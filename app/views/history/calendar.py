"""The calendar of the history page: on which days there were sessions, and the way to open one."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import streamlit as st

from app import state
from app.charts import history as history_charts
from app.sessions.wording import when
from app.store.records import Session

MINUTE_S = 60.0


@st.fragment
def render(listed: Sequence[Session]) -> None:
    """Draw it; a fragment, so that choosing a day reads nothing anew.

    Args:
        listed: a participant's sessions, newest first.
    """
    minutes = minutes_by_day(listed)
    st.subheader(
        "Sessions",
        help="One field a day, one column a week: the darker, the longer the sessions. Press a day, then open one of "
        "its sessions; or choose from the list.",
        anchor=False,
    )
    last = max(minutes)
    event: Any = st.plotly_chart(
        history_charts.calendar(minutes, last=last),
        key="history_calendar",
        config={"displayModeBar": False},
        theme=None,
        on_select="rerun",
        selection_mode="points",
    )
    day = chosen_day(event)
    shown = [one for one in listed if day is None or one.started_local.date() == day]
    if not shown:  # a day chosen before another person was
        shown = list(listed)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    titles = {one.id: f"{when(one)} · {one.title}{_length(one)}" for one in shown}
    with left:
        number = st.selectbox(
            f"Sessions of {day.day} {day:%B %Y}" if day and len(shown) < len(listed) else f"All {len(listed)} sessions",
            list(titles),
            format_func=titles.__getitem__,
            key=f"history_session_{day}",
        )
    with right:
        if st.button("Open session", key="history_open", icon=":material/timeline:", width="stretch"):
            state.session_memory().opened = number
            state.go_to("sessions")


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
        return " · being recorded"
    return f" · {one.duration_s / MINUTE_S:.0f} min" if one.duration_s >= MINUTE_S else f" · {one.duration_s:.0f} s"
