"""A session as plotly figures: timeline, shares, transitions. Pure functions; no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.charts.curves import Curves, ShownLabels, closed, gapped, on_grid
from app.charts.style import (
    CLEAR,
    GRID,
    HOVER,
    SHARE_TICKS,
    TICKS,
    ZERO,
    add_areas,
    frame,
    label_words,
    time_marks,
)
from app.colours import AROUSAL_COLOUR, ORANGE, TASK_COLOUR, VALENCE_COLOUR, translucent
from app.formatting import clock, whole_percent
from app.session_statistics.spans import Range, Task
from app.session_statistics.summary import STATES
from app.store.records import Marker
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE

MOST_TEXTS: Final = 12
"""More markers than this show their text under the mouse alone: they would cover each other."""
DAY_S: Final = 86_400.0
MIDNIGHT_MS: Final = 946_684_800_000
"""Of 1 January 2000 in milliseconds since 1970; plotly would take smaller numbers for years."""
_TEXT_LENGTH: Final = 24
# From below: valence and arousal, heat strip, expressions, labels, markers; between the last two the bands of tasks.
_DOMAINS: Final = ((0.0, 0.19), (0.245, 0.45), (0.48, 0.82), (0.835, 0.885), (0.955, 1.0))
_TASKS_FROM, _TASKS_TO = 0.9, 0.945
_BARE_DOMAINS: Final = (*_DOMAINS[:2], (0.48, 0.925), (0.94, 0.985), (0.99, 1.0))
"""The same where there is neither marker nor task."""
LEVEL_ROWS: Final = 3
"""Of the strip of labels: a named one fills all of them, a leaning one two, unsure one. So colour is not the only
carrier."""


@dataclass(frozen=True)
class Marks:
    """What is drawn across a timeline."""

    markers: Sequence[Marker] = ()
    tasks: Sequence[Task] = ()
    left_out: Sequence[Range] = ()


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
    _add_heat(figure, means, span_s=span_s)
    if labels is not None:
        _add_labels(figure, labels)
    for values, name, colour in (
        (lines.valence, "Valence", VALENCE_COLOUR),
        (lines.arousal, "Arousal", AROUSAL_COLOUR),
    ):
        _add_line(figure, lines, values, name, colour, "%{y:+.2f}", "y")
    _add_marks(figure, marks, length_s)
    _frame_timeline(figure, _domains(has_lane=bool(marks.markers or marks.tasks), has_labels=labels is not None))
    figure.update_layout(yaxis5_visible=labels is not None)
    _add_clock(figure, length_s)
    return figure


def distribution(shares: Mapping[str, float], leaning: Mapping[str, float]) -> go.Figure:
    """Share of the time per label, in the order of STATES; the part that was only leaning is striped.

    Args:
        shares: state to share of the time.
        leaning: emotion to the part of it that was only leaning.
    """
    striped = [leaning.get(state, 0.0) for state in STATES]
    full = [shares[state] - part for state, part in zip(STATES, striped, strict=True)]
    figure = go.Figure()
    for values, is_striped in ((full, False), (striped, True)):
        figure.add_bar(
            x=[100 * value for value in values],
            y=[state.capitalize() for state in STATES],
            orientation="h",
            marker_color=[EMOTION_COLOURS[state] for state in STATES],
            marker_pattern={"shape": "/" if is_striped else "", "size": 5, "solidity": 0.5},
            marker_line_width=0,
            customdata=[label_words(state, leaning=is_striped) for state in STATES],
            hovertemplate="%{customdata}: %{x:.1f} %<extra></extra>",
        )
    # Text of its own: that of a bar without length, such as a leaning one, stands at the axis.
    figure.add_scatter(
        x=[100 * shares[state] for state in STATES],
        y=[state.capitalize() for state in STATES],
        mode="text",
        text=[f" {whole_percent(shares[state])}" for state in STATES],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    frame(figure, height=250, margin=(0, 12, 8, 8), dragmode=False, hoverlabel=HOVER, barmode="stack")
    figure.update_xaxes(visible=False, range=[0, 118 * max(0.01, *shares.values())], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, automargin=True)
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
        legend="legend2" if yaxis == "y" else "legend",
    )


def _add_heat(figure: go.Figure, means: Curves, *, span_s: float) -> None:
    """A row for each emotion in its own colour: the stronger, the more probable."""
    middles, grid = on_grid(means, means.probabilities, span_s=span_s)
    # Lists and numbered rows: plotly.js fails on a typed array, or a named row, of a heatmap of one row.
    for i, emotion in enumerate(EMOTIONS):
        figure.add_heatmap(
            x=np.round(middles, 3),
            y0=i,
            dy=1,
            z=[_numbers(grid[:, i])],
            zmin=0,
            zmax=1,
            colorscale=[[i, translucent(EMOTION_COLOURS[emotion], opacity)] for i, opacity in ((0, 0.05), (1, 1))],
            showscale=False,
            yaxis="y2",
            name=emotion.capitalize(),
            hoverinfo="skip",
            hoverongaps=False,
            ygap=1,
        )


def _add_labels(figure: go.Figure, labels: ShownLabels) -> None:
    """A strip of what was shown: the surer, the higher; nothing where the face was away."""
    middles = np.round((np.arange(len(labels.state)) + 0.5) * labels.cell_s, 3)
    colours = [EMOTION_COLOURS[state] for state in STATES]
    heights = np.where(labels.leaning, LEVEL_ROWS - 1, LEVEL_ROWS)
    heights[labels.state == STATES.index(UNSURE)] = 1
    for height in range(LEVEL_ROWS):
        shown = (labels.state >= 0) & (heights > height)
        figure.add_heatmap(
            x=middles,
            y0=height + 0.5,
            dy=1,
            z=[[int(state) if there else None for state, there in zip(labels.state, shown, strict=True)]],
            zmin=-0.5,
            zmax=len(colours) - 0.5,
            colorscale=[[(i + side) / len(colours), colour] for i, colour in enumerate(colours) for side in (0, 1)],
            showscale=False,
            yaxis="y5",
            name="Shown",
            hoverinfo="skip",
            hoverongaps=False,
        )
    # A heat map has no place in a hover box of other lines; an invisible line does.
    figure.add_scatter(
        x=middles,
        y=[None if state < 0 else 0.0 for state in labels.state],
        mode="lines",
        name="Shown",
        text=[
            label_words(STATES[state], leaning=bool(leaning))
            for state, leaning in zip(labels.state, labels.leaning, strict=True)
        ],
        line={"color": CLEAR, "width": 1},
        showlegend=False,
        hovertemplate="%{text}",
        yaxis="y5",
    )


def _domains(*, has_lane: bool, has_labels: bool) -> Sequence[tuple[float, float]]:
    """From where to where each part of the chart stands."""
    affect, heat, seven, labels, lane = _DOMAINS if has_lane else _BARE_DOMAINS
    return affect, heat, (seven if has_labels else (seven[0], labels[1])), labels, lane


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 3) for value in values.tolist()]


def _add_marks(figure: go.Figure, marks: Marks, length_s: float) -> None:
    for start_s, end_s in marks.left_out:
        figure.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            x0=start_s,
            x1=min(end_s, length_s),
            y0=0,
            y1=_DOMAINS[3][1],
            fillcolor="rgba(128,128,128,0.28)",
            line_width=0,
            layer="below",
        )
    for i, task in enumerate(marks.tasks):
        figure.add_shape(
            type="rect",
            xref="x",
            yref="paper",
            x0=task.start_s,
            x1=task.end_s,
            y0=_TASKS_FROM,
            y1=_TASKS_TO,
            fillcolor=translucent(TASK_COLOUR, 0.35 if i % 2 else 0.22),
            line_width=0,
            layer="below",
            label={"text": short(task.name), "font": {"size": 11}},
        )
    notes = [marker for marker in marks.markers if marker.kind == "note"]
    ends = [marker for marker in marks.markers if marker.kind in ("task_start", "task_end")]
    for marker in (*notes, *ends):
        at_s, is_note = marker.time_ms / 1000, marker.kind == "note"
        figure.add_shape(
            type="line",
            xref="x",
            yref="paper",
            x0=at_s,
            x1=at_s,
            y0=0,
            y1=1 if is_note else _TASKS_TO,
            line={"width": 1, "dash": "solid" if is_note else "dot", "color": "rgba(128,128,128,0.9)"},
        )
    figure.add_scatter(
        x=[marker.time_ms / 1000 for marker in notes],
        y=[0.5] * len(notes),
        yaxis="y4",
        name="Marker",
        mode="markers+text" if len(notes) <= MOST_TEXTS else "markers",
        textposition="middle right",
        text=[short(marker.text) for marker in notes],
        showlegend=False,
        cliponaxis=False,
        marker={"symbol": "diamond", "size": 9, "color": ORANGE},
        customdata=[escape(marker.text[:200]) for marker in notes],
        hovertemplate="%{customdata}",
    )


def short(text: str) -> str:
    """Words that fit into a chart, safe for plotly, which reads HTML in them."""
    line = " ".join(text.split())
    return escape(line if len(line) <= _TEXT_LENGTH else line[: _TEXT_LENGTH - 1] + "…")


def _frame_timeline(figure: go.Figure, domains: Sequence[tuple[float, float]]) -> None:
    affect, heat, seven, labels, lane = (list(domain) for domain in domains)
    legend = {"orientation": "h", "x": 0, "title": None, "yanchor": "bottom", "itemsizing": "constant"}
    axis = {"fixedrange": True, "gridcolor": GRID, "zeroline": False, **TICKS}
    frame(
        figure,
        height=560,
        margin=(62, 18, 8, 26),
        hoverlabel=HOVER,
        dragmode="zoom",
        hovermode="x unified",
        showlegend=True,
        legend=legend | {"y": 1.02},
        legend2=legend | {"y": 0.2, "bgcolor": CLEAR},
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
        yaxis4=axis | {"domain": lane, "range": [0, 1], "visible": False},
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
