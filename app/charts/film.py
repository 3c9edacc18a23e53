"""A file's timeline as figures. Pure functions; no Streamlit."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.analysis.summary import LABELS, FaceTimeline
from app.charts.rolling import TICKS
from app.formatting import clock
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS

VALENCE_COLOUR: Final = "#2f8f83"
_FONT: Final = {
    "family": "Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif",
    "size": 12,
    "color": "#868e96",  # readable on light and on dark
}
_STEPS_S: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS: Final = 6


def expressions(face: FaceTimeline, *, length_s: float) -> go.Figure:
    """The shares of the seven over the file, stacked; above them what the face was called."""
    figure = go.Figure()
    for i, emotion in enumerate(EMOTIONS):
        figure.add_scatter(
            x=np.round(face.seconds, 3),
            y=np.round(np.nan_to_num(face.probabilities[:, i]), 4),
            name=emotion.capitalize(),
            mode="lines",
            line={"color": EMOTION_COLOURS[emotion], "width": 0.5},
            stackgroup="all",
            fillcolor=EMOTION_COLOURS[emotion],
            hovertemplate="%{y:.0%}",
        )
    _add_label_strip(figure, face)
    _dress(figure, length_s=length_s, height=280)
    figure.update_layout(
        yaxis={
            "domain": [0, 0.88],
            "range": [0, 1.01],
            "tickvals": [0, 0.5, 1],
            "ticktext": ["0 %", "50 %", "100 %"],
        },
        yaxis2={"domain": [0.93, 1], "visible": False, "fixedrange": True},
    )
    return figure


def _add_label_strip(figure: go.Figure, face: FaceTimeline) -> None:
    """One row of colour: a label's, unsure's grey, nothing where the face was not in view."""
    numbers = [[None if label is None else LABELS.index(label) for label in face.labels]]
    count = len(LABELS)
    scale = [
        [(i + side) / count, EMOTION_COLOURS[label]] for i, label in enumerate(LABELS) for side in (0, 1)
    ]  # steps, as labels do not blend
    figure.add_heatmap(
        x=np.round(face.seconds, 3),
        z=numbers,
        text=[["not in view" if label is None else label.capitalize() for label in face.labels]],
        name="Called",
        zmin=-0.5,
        zmax=count - 0.5,
        colorscale=scale,
        showscale=False,
        hovertemplate="%{text}",
        yaxis="y2",
    )


def valence(face: FaceTimeline, *, length_s: float) -> go.Figure:
    """Unpleasant to pleasant over the file."""
    figure = go.Figure()
    figure.add_hline(y=0, line_width=1, line_color="rgba(128,128,128,0.5)")
    figure.add_scatter(
        x=np.round(face.seconds, 3),
        y=np.round(face.valence, 3),
        mode="lines",
        name="Valence",
        line={"color": VALENCE_COLOUR, "width": 2},
        hovertemplate="%{y:.2f}",
    )
    _dress(figure, length_s=length_s, height=120)
    figure.update_yaxes(range=[-1, 1], tickvals=[-1, 0, 1])
    return figure


def _dress(figure: go.Figure, *, length_s: float, height: int) -> None:
    """The same frame and time axis for both, so that they line up."""
    marks = time_marks(length_s)
    figure.update_layout(
        height=height,
        margin={"l": 46, "r": 18, "t": 10, "b": 24},
        showlegend=False,
        hovermode="x unified",
        hoverlabel={"bgcolor": "rgba(33,37,41,0.92)", "font": {"color": "#f8f9fa"}},  # readable on every colour
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font=_FONT,
    )
    figure.update_xaxes(
        range=[0, length_s],
        tickvals=marks,
        ticktext=[clock(mark, tenths=mark % 1 > 0) for mark in marks],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        unifiedhovertitle={"text": "%{x:.1f} s"},
        **TICKS,
    )
    figure.update_yaxes(fixedrange=True, gridcolor="rgba(128,128,128,0.2)", zeroline=False, **TICKS)


def time_marks(length_s: float) -> Sequence[float]:
    """Where the time axis has words: round times, at most seven of them."""
    step_s = next((step for step in _STEPS_S if length_s / step <= _MOST_TICKS), length_s / _MOST_TICKS)
    return [float(mark) for mark in np.round(np.arange(0, length_s + step_s * 1e-6, step_s), 3)]
