"""What the playhead reads: the values of each span, and nothing where the face was away."""

import numpy as np

from app.charts.curves import Curves, shown_labels
from app.charts.readings import readings, words_of
from fer_core.emotions import EMOTIONS
from tests.helpers.session_builders import make_samples


def test_each_span_has_its_values_and_a_gap_has_none():
    rows = np.full((3, 7), 0.05)
    rows[:, EMOTIONS.index("happy")] = 0.7
    rows[2] = [0.4, 0.3, 0.3, 0, 0, 0, 0]
    means = Curves(np.array([0.5, 1.5, 6.5]), rows, np.array([0.5, 0.25, -0.333]), np.array([0.1, 0, -0.25]), 1.5)

    found = readings(means, span_s=1.0)

    assert found[:2] == [([5, 5, 5, 70, 5, 5, 5], 0.5, 0.1), ([5, 5, 5, 70, 5, 5, 5], 0.25, 0.0)]
    assert found[2:6] == [None] * 4
    assert found[6:] == [([40, 30, 30, 0, 0, 0, 0], -0.33, -0.25)]


def test_labels_are_words_with_their_level():
    samples = make_samples(["happy"] * 10 + ["sad?"] * 10 + [None] * 9)

    words = words_of(shown_labels(samples, length_s=12.0, cells=12))

    assert words == ["Happy"] * 2 + ["Probably sad"] * 2 + ["Unsure"] * 2 + [""] * 6
