"""A participant's weeks as plotly figures. Pure functions; no Streamlit."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.charts.style import CLEAR, ZERO, area_names, fix_axes, frame
from app.colours import AROUSAL_COLOUR, BLUE, GREY, PINK, RED, VALENCE_COLOUR, translucent
from app.session_statistics.check_ins import PHQ4_BANDS, Phq4
from app.session_statistics.control_chart import ChartPoint
from app.sessions.trends import WatchedStatistic
from app.store.history import Means
from fer_core.colours import ink_on
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS

COLOURS: Final = {"valence": VALENCE_COLOUR, "arousal": AROUSAL_COLOUR}
SAID_COLOUR: Final = PINK
OUTSIDE_COLOUR: Final = RED
_NAME_WIDTH: Final = 0.1
"""Of an expression's name, as a share of the days."""
MOST_SCORE: Final = 12
_EDGE: Final = timedelta(days=1)


def followed_figure(one: WatchedStatistic, *, first: date, last: date) -> go.Figure:
    """A figure's days against the first ones: dots, running average, limits; the first days shaded.

    Args:
        one: what is followed.
        first: day shown, as is `last`.
        last: likewise.
    """
    figure = go.Figure()
    colour = EMOTION_COLOURS.get(one.name) or COLOURS[one.name]
    number = "%{y:.0f} %" if one.is_share else "%{y:.2f}"
    if one.chart.reference is not None:
        _add_reference(figure, one, number)
        _add_limits(figure, one.chart.points)
    figure.add_scatter(
        x=[day.day for day in one.days],
        y=[round(day.value, 4) for day in one.days],
        name="Each day",
        mode="markers",
        marker={"color": colour, "size": 6, "opacity": 0.6},
        hovertemplate=number,
    )
    if one.chart.points:
        _add_average(figure, one.chart.points, colour, number)
    if one.said:
        figure.add_scatter(
            x=[day.day for day in one.said],
            y=[day.value for day in one.said],
            name="As the person said",
            mode="markers",
            hovertemplate=number,
            marker={"color": SAID_COLOUR, "size": 9, "symbol": "diamond-open", "line": {"width": 2}},
        )
    _frame(figure, height=320, legend=True)
    _day_axis(figure, first, last)
    shown = [v.value for v in (*one.days, *one.said)] + [v for p in one.chart.points for v in (p.low, p.high)]
    figure.update_yaxes(range=_y_range(shown, one.is_share), ticksuffix=" %" if one.is_share else "")
    if not one.is_share:
        figure.add_hline(y=0, line_width=1, line_color=ZERO)
    return figure


def _y_range(values: Sequence[float], is_share: bool) -> list[float]:
    """Room for all values and a little more, within what there can be."""
    least, most, room = (0.0, 100.0, 5.0) if is_share else (-1.0, 1.0, 0.1)
    low, high = min(values, default=least), max(values, default=most)
    return [max(least, low - room) - room / 5, min(most, high + room) + room / 5]


def _add_reference(figure: go.Figure, one: WatchedStatistic, number: str) -> None:
    reference = one.chart.reference
    if reference is None:
        return
    newest = one.chart.points[-1].day if one.chart.points else reference.last
    figure.add_vrect(
        x0=reference.first,
        x1=datetime.combine(reference.last, time(12)),
        fillcolor="rgba(128,128,128,0.13)",
        line_width=0,
        layer="below",
    )
    figure.add_scatter(
        x=[reference.first, newest],
        y=[reference.mean] * 2,
        name=f"Mean of first {reference.days} days",
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dot"},
        hovertemplate=number,
    )


def _add_limits(figure: go.Figure, points: Sequence[ChartPoint]) -> None:
    days = [point.day for point in points]
    for values, name, fill in (
        ([point.high for point in points], "Upper limit", None),
        ([point.low for point in points], "Expected range", "tonexty"),
    ):
        figure.add_scatter(
            x=days,
            y=np.round(values, 4),
            name=name,
            mode="lines",
            fill=fill,
            fillcolor=translucent(BLUE, 0.2),
            line={"width": 0, "color": translucent(BLUE, 0.5)},
            showlegend=fill is not None,
            hoverinfo="skip",
        )


