"""Data to plotly figures. Pure functions; no Streamlit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import plotly.graph_objects as go

from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import FaceEmotion, FrameResult

TICKS: Final = {"ticks": "outside", "ticklen": 5, "tickcolor": "rgba(0,0,0,0)", "automargin": False}
"""Labels a little off the axis, and margins that do not depend on them, so that nothing jumps."""
BRIDGE_S: Final = 1.0
"""Longest time without a result that the chart bridges."""
GRID_POINTS: Final = 80
"""Points on the time axis: the browser draws the chart beside the video, and each point costs."""


@dataclass(frozen=True)
class Timeline:
    """One face's history on a fixed grid.

    Attributes:
        seconds: float (points,), from -window to 0.
        probabilities: float (points, 7) in the order of EMOTIONS; NaN where the face was not in view.
        valence: float (points,); likewise.
    """

    seconds: np.ndarray
    probabilities: np.ndarray
    valence: np.ndarray


def face_in(result: FrameResult, track_id: int | None) -> FaceEmotion | None:
    """The face of that number, or the largest one with None; None where it is not in view."""
    if track_id is None:
        return result.faces[0] if result.faces else None
    return next((face for face in result.faces if face.face.track_id == track_id), None)


def timeline(results: Sequence[FrameResult], *, now_s: float, window_s: float, track_id: int | None = None) -> Timeline:
    """Average the results of each of the grid's cells.

    Args:
        results: oldest first.
        now_s: the right end of the axis, on the results' clock.
        window_s: the axis' length in seconds.
        track_id: which face; None for the largest.
    """
    sums = np.zeros((GRID_POINTS, len(EMOTIONS) + 1))
    counts = np.zeros(GRID_POINTS)
    looked = np.zeros(GRID_POINTS, bool)
    cell_s = window_s / GRID_POINTS
    for result in results:
        cell = math.floor((result.captured_at_s - (now_s - window_s)) / cell_s)
        if not 0 <= cell < GRID_POINTS:
            continue
        looked[cell] = True
        face = face_in(result, track_id)
        if face is not None:
            sums[cell] += [*(face.probabilities[emotion] for emotion in EMOTIONS), face.valence]
            counts[cell] += 1
    with np.errstate(invalid="ignore"):
        means = sums / counts[:, None]
    _bridge(means, looked, cells=math.floor(BRIDGE_S / cell_s))
    seconds = (np.arange(GRID_POINTS) + 0.5) * cell_s - window_s
    return Timeline(seconds, means[:, :-1], means[:, -1])


def _bridge(means: np.ndarray, looked: np.ndarray, *, cells: int) -> None:
    """Carry values, in place, over at most `cells` cells between two results that both show the face.

    A slow machine has fewer results than the grid has cells; without this its chart would be a comb.
    """
    filled = np.flatnonzero(looked)
    for i, j in pairwise(filled):
        if j - i <= cells and not np.isnan(means[[i, j]]).any():
            means[i + 1 : j] = means[i]


def emotion_timeline(data: Timeline, *, window_s: float, stacked: bool = True) -> go.Figure:
    """The rolling history of the seven probabilities."""
    figure = go.Figure()
    for i, emotion in enumerate(EMOTIONS):
        values = data.probabilities[:, i]
        figure.add_scatter(
            x=np.round(data.seconds, 2),
            y=np.round(np.nan_to_num(values) if stacked else values, 4),
            name=emotion.capitalize(),
            mode="lines",
            line={"color": EMOTION_COLOURS[emotion], "width": 0.5 if stacked else 2},
            stackgroup="all" if stacked else None,
            fillcolor=EMOTION_COLOURS[emotion] if stacked else None,
            hovertemplate="%{y:.0%}",
        )
    _dress(figure, window_s=window_s, height=190)
    figure.update_yaxes(range=[0, 1.01], tickvals=[0, 0.5, 1], ticktext=["0 %", "50 %", "100 %"])
    return figure


def valence_timeline(data: Timeline, *, window_s: float) -> go.Figure:
    """Unpleasant to pleasant over time."""
    figure = go.Figure()
    figure.add_hline(y=0, line_width=1, line_color="rgba(128,128,128,0.5)")
    figure.add_scatter(
        x=np.round(data.seconds, 2),
        y=np.round(data.valence, 3),
        mode="lines",
        line={"color": "#2f8f83", "width": 2},
        hovertemplate="%{y:.2f}",
        name="Valence",
    )
    _dress(figure, window_s=window_s, height=110)
    figure.update_yaxes(range=[-1, 1], tickvals=[-1, 0, 1])
    return figure


def _dress(figure: go.Figure, *, window_s: float, height: int) -> None:
    """The same quiet frame for each chart: fixed axes, so that nothing jumps, and no legend (the bars are one)."""
    unit, divisor = ("s", 1.0) if window_s <= 90 else ("min", 60.0)
    marks = np.linspace(-window_s, 0, 4)[:-1]
    figure.update_layout(
        height=height,
        margin={"l": 46, "r": 18, "t": 10, "b": 24},
        showlegend=False,
        hovermode="x unified",
        uirevision="live",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        # Readable on light and on dark, as the chart does not know which it stands on.
        font={"family": "Source Sans, Source Sans Pro, Helvetica, Arial, sans-serif", "size": 12, "color": "#868e96"},
    )
    figure.update_xaxes(
        range=[-window_s, 0],
        tickvals=[*marks, 0],
        ticktext=[f"{mark / divisor:.0f} {unit}" if mark == marks[0] else f"{mark / divisor:.3g}" for mark in marks]
        + ["now"],
        showgrid=False,
        zeroline=False,
        fixedrange=True,
        **TICKS,
    )
    figure.update_yaxes(fixedrange=True, gridcolor="rgba(128,128,128,0.2)", zeroline=False, **TICKS)
