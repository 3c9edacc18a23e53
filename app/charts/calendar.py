"""The days of a participant's sessions as a calendar, a plotly figure. A pure function; no Streamlit."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.charts.style import CLEAR, fix_axes, frame
from app.formatting import whole_percent
from fer_core.colours import WHITE
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS

CALENDAR_WEEKS: Final = 53
_WEEKDAYS: Final = ("Mo", "", "We", "", "Fr", "", "Su")
_COLOURS: Final = (
    "rgba(128,128,128,0.16)",  # no session
    "rgba(128,128,128,0.45)",  # a session without a face
    *(EMOTION_COLOURS[emotion] for emotion in EMOTIONS),
)


def calendar(minutes: Mapping[date, float], leading: Mapping[date, tuple[str, float]], *, last: date) -> go.Figure:
    """A year of days, one column a week, each in the colour of its leading expression; clicked points carry their day.

    Args:
        minutes: of sessions by day; days without one are missing.
        leading: of days on which a face was seen, the leading expression and its share, 0-1.
        last: the newest day to show.
    """
    monday = last - timedelta(days=last.weekday())
    oldest = monday - timedelta(weeks=CALENDAR_WEEKS - 1)
    earliest = min((day for day in minutes if day >= oldest), default=last)
    # A short history gets fewer weeks, which are larger on a phone.
    weeks = max(26, (monday - (earliest - timedelta(days=earliest.weekday()))).days // 7 + 1)
    first = monday - timedelta(weeks=weeks - 1)
    days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
    cells = np.full((7, weeks), np.nan)
    for day in days:
        cells[day.weekday(), (day - first).days // 7] = _colour(day, minutes, leading)
    steps = len(_COLOURS)
    figure = go.Figure(
        go.Heatmap(
            z=cells,
            xgap=2,
            ygap=2,
            zmin=-0.5,
            zmax=steps - 0.5,
            showscale=False,
            hoverinfo="skip",
            colorscale=[[(i + end) / steps, colour] for i, colour in enumerate(_COLOURS) for end in (0, 1)],
        )
    )
    _add_day_points(figure, {day: minutes[day] for day in days if day in minutes}, leading, first)
    months = [day for day in days if day.day == 1]
    frame(figure, height=150, margin=(46, 12, 24, 2), clickmode="event+select", dragmode=False, hovermode="closest")
    fix_axes(figure)
    figure.update_xaxes(
        tickvals=[(day - first).days // 7 for day in months],
        ticktext=[f"{day:%b}" for day in months],
        range=[-0.5, weeks - 0.5],
        side="top",
        showgrid=False,
        constrain="domain",
        constraintoward="left",
    )
    figure.update_yaxes(scaleanchor="x", constrain="domain", constraintoward="top")
    figure.update_yaxes(tickvals=list(range(7)), ticktext=_WEEKDAYS, range=[6.5, -0.5], showgrid=False)
    return figure


def _colour(day: date, minutes: Mapping[date, float], leading: Mapping[date, tuple[str, float]]) -> int:
    """Of a day: its place in `_COLOURS`."""
    if day not in minutes:
        return 0
    return 2 + EMOTIONS.index(leading[day][0]) if day in leading else 1


def _add_day_points(
    figure: go.Figure, minutes: Mapping[date, float], leading: Mapping[date, tuple[str, float]], first: date
) -> None:
    """Heat maps cannot be clicked on; points without colour on top of them can."""
    figure.add_scatter(
        x=[(day - first).days // 7 for day in minutes],
        y=[day.weekday() for day in minutes],
        customdata=[day.isoformat() for day in minutes],
        text=[
            f"{day:%a} {day.day} {day:%b %Y}: {_minutes(value)}, {_led_by(leading.get(day))}"
            for day, value in minutes.items()
        ],
        mode="markers",
        marker={"size": 15, "symbol": "square", "color": CLEAR},
        selected={"marker": {"color": WHITE, "opacity": 1, "size": 7}},
        unselected={"marker": {"opacity": 0}},
        hovertemplate="%{text}<extra></extra>",
    )


def _minutes(value: float) -> str:
    return "less than a minute" if value < 1 else f"{value:.0f} min"


def _led_by(leading: tuple[str, float] | None) -> str:
    return "no face seen" if leading is None else f"mostly {leading[0]} ({whole_percent(leading[1])})"
