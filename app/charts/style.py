"""What all charts share: colours, font, grid, ticks, the quiet frame, and the areas of the seven expressions."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import plotly.graph_objects as go

from app.colours import CHART_TEXT, VALENCE_COLOUR
from app.formatting import clock
from fer_core import results
from fer_core.colours import ink_on
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Level

CLEAR: Final = "rgba(0,0,0,0)"
GRID: Final = "rgba(128,128,128,0.2)"
ZERO: Final = "rgba(128,128,128,0.5)"
"""Of the line at zero."""
FONT: Final = {"family": "Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif", "size": 12, "color": CHART_TEXT}
HOVER: Final = {"bgcolor": "rgba(33,37,41,0.92)", "font": {"color": "#f8f9fa"}}
"""Readable on every colour."""
TICKS: Final = {"ticks": "outside", "ticklen": 5, "tickcolor": CLEAR, "automargin": False}
"""Labels a little off the axis, and margins that do not depend on them, so that nothing jumps."""
SHARE_TICKS: Final[Mapping[str, Any]] = {"tickvals": [0, 0.5, 1], "ticktext": ["0 %", "50 %", "100 %"]}
_STEPS_S: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS: Final = 6
# Of a name in an area: its width as a share of the time, its height as one of the whole, and how many places are tried.
_NAME_WIDTH: Final = 0.13
_NAME_HEIGHT: Final = 0.13
_NAME_PLACES: Final = 60
_NEARLY: Final = 0.9


def label_words(label: str, *, leaning: bool = False) -> str:
    """What was shown: "Happy", "Probably happy", "Unsure"."""
    return results.label_words(label, Level.LEANING if leaning else Level.NAMED).capitalize()


def frame(
    figure: go.Figure, *, height: int, margin: tuple[int, int, int, int], is_themed: bool = False, **layout: Any
) -> None:
    """The same quiet frame around each chart: transparent, without a legend.

    Args:
        figure: is changed.
        height: in pixels.
        margin: left, right, top and bottom, in pixels.
        is_themed: Streamlit's theme sets the font.
        **layout: what else plotly's layout gets.
    """
    figure.update_layout(
        height=height,
        margin=dict(zip("lrtb", margin, strict=True)),
        showlegend=False,
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
    )
    if not is_themed:
        figure.update_layout(font=FONT)
    figure.update_layout(layout)


def fix_axes(figure: go.Figure) -> None:
    """Axes that cannot be moved; only the vertical one has a grid."""
    figure.update_xaxes(showgrid=False, zeroline=False, fixedrange=True, **TICKS)
    figure.update_yaxes(gridcolor=GRID, zeroline=False, fixedrange=True, **TICKS)


def time_axis(figure: go.Figure, length_s: float) -> None:
    """A horizontal axis of seconds, labelled as a clock and fixed."""
    marks = time_marks(length_s)
    figure.update_xaxes(
        range=[0, length_s],
        tickvals=marks,
        ticktext=[mark_label(mark) for mark in marks],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        unifiedhovertitle={"text": "%{x:.1f} s"},
    )


def time_marks(length_s: float) -> Sequence[float]:
    """Where a time axis has labels: round times in seconds, at most seven of them."""
    step_s = next((step for step in _STEPS_S if length_s / step <= _MOST_TICKS), length_s / _MOST_TICKS)
    return [float(mark) for mark in np.round(np.arange(0, length_s + step_s * 1e-6, step_s), 3)]


def mark_label(mark_s: float) -> str:
    """The label of a time mark: "0:15", or "0:00.2" where it is no whole second."""
    return clock(mark_s, tenths=mark_s % 1 > 0)


def add_areas(figure: go.Figure, time_s: np.ndarray, shares: np.ndarray, *, length_s: float, yaxis: str = "y") -> None:
    """The seven as stacked areas.

    Args:
        figure: is changed.
        time_s: float (n,).
        shares: float (n, 7) in the order of EMOTIONS; 0 where there is no face, as areas cannot break.
        length_s: of the time axis.
        yaxis: the axis that they stand on.
    """
    for i, emotion in enumerate(EMOTIONS):
        figure.add_scatter(
            x=time_s,
            y=shares[:, i],
            name=emotion.capitalize(),
            mode="lines",
            stackgroup="all",
            yaxis=yaxis,
            line={"color": EMOTION_COLOURS[emotion], "width": 0.5},
            fillcolor=EMOTION_COLOURS[emotion],
            hovertemplate="%{y:.0%}",
        )
    _add_names(figure, time_s, shares, length_s, yaxis)


def _add_names(figure: go.Figure, time_s: np.ndarray, shares: np.ndarray, length_s: float, yaxis: str) -> None:
    """The name of each area where it is high enough for it, so that colour is not the only carrier."""
    for emotion, at_s, height in area_names(time_s, shares, width_s=length_s * _NAME_WIDTH):
        # Not an annotation: those do not follow where a page turns seconds into a clock.
        figure.add_scatter(
            x=[at_s],
            y=[height],
            mode="text",
            text=[emotion.capitalize()],
            textfont={"color": ink_on(EMOTION_COLOURS[emotion]), "size": 11},
            yaxis=yaxis,
            showlegend=False,
            hoverinfo="skip",
        )


def area_names(time_s: np.ndarray, shares: np.ndarray, *, width_s: float) -> list[tuple[str, float, float]]:
    """Where names fit into stacked areas: emotion, time and height, each at most once.

    Args:
        time_s: float (n,), rising.
        shares: float (n, 7) in the order of EMOTIONS.
        width_s: of a name, in seconds.

    Returns:
        The middles of names that lie within their areas, in seconds and in the shares' unit.
    """
    if not len(time_s) or time_s[-1] - time_s[0] < width_s:
        return []
    tops, half_s = np.cumsum(shares, axis=1), width_s / 2
    found = []
    for i, emotion in enumerate(EMOTIONS):
        places: list[tuple[float, float, float]] = []
        for at_s in np.linspace(time_s[0] + half_s, time_s[-1] - half_s, _NAME_PLACES):
            first, end = np.searchsorted(time_s, (at_s - half_s, at_s + half_s))
            if end - first < 1:
                continue
            low, high = float((tops[first:end, i] - shares[first:end, i]).max()), float(tops[first:end, i].min())
            if high - low > _NAME_HEIGHT:
                places.append((high - low, float(at_s), (low + high) / 2))
        if places:
            # Of those that are nearly as good as the best, the one in the middle.
            best = [place for place in places if place[0] >= _NEARLY * max(places)[0]]
            found.append((emotion, *best[len(best) // 2][1:]))
    return found


def add_valence(figure: go.Figure, time_s: np.ndarray, valence: np.ndarray) -> None:
    """Valence as a line over a line at zero, on an axis from -1 to 1.

    Args:
        figure: is changed; its axes are to be framed before.
        time_s: float (n,).
        valence: float (n,), -1 to 1; NaN where there is no face, so that the line breaks.
    """
    figure.add_hline(y=0, line_width=1, line_color=ZERO)
    figure.add_scatter(
        x=time_s,
        y=np.round(valence, 3),
        mode="lines",
        name="Valence",
        line={"color": VALENCE_COLOUR, "width": 2},
        hovertemplate="%{y:.2f}",
    )
    figure.update_yaxes(range=[-1, 1], tickvals=[-1, 0, 1])
