"""Data sets, runs and evaluations as plotly figures. Pure functions; no Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from app.charts.style import GRID, frame
from app.colours import GREEN, GREY, ORANGE, PINK, VIOLET
from app.formatting import signed
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from train.evaluation.compare import LETTERS
from train.evaluation.figures import CoveragePoint, ReliabilityBin
from train.runs.files import EpochMetrics

TRAIN_COLOUR: Final = GREY
VALIDATION_COLOUR: Final = GREEN
SECOND_COLOUR: Final = ORANGE
_CURVE_PX: Final = 250
MODEL_COLOURS: Final = (VALIDATION_COLOUR, SECOND_COLOUR, VIOLET, PINK)
"""Of compared models, in their order; readable on light and on dark."""


def accuracy_curves(epochs: Sequence[EpochMetrics], *, planned: int) -> go.Figure:
    """Accuracy of training and validation by epoch."""
    figure = go.Figure()
    _line(figure, epochs, [100 * e.accuracy for e in epochs], "Training", TRAIN_COLOUR, "%{y:.1f} %")
    _line(figure, epochs, [100 * e.validation_accuracy for e in epochs], "Validation", VALIDATION_COLOUR, "%{y:.1f} %")
    _epoch_axis(figure, planned=planned, height=_CURVE_PX, legend=True)
    figure.update_yaxes(ticksuffix=" %", rangemode="tozero", title_text="Faces named right")
    return figure


def loss_curves(epochs: Sequence[EpochMetrics], *, planned: int) -> go.Figure:
    """Loss of training and validation by epoch."""
    figure = go.Figure()
    _line(figure, epochs, [e.loss for e in epochs], "Training", TRAIN_COLOUR, "%{y:.3f}")
    _line(figure, epochs, [e.validation_loss for e in epochs], "Validation", VALIDATION_COLOUR, "%{y:.3f}")
    _epoch_axis(figure, planned=planned, height=_CURVE_PX, legend=True)
    figure.update_yaxes(title_text="Loss (nats)")
    return figure


def learning_rate_curve(epochs: Sequence[EpochMetrics], *, planned: int) -> go.Figure:
    """The learning rate by epoch."""
    figure = go.Figure()
    _line(figure, epochs, [e.learning_rate for e in epochs], "Learning rate", VALIDATION_COLOUR, "%{y:.2g}")
    _epoch_axis(figure, planned=planned, height=_CURVE_PX)
    figure.update_yaxes(rangemode="tozero", tickformat=".2g", title_text="Learning rate")
    return figure


def validation_curves(curves: Mapping[int, Sequence[EpochMetrics]]) -> go.Figure:
    """Validation accuracy by epoch of compared models' runs, by the models' places."""
    figure = go.Figure()
    for index, epochs in curves.items():
        shares = [100 * e.validation_accuracy for e in epochs]
        _line(figure, epochs, shares, LETTERS[index], MODEL_COLOURS[index], "%{y:.1f} %")
    longest = max((e.epoch for epochs in curves.values() for e in epochs), default=1)
    _epoch_axis(figure, planned=longest, height=_CURVE_PX, legend=True)
    figure.update_yaxes(ticksuffix=" %", title_text="Validation accuracy")
    return figure


def reliability(bins: Sequence[ReliabilityBin]) -> go.Figure:
    """Accuracy against confidence; on the diagonal, confidence says what it means."""
    filled = [b for b in bins if b.n]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"color": TRAIN_COLOUR, "dash": "dot", "width": 1}, hoverinfo="skip"
    )
    largest = max((b.n for b in filled), default=1)
    figure.add_scatter(
        x=[100 * b.confidence for b in filled],
        y=[100 * b.accuracy for b in filled],
        mode="lines+markers",
        line={"color": VALIDATION_COLOUR, "width": 2},
        marker={"size": [6 + 12 * (b.n / largest) ** 0.5 for b in filled]},
        customdata=[b.n for b in filled],
        hovertemplate="%{x:.0f} % sure, %{y:.0f} % right, %{customdata:,} images<extra></extra>",
    )
    _frame(figure, height=300)
    figure.update_xaxes(range=[0, 104], ticksuffix=" %", title_text="Confidence")
    figure.update_yaxes(range=[0, 104], ticksuffix=" %", title_text="Named right")
    return figure


def coverage(points: Sequence[CoveragePoint], *, chosen: float | None) -> go.Figure:
    """How many images keep their label, and how many of these labels are right, by the unsure threshold."""
    figure = go.Figure()
    thresholds = [100 * p.threshold for p in points]
    for name, values, colour in (
        (
            "Correct, of those labelled",
            [None if p.accuracy is None else 100 * p.accuracy for p in points],
            VALIDATION_COLOUR,
        ),
        ("Labelled", [100 * p.coverage for p in points], TRAIN_COLOUR),
    ):
        figure.add_scatter(
            x=thresholds,
            y=values,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate="%{y:.0f} %",
        )
    if chosen is not None:
        figure.add_vline(
            x=100 * chosen,
            line_width=1,
            line_dash="dot",
            line_color=SECOND_COLOUR,
            annotation_text="this model",
            annotation_position="bottom left",
        )
    _frame(figure, height=300, legend=True)
    figure.update_layout(hovermode="x unified")
    figure.update_xaxes(range=[0, 95], ticksuffix=" %", title_text="Unsure below")
    figure.update_yaxes(range=[0, 104], ticksuffix=" %", title_text="Share of faces")
    return figure


def class_differences(differences: Mapping[str, float]) -> go.Figure:
    """By emotion, how many points of recall one model is ahead of another."""
    points = {emotion: 100 * differences[emotion] for emotion in EMOTIONS if emotion in differences}
    figure = _emotion_bars(points, [signed(value, 1) for value in points.values()], hover="%{x}: %{y:+.1f} points")
    _frame(figure, height=230)
    reach = max((abs(value) for value in points.values()), default=1.0) * 1.3 or 1.0
    figure.update_yaxes(range=[-reach, reach], zeroline=True, zerolinecolor="rgba(128,128,128,0.6)")
    return figure


def _emotion_bars(values: Mapping[str, float], texts: Sequence[str], *, hover: str) -> go.Figure:
    """A bar per emotion in its colour, with its text above or below."""
    return go.Figure(
        go.Bar(
            x=[emotion.capitalize() for emotion in values],
            y=list(values.values()),
            marker_color=[EMOTION_COLOURS[emotion] for emotion in values],
            text=texts,
            textposition="outside",
            cliponaxis=False,
            hovertemplate=f"{hover}<extra></extra>",
        )
    )


def _line(
    figure: go.Figure, epochs: Sequence[EpochMetrics], values: list[float], name: str, colour: str, hover: str
) -> None:
    figure.add_scatter(
        x=[e.epoch for e in epochs],
        y=values,
        name=name,
        # A single point has no line.
        mode="lines+markers" if len(epochs) < 30 else "lines",
        line={"color": colour, "width": 2},
        marker={"size": 5},
        hovertemplate=hover,
    )


def _epoch_axis(figure: go.Figure, *, planned: int, height: int, legend: bool = False) -> None:
    """The axis spans the planned epochs from the start, so that the curves grow into it and nothing jumps."""
    _frame(figure, height=height, legend=legend)
    figure.update_layout(hovermode="x unified")
    epoch_ticks(figure, planned)


def epoch_ticks(figure: go.Figure, planned: int) -> None:
    """Whole epochs, ten marks of them at most, on an axis that spans so many."""
    step = next((step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if planned / step <= 10), 1000)
    figure.update_xaxes(range=[0.5, max(2, planned) + 0.5], tickformat="d", dtick=step, tick0=1 if step == 1 else 0)
    figure.update_xaxes(title_text="Epoch")


def _frame(figure: go.Figure, *, height: int, legend: bool = False) -> None:
    """The frame of all charts, with margins for the labels of Streamlit's theme."""
    frame(
        figure,
        height=height,
        margin=(0, 12, 26 if legend else 12, 0),
        is_themed=True,
        showlegend=legend,
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "title": None},
        uirevision="training",
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, fixedrange=True, automargin=True)
    figure.update_yaxes(fixedrange=True, automargin=True, gridcolor=GRID, zeroline=False)
