"""Sessions side by side as plotly figures. Pure functions; no Streamlit."""

from collections.abc import Sequence
from typing import Final

import plotly.graph_objects as go

from app.charts.curves import Curves, closed
from app.charts.style import GRID, HOVER, add_areas, frame, time_axis
from app.colours import VALENCE_COLOUR
from app.formatting import signed
from app.session_statistics.comparison import Difference
from app.session_statistics.summary import STATES
from fer_core.emotions import EMOTION_COLOURS

SMALL_HEIGHT: Final = 118


def forest(differences: Sequence[Difference]) -> go.Figure:
    """A dot and its 95 % interval for each figure of one pair: shares in points above, valence and arousal below."""
    figure = go.Figure()
    shares = [difference for difference in differences if difference.figure in STATES]
    affect = [difference for difference in differences if difference.figure not in STATES]
    for rows, axis, scale, unit in ((shares, "", 100, " points"), (affect, "2", 1, "")):
        for difference in rows:
            _add_interval(figure, difference, axis=axis, scale=scale, unit=unit)
    frame(figure, height=360, margin=(74, 12, 8, 24), dragmode=False, hoverlabel=HOVER)
    line = {"zeroline": True, "zerolinecolor": "rgba(128,128,128,0.8)", "gridcolor": GRID, "fixedrange": True}
    figure.update_layout(
        xaxis=line | {"anchor": "y", "range": _reach(shares, 100), "ticksuffix": " pts"},
        xaxis2=line | {"anchor": "y2", "range": _reach(affect, 1)},
        yaxis={"domain": [0.36, 1], "autorange": "reversed", "fixedrange": True, "showgrid": False},
        yaxis2={"domain": [0, 0.2], "autorange": "reversed", "fixedrange": True, "showgrid": False},
    )
    return figure


def _add_interval(figure: go.Figure, difference: Difference, *, axis: str, scale: float, unit: str) -> None:
    low, high, change = (value * scale for value in (difference.low, difference.high, difference.change))
    digits = 0 if scale > 1 else 2
    colour = EMOTION_COLOURS.get(difference.figure, VALENCE_COLOUR)
    figure.add_scatter(
        x=[change],
        y=[difference.figure.capitalize()],
        mode="markers",
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [max(0.0, high - change)],
            "arrayminus": [max(0.0, change - low)],
            "thickness": 2,
            "width": 4,
        },
        # An empty dot: not clear. Colour is not the only carrier.
        marker={"size": 10, "color": colour, "symbol": "circle" if difference.is_clear else "circle-open"},
        hovertemplate=f"{signed(change, digits)}{unit} ({signed(low, digits)} to {signed(high, digits)})"
        "<extra></extra>",
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
    )


def _reach(rows: Sequence[Difference], scale: float) -> list[float]:
    """An axis with zero in the middle."""
    reach = max((abs(value) * scale for row in rows for value in (row.low, row.high, row.change)), default=0.0)
    return [-1.1 * (reach or scale / 10), 1.1 * (reach or scale / 10)]


def small_timeline(means: Curves, *, length_s: float) -> go.Figure:
    """The seven of one session as areas, small, on a time axis that it shares with others.

    Args:
        means: averages over spans.
        length_s: of the longest of the sessions.
    """
    figure = go.Figure()
    add_areas(figure, *closed(means), length_s=length_s)
    frame(
        figure,
        height=SMALL_HEIGHT,
        margin=(46, 12, 12, 22),
        dragmode=False,
        hoverlabel=HOVER,
        hovermode="x unified",
    )
    time_axis(figure, length_s)
    figure.update_yaxes(
        range=[0, 1.01], tickvals=[0, 1], ticktext=["0 %", "100 %"], fixedrange=True, gridcolor=GRID, zeroline=False
    )
    return figure
