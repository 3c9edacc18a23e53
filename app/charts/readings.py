"""What a timeline's playhead reads: the values at each moment, as a browser gets them. No Streamlit."""

from collections.abc import Sequence

import numpy as np

from app.charts.curves import Curves, ShownLabels, on_grid
from app.charts.style import label_words
from app.session_statistics.summary import STATES

Reading = tuple[list[int], float, float]
"""The shares of the seven in per cent, in the order of EMOTIONS; valence and arousal, -1 to 1."""


def readings(means: Curves, *, span_s: float) -> list[Reading | None]:
    """One for each span of time from the session's start; None where the face was out of view.

    Args:
        means: averages over spans.
        span_s: how long each of them is, in seconds.
    """
    values = np.column_stack([100 * means.probabilities, means.valence, means.arousal])
    _, grid = on_grid(means, values, span_s=span_s)
    return [None if np.isnan(row[0]) else _reading(row) for row in grid]


def _reading(row: np.ndarray) -> Reading:
    return [round(share) for share in row[:-2].tolist()], round(float(row[-2]), 2), round(float(row[-1]), 2)


def words_of(labels: ShownLabels) -> Sequence[str]:
    """What was shown in each cell: "Happy", "Probably happy", "Unsure"; empty where no time counts."""
    return [
        label_words(STATES[state], leaning=leaning) if state >= 0 else ""
        for state, leaning in zip(labels.state.tolist(), labels.leaning.tolist(), strict=True)
    ]