def _add_average(figure: go.Figure, points: Sequence[ChartPoint], colour: str, number: str) -> None:
    figure.add_scatter(
        x=[point.day for point in points],
        y=[round(point.average, 4) for point in points],
        name="Running average",
        mode="lines",
        line={"color": colour, "width": 3},
        hovertemplate=number,
    )
    outside = [point for point in points if point.is_outside]
    if outside:
        figure.add_scatter(
            x=[point.day for point in outside],
            y=[round(point.average, 4) for point in outside],
            mode="markers",
            name="Outside the range",
            hoverinfo="skip",
            marker={"color": OUTSIDE_COLOUR, "size": 6},
        )


def shares(days: Sequence[Means], *, first: date, last: date) -> go.Figure:
    """The seven expressions' shares of each day, stacked."""
    figure = go.Figure()
    for i, emotion in enumerate(EMOTIONS):
        figure.add_bar(
            x=[means.day for means in days],
            y=[round(100 * float(means.probabilities[i]), 1) for means in days],
            name=emotion.capitalize(),
            marker={"color": EMOTION_COLOURS[emotion], "line": {"width": 0}},
            hovertemplate="%{y:.0f} %",
        )
    _add_names(figure, days, first=first, last=last)
    _frame(figure, height=260, legend=True)
    _day_axis(figure, first, last)
    figure.update_layout(barmode="stack", bargap=0.06)
    figure.update_yaxes(range=[0, 100.5], tickvals=[0, 50, 100], ticktext=["0 %", "50 %", "100 %"])
    return figure


def _add_names(figure: go.Figure, days: Sequence[Means], *, first: date, last: date) -> None:
    """Names across neighbouring days' bars, where they fit; a day without a session has no place for one."""
    count = (last - first).days + 1
    means = np.zeros((count, len(EMOTIONS)))
    for one in days:
        if first <= one.day <= last:
            means[(one.day - first).days] = one.probabilities
    midnight = datetime.combine(first, time())
    for emotion, at, height in area_names(np.arange(count, dtype=float), means, width_s=_NAME_WIDTH * count):
        figure.add_scatter(
            x=[midnight + timedelta(days=at)],
            y=[100 * height],
            mode="text",
            text=[emotion.capitalize()],
            textfont={"color": ink_on(EMOTION_COLOURS[emotion]), "size": 11},
            showlegend=False,
            hoverinfo="skip",
        )


def phq4(totals: Sequence[tuple[date, Phq4]], *, first: date, last: date) -> go.Figure:
    """Totals of the PHQ-4 over time, 0 to 12, with lines at its published borders."""
    figure = go.Figure()
    for lowest, name in PHQ4_BANDS:
        if lowest:
            figure.add_hline(y=lowest, line={"width": 1, "dash": "dot", "color": "rgba(128,128,128,0.7)"})
        figure.add_annotation(
            x=1, xref="paper", y=lowest, text=name, showarrow=False, xanchor="right", yanchor="bottom", opacity=0.9
        )
    figure.add_scatter(
        x=[day for day, _ in totals],
        y=[scores.total for _, scores in totals],
        name="PHQ-4",
        text=[scores.summary() for _, scores in totals],
        mode="lines+markers",
        line={"color": SAID_COLOUR, "width": 1.5},
        marker={"color": SAID_COLOUR, "size": 8},
        hovertemplate="%{text}<extra></extra>",
    )
    _frame(figure, height=230)
    _day_axis(figure, first, last)
    figure.update_layout(hovermode="closest")
    figure.update_yaxes(range=[-0.4, MOST_SCORE + 0.6], tickvals=[0, 3, 6, 9, MOST_SCORE], gridcolor=CLEAR)
    return figure


def _day_axis(figure: go.Figure, first: date, last: date) -> None:
    """An axis of days, at least two weeks long, so that few days do not become broad."""
    start = min(first, last - timedelta(days=13))
    figure.update_xaxes(
        type="date",
        range=[start - _EDGE, last + _EDGE],
        showgrid=False,
        nticks=7,
        hoverformat="%a %-d %b %Y",
        tickformatstops=[
            {"dtickrange": [None, 86_400_000 * 27], "value": "%-d %b"},
            {"dtickrange": [86_400_000 * 27, None], "value": "%b %Y"},
        ],
    )


def _frame(figure: go.Figure, *, height: int, legend: bool = False) -> None:
    """The frame of all charts; a legend stands below and needs room there."""
    edge = 8 if legend else 24
    frame(
        figure,
        height=height,
        margin=(46, 12, edge, edge),
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "top", "y": -0.12, "x": 0, "traceorder": "normal"},
        hovermode="x unified",
    )
    fix_axes(figure)
    figure.update_xaxes(automargin=legend)
