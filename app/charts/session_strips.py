"""The two strips of a session's timeline: the labels that were shown, and the seven as heat. No Streamlit."""

from typing import Final

import numpy as np
import plotly.graph_objects as go

from app.charts.curves import Curves, ShownLabels, on_grid
from app.charts.style import CLEAR, label_words
from app.colours import translucent
from app.session_statistics.summary import STATES
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE

LEVEL_ROWS: Final = 3
"""Of the strip of labels: a named one fills all of them, a leaning one two, unsure one. So colour is not the only
carrier."""


def add_heat(figure: go.Figure, means: Curves, *, span_s: float) -> None:
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


def add_labels(figure: go.Figure, labels: ShownLabels) -> None:
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


def _numbers(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else round(value, 3) for value in values.tolist()]
