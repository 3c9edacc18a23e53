"""Samples for tests: what one face showed, as labels in a row."""

from collections.abc import Sequence

import numpy as np

from app.session_statistics.summary import FaceSamples
from fer_core.emotions import EMOTIONS
from fer_core.expressions.baseline import affect_rows


def make_samples(
    labels: Sequence[str | None], *, spacing_s: float = 0.2, share: float = 0.8, time_s: np.ndarray | None = None
) -> FaceSamples:
    """One sample for each label, with that share for its emotion; None is an even mix and no label.

    A label such as "happy?" is only leaning.
    """
    leaning = np.array([label is not None and label.endswith("?") for label in labels], bool)
    labels = [label and label.rstrip("?") for label in labels]
    rows = np.full((len(labels), len(EMOTIONS)), 1 / len(EMOTIONS))
    for row, label in zip(rows, labels, strict=True):
        if label is not None:
            row[:] = (1 - share) / (len(EMOTIONS) - 1)
            row[EMOTIONS.index(label)] = share
    affect = affect_rows(rows)
    return FaceSamples(
        time_s=np.arange(len(labels)) * spacing_s if time_s is None else time_s,
        probabilities=rows,
        label=np.array(labels, object),
        leaning=leaning,
        valence=affect[:, 0],
        arousal=affect[:, 1],
        doubts=np.array([0 if label else 16 for label in labels], np.int16),
    )
