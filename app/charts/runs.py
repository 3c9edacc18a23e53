"""Training runs beside each other as plotly figures. Pure functions; no Streamlit."""

from collections.abc import Sequence
from typing import Any, Final

import plotly.graph_objects as go

from app.charts.style import FONT, GRID, frame
from app.charts.training import MODEL_COLOURS
from app.colours import CHART_TEXT
from app.training.compared_runs import ComparedRun

_DASHES: Final = ("solid", "dash", "dot")
"""Colours come again with another dash."""
_CURVES_PX: Final = 320
_COORDINATES_PX: Final = 340
_SCALE: Final = ((0.0, "#c9782f"), (0.5, "#7f77d6"), (1.0, "#2f8f83"))
"""From the lowest accuracy to the highest; readable on light and on dark."""
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
    figure.update_xaxes(
        showgrid=False, fixedrange=True, automargin=True, range=[0.5, max(2, longest) + 0.5], title_text="Epoch"
    )
    figure.update_yaxes(
        fixedrange=True, automargin=True, gridcolor=GRID, zeroline=False, ticksuffix=" %", title_text="Validation"
    )
    return figure


def coordinates(runs: Sequence[ComparedRun], labels: Sequence[str]) -> go.Figure:
    """Each run as a line through its settings to its accuracy.

    Args:
        runs: those with an accuracy.
        labels: of the settings that stand beside each other.
    """
    accuracies = [100 * (run.best or 0.0) for run in runs]
    axes = [_axis(label, [run.settings.get(label, "none") for run in runs]) for label in labels]
    axes.append({"label": "Accuracy, %", "values": accuracies, "tickformat": ".1f"})
    figure = go.Figure(
        go.Parcoords(
            dimensions=axes,
            line={"color": accuracies, "colorscale": _SCALE},
            labelfont={"size": 12, "color": CHART_TEXT},
            tickfont={"size": 11, "color": CHART_TEXT},
            rangefont={"size": 1, "color": "rgba(0,0,0,0)"},
            unselected={"line": {"opacity": 0.15}},
        )
    )
    frame(figure, height=_COORDINATES_PX, margin=(60, 48, 48, 16), font=FONT)
    return figure


def _axis(label: str, values: Sequence[Any]) -> dict[str, Any]:
    """A number's own axis, with a mark at each value; words stand in the order of their first run."""
    if all(isinstance(value, int | float) for value in values):
        marks = sorted(set(values))
        places = list(values)
        words = [f"{mark:g}" for mark in marks]
        ticks = marks
    else:
        kinds = list(dict.fromkeys(map(str, values)))
        places = [kinds.index(str(value)) for value in values]
        words = [kind if len(kind) <= _LONGEST_WORD else kind[: _LONGEST_WORD - 1] + "…" for kind in kinds]
        ticks = list(range(len(kinds)))
    return {"label": label, "values": places, "tickvals": ticks, "ticktext": words}
