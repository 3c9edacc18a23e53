"""Training runs beside each other as plotly figures. Pure functions; no Streamlit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go

from app.charts.style import GRID, ZERO, frame
from app.charts.training import MODEL_COLOURS, epoch_ticks
from app.training.compared_runs import ComparedRun

_DASHES: Final = ("solid", "dash", "dot")
"""Colours come again with another dash."""
_CURVES_PX: Final = 320
_COORDINATES_PX: Final = 340
_LONGEST_WORD: Final = 14


def line_style(index: int) -> dict[str, Any]:
    """Colour and dash of the run in that place."""
    return {
        "color": MODEL_COLOURS[index % len(MODEL_COLOURS)],
        "dash": _DASHES[index // len(MODEL_COLOURS) % len(_DASHES)],
        "width": 2,
    }


def curves(runs: Sequence[ComparedRun]) -> go.Figure:
    """Validation accuracy by epoch: a line for each run, with its number in the legend."""
    figure = go.Figure()
    for index, run in enumerate(runs):
        figure.add_scatter(
            x=[epoch.epoch for epoch in run.epochs],
            y=[100 * epoch.validation_accuracy for epoch in run.epochs],
            name=str(index + 1),
            mode="lines+markers" if len(run.epochs) < 2 else "lines",  # a single point has no line
            line=line_style(index),
            hovertemplate="%{y:.1f} %",
        )
    longest = max((epoch.epoch for run in runs for epoch in run.epochs), default=1)
    frame(
        figure,
        height=_CURVES_PX,
        margin=(0, 12, 12, 0),
        is_themed=True,
        showlegend=True,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None},
        hovermode="x unified",
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, fixedrange=True, automargin=True)
    epoch_ticks(figure, longest)
    figure.update_yaxes(
        fixedrange=True, automargin=True, gridcolor=GRID, zeroline=False, ticksuffix=" %", title_text="Validation"
    )
    return figure


def coordinates(runs: Sequence[ComparedRun], labels: Sequence[str]) -> go.Figure:
    """Each run as a line through its settings to its accuracy, as in `curves`. Plotly's own kind needs WebGL.

    Args:
        runs: in their places; those without settings or an accuracy are left out.
        labels: of the settings that stand beside each other.
    """
    figure = go.Figure()
    shown = [(i, run) for i, run in enumerate(runs) if run.best is not None and run.settings]
    axes = [_axis([run.settings.get(label, "none") for _, run in shown]) for label in labels]
    axes.append(_accuracy_axis([100 * (run.best or 0.0) for _, run in shown]))
    names = [*labels, "Accuracy"]
    for place, axis in enumerate(axes):
        figure.add_vline(x=place, line_width=1, line_color=ZERO)
        figure.add_scatter(
            x=[place + 0.02] * len(axis.marks),
            y=[mark + 0.01 for mark in axis.marks],
            text=axis.words,
            mode="text",
            textposition="top right",
            textfont={"size": 11},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    for row, (index, run) in enumerate(shown):
        figure.add_scatter(
            x=list(range(len(axes))),
            y=[axis.heights[row] for axis in axes],
            name=str(index + 1),
            mode="lines+markers",
            line=line_style(index),
            marker={"size": 6},
            hovertemplate=f"{index + 1} · {100 * (run.best or 0.0):.1f} %<extra></extra>",
        )
    frame(figure, height=_COORDINATES_PX, margin=(12, 12, 30, 12), is_themed=True, dragmode=False, hovermode="closest")
    figure.update_xaxes(
        side="top", tickvals=list(range(len(axes))), ticktext=names, range=[-0.15, len(axes) - 0.45], showgrid=False
    )
    figure.update_xaxes(fixedrange=True, zeroline=False, automargin=True)
    figure.update_yaxes(range=[-0.06, 1.12], visible=False, fixedrange=True)
    return figure


@dataclass(frozen=True)
class _Axis:
    """One of the parallel axes, from 0 to 1: how high each run stands, and where which words stand."""

    heights: list[float]
    marks: list[float]
    words: list[str]


def _axis(values: Sequence[Any]) -> _Axis:
    """Of a setting: numbers at their distance, words in the order of their first run."""
    if all(isinstance(value, int | float) for value in values):
        kinds: list[Any] = sorted(set(values))
        low, reach = kinds[0], (kinds[-1] - kinds[0]) or 1
        places = {kind: (kind - low) / reach for kind in kinds}
        words = [f"{kind:g}" for kind in kinds]
    else:
        values = [str(value) for value in values]
        kinds = list(dict.fromkeys(values))
        places = {kind: place / max(1, len(kinds) - 1) for place, kind in enumerate(kinds)}
        words = [kind if len(kind) <= _LONGEST_WORD else kind[: _LONGEST_WORD - 1] + "…" for kind in kinds]
    return _Axis([places[value] for value in values], [places[kind] for kind in kinds], words)


def _accuracy_axis(percents: Sequence[float]) -> _Axis:
    """From the lowest to the highest accuracy, with both and what is between."""
    low, high = min(percents), max(percents)
    marks = [0.0, 0.5, 1.0] if high > low else [0.0]
    return _Axis(
        [(value - low) / ((high - low) or 1) for value in percents],
        marks,
        [f"{low + mark * (high - low):.1f} %" for mark in marks],
    )
