"""A session over time as one plotly figure. Pure functions; no Streamlit."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.charts.curves import Curves, ShownLabels, closed, gapped
from app.charts.session_marks import TASKS_FROM, Marks, add_marks, lane_axis
from app.charts.session_strips import LEVEL_ROWS, add_heat, add_labels
from app.charts.style import GRID, HOVER, SHARE_TICKS, TICKS, ZERO, add_areas, frame, time_marks
from app.colours import AROUSAL_COLOUR, VALENCE_COLOUR
from app.formatting import clock
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS

DAY_S: Final = 86_400.0
MIDNIGHT_MS: Final = 946_684_800_000
"""Of 1 January 2000 in milliseconds since 1970; plotly would take smaller numbers for years."""
# From below: valence and arousal, heat strip, expressions, labels, tasks with markers above them.
_DOMAINS: Final = ((0.0, 0.19), (0.225, 0.445), (0.475, 0.82), (0.835, 0.885), (TASKS_FROM, 1.0))
_BARE_DOMAINS: Final = (*_DOMAINS[:2], (0.475, 0.925), (0.94, 0.99), (0.99, 1.0))
"""The same where there is neither marker nor task."""


def session_timeline(
    lines: Curves,
    means: Curves,
    labels: ShownLabels | None,
    *,
    span_s: float,
    length_s: float,
    stacked: bool,
    marks: Marks,
) -> go.Figure:
    """The seven over time, a heat strip of them, valence and arousal; above them the labels, tasks and markers.

    Args:
        lines: what the lines draw, best all samples.
        means: averages over spans, for areas and the heat strip.
        labels: what was shown; None where the samples are not read.
        span_s: how long each span of `means` is, in seconds.
        length_s: of the time axis.
        stacked: areas that sum to 1 instead of lines.
        marks: what is drawn across.
    """
    figure = go.Figure()
    if stacked:
        add_areas(figure, *closed(means), length_s=length_s, yaxis="y3")
    else:
        for i, emotion in enumerate(EMOTIONS):
            _add_line(
                figure,
                lines,
                lines.probabilities[:, i],
                emotion.capitalize(),
                EMOTION_COLOURS[emotion],
                "%{y:.0%}",
                "y3",
            )
    add_heat(figure, means, span_s=span_s)
    if labels is not None:
        add_labels(figure, labels)
    for values, name, colour in (
        (lines.valence, "Valence", VALENCE_COLOUR),
        (lines.arousal, "Arousal", AROUSAL_COLOUR),
    ):
        _add_line(figure, lines, values, name, colour, "%{y:+.2f}", "y")
    domains = _domains(has_lane=bool(marks.markers or marks.tasks), has_labels=labels is not None)
    add_marks(figure, marks, length_s, excluded_to=domains[3][1])
    _frame_timeline(figure, domains, lane_axis(marks))
    figure.update_layout(yaxis5_visible=labels is not None)
    _add_clock(figure, length_s)
    return figure


def _add_line(
    figure: go.Figure, curves: Curves, values: np.ndarray, name: str, colour: str, hover: str, yaxis: str
) -> None:
    time_s, shown = gapped(curves, values)
    figure.add_scatter(
        x=time_s,
        y=shown,
        name=name,
        mode="lines",
        connectgaps=False,
        line={"color": colour, "width": 1.6},
        hovertemplate=hover,
        yaxis=yaxis,
    )


def _domains(*, has_lane: bool, has_labels: bool) -> Sequence[tuple[float, float]]:
    """From where to where each part of the chart stands."""
    affect, heat, seven, labels, lane = _DOMAINS if has_lane else _BARE_DOMAINS
    return affect, heat, (seven if has_labels else (seven[0], labels[1])), labels, lane


def _frame_timeline(figure: go.Figure, domains: Sequence[tuple[float, float]], lanes: dict[str, object]) -> None:
    affect, heat, seven, labels, lane = (list(domain) for domain in domains)
    axis = {"fixedrange": True, "gridcolor": GRID, "zeroline": False, **TICKS}
    frame(
        figure,
        height=520,
        margin=(62, 10, 4, 26),
        hoverlabel=HOVER,
        dragmode="zoom",
        hovermode="x unified",
        uirevision="session",
        yaxis=axis
        | {
            "domain": affect,
            "range": [-1.05, 1.05],
            "tickvals": [-1, 0, 1],
            "zeroline": True,
            "zerolinecolor": ZERO,
        },
        yaxis2=axis
        | {
            "domain": heat,
            "range": [len(EMOTIONS) - 0.5, -0.5],
            "tickfont": {"size": 10},
            "showgrid": False,
            "tickvals": list(range(len(EMOTIONS))),
            "ticktext": [name.capitalize() for name in EMOTIONS],
        },
        yaxis3=axis | {"domain": seven, "range": [0, 1.02], **SHARE_TICKS},
        yaxis4=axis | {"domain": lane, "tickfont": {"size": 10}, "showgrid": False} | lanes,
        yaxis5=axis
        | {
            "domain": labels,
            "range": [0, LEVEL_ROWS],
            "tickfont": {"size": 10},
            "showgrid": False,
            "tickvals": [LEVEL_ROWS / 2],
            "ticktext": ["Label"],
        },
    )
    figure.update_xaxes(showgrid=False, zeroline=False, anchor="y", **TICKS)


def _add_clock(figure: go.Figure, length_s: float) -> None:
    """The time axis; up to a day one of dates from MIDNIGHT_MS on, for plotly then finds round times at every zoom."""
    is_clock = length_s < DAY_S
    scale, start = (1000, MIDNIGHT_MS) if is_clock else (1, 0)
    for drawn in figure.data:
        drawn.x = start + np.asarray(drawn.x, float) * scale
    for shape in figure.layout.shapes:
        shape.x0, shape.x1 = start + shape.x0 * scale, start + shape.x1 * scale
    end = length_s * scale
    figure.update_xaxes(range=[start, start + end], minallowed=start - 0.01 * end, maxallowed=start + 1.01 * end)
    if not is_clock:
        marks = time_marks(length_s)
        words = [clock(mark) for mark in marks]
        figure.update_xaxes(tickvals=marks, ticktext=words, unifiedhovertitle={"text": "%{x:.0f} s"})
        return
    whole = "%-M:%S" if length_s < 3600 else "%-H:%M:%S"
    figure.update_xaxes(
        type="date",
        nticks=7,
        tickformat=whole,
        unifiedhovertitle={"text": f"%{{x|{whole}.%1f}}"},
        tickformatstops=[{"dtickrange": [None, 999], "value": f"{whole}.%1f"}],
    )
