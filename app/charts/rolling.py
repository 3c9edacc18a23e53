"""The live page's rolling history as plotly figures. Pure functions; no Streamlit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.charts.style import SHARE_TICKS, add_areas, add_valence, fix_axes, frame
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import FaceEmotion, FrameResult

BRIDGE_S: Final = 1.0
"""Longest time without a result that the chart bridges."""
GRID_POINTS: Final = 80
"""Points on the time axis: the browser draws the chart beside the video, and each point costs."""


@dataclass(frozen=True)
class RollingTimeline:
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


def timeline(
    results: Sequence[FrameResult], *, now_s: float, window_s: float, track_id: int | None = None
) -> RollingTimeline:
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
    return RollingTimeline(seconds, means[:, :-1], means[:, -1])


def _bridge(means: np.ndarray, looked: np.ndarray, *, cells: int) -> None:
    """Carry values, in place, over at most `cells` cells between two results that both show the face.

    A slow machine has fewer results than the grid has cells; without this its chart would be a comb.
    """
    filled = np.flatnonzero(looked)
    for i, j in pairwise(filled):
        if j - i <= cells and not np.isnan(means[[i, j]]).any():
            means[i + 1 : j] = means[i]


def emotion_timeline(data: RollingTimeline, *, window_s: float, stacked: bool = True) -> go.Figure:
    """The rolling history of the seven probabilities."""
    figure = go.Figure()
    seconds = np.round(data.seconds, 2)
    if stacked:
        add_areas(figure, seconds, np.round(np.nan_to_num(data.probabilities), 4))
    else:
        for i, emotion in enumerate(EMOTIONS):
            figure.add_scatter(
                x=seconds,
                y=np.round(data.probabilities[:, i], 4),
                name=emotion.capitalize(),
                mode="lines",
                line={"color": EMOTION_COLOURS[emotion], "width": 2},
                hovertemplate="%{y:.0%}",
            )
    _frame(figure, window_s=window_s, height=190)
    figure.update_yaxes(range=[0, 1.01], **SHARE_TICKS)
    return figure


def valence_timeline(data: RollingTimeline, *, window_s: float) -> go.Figure:
    """Unpleasant to pleasant over time."""
    figure = go.Figure()
    _frame(figure, window_s=window_s, height=110)
    add_valence(figure, np.round(data.seconds, 2), data.valence)
    return figure


def _frame(figure: go.Figure, *, window_s: float, height: int) -> None:
    """Fixed axes, so that nothing jumps; the bars beside the chart are its legend."""
    unit, divisor = ("s", 1.0) if window_s <= 90 else ("min", 60.0)
    marks = np.linspace(-window_s, 0, 4)[:-1]
    frame(figure, height=height, margin=(46, 18, 10, 24), hovermode="x unified", uirevision="live")
    fix_axes(figure)
    figure.update_xaxes(
        range=[-window_s, 0],
        tickvals=[*marks, 0],
        ticktext=[f"{mark / divisor:.0f} {unit}" if mark == marks[0] else f"{mark / divisor:.3g}" for mark in marks]
        + ["now"],
    )
