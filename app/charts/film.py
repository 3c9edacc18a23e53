"""A file's timeline as figures. Pure functions; no Streamlit."""

from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.analysis.summary import LABELS, FaceTimeline
from app.charts.style import HOVER, SHARE_TICKS, add_areas, add_valence, fix_axes, frame, time_axis
from fer_core.emotions import EMOTION_COLOURS
from fer_core.results import Level, label_words

_ROWS: Final = {Level.UNSURE: 1, Level.LEANING: 2, Level.NAMED: 3}
"""Of the strip's three rows, how many each level fills: the surer, the higher."""


def expressions(face: FaceTimeline, *, length_s: float) -> go.Figure:
    """The shares of the seven over the file, stacked; above them what the face was called."""
    figure = go.Figure()
    add_areas(figure, np.round(face.seconds, 3), np.round(np.nan_to_num(face.probabilities), 4), length_s=length_s)
    _add_label_strip(figure, face)
    _frame(figure, length_s=length_s, height=280)
    figure.update_layout(
        yaxis={"domain": [0, 0.88], "range": [0, 1.01], **SHARE_TICKS},
        yaxis2={"domain": [0.93, 1], "visible": False, "fixedrange": True},
    )
    return figure


def _add_label_strip(figure: go.Figure, face: FaceTimeline) -> None:
    """A bar of a label's colour, as high as its level; unsure's grey; nothing where the face was not in view."""
    indices = [None if label is None else LABELS.index(label) for label in face.labels]
    heights = [0 if level is None else _ROWS[level] for level in face.levels]
    numbers = [[i if row < high else None for i, high in zip(indices, heights, strict=True)] for row in range(3)]
    words = [_call_words(label, level) for label, level in zip(face.labels, face.levels, strict=True)]
    count = len(LABELS)
    scale = [
        [(i + side) / count, EMOTION_COLOURS[label]] for i, label in enumerate(LABELS) for side in (0, 1)
    ]  # steps, as labels do not blend
    figure.add_heatmap(
        x=np.round(face.seconds, 3),
        z=numbers,
        text=[words] * len(numbers),
        name="Called",
        zmin=-0.5,
        zmax=count - 0.5,
        colorscale=scale,
        showscale=False,
        hovertemplate="%{text}",
        yaxis="y2",
    )


def _call_words(label: str | None, level: Level | None) -> str:
    if label is None or level is None:
        return "not in view"
    return label_words(None if level is Level.UNSURE else label, level).capitalize()


def valence(face: FaceTimeline, *, length_s: float) -> go.Figure:
    """Unpleasant to pleasant over the file."""
    figure = go.Figure()
    _frame(figure, length_s=length_s, height=120)
    add_valence(figure, np.round(face.seconds, 3), face.valence)
    return figure


def _frame(figure: go.Figure, *, length_s: float, height: int) -> None:
    """The same frame and time axis for both, so that they line up."""
    frame(figure, height=height, margin=(46, 18, 10, 24), hovermode="x unified", hoverlabel=HOVER)
    fix_axes(figure)
    time_axis(figure, length_s)
