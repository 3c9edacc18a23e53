"""A file's timeline as figures."""

import numpy as np
import pytest

from app.analysis.summary import FaceTimeline
from app.charts.film import expressions, valence
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Level

HAPPY = EMOTIONS.index("happy")


@pytest.fixture
def face() -> FaceTimeline:
    """Happy, gone, unsure, probably happy."""
    probabilities = np.full((4, 7), 0.02)
    probabilities[:, HAPPY] = 0.88
    probabilities[1] = np.nan
    return FaceTimeline(
        np.array([0.5, 1.5, 2.5, 3.5]),
        probabilities,
        np.array([0.6, np.nan, 0.1, 0.4]),
        ("happy", None, "unsure", "happy"),
        (Level.NAMED, None, Level.UNSURE, Level.LEANING),
    )


def test_shares_are_stacked_in_the_house_colours_and_nothing_is_where_the_face_is_not(face):
    figure = expressions(face, length_s=3.0)

    areas = {trace.name: trace for trace in figure.data if trace.type == "scatter" and trace.stackgroup}
    assert list(areas) == [emotion.capitalize() for emotion in EMOTIONS]
    assert list(areas["Happy"].y) == [0.88, 0.0, 0.88, 0.88]
    assert areas["Happy"].fillcolor == EMOTION_COLOURS["happy"]
    assert tuple(figure.layout.xaxis.range) == (0, 3.0)
    assert list(figure.layout.yaxis.ticktext) == ["0 %", "50 %", "100 %"]


def test_the_strip_says_what_the_face_was_called_the_surer_the_higher(face):
    (strip,) = [trace for trace in expressions(face, length_s=3.0).data if trace.type == "heatmap"]

    assert [list(row) for row in strip.text] == [["Happy", "not in view", "Unsure", "Probably happy"]] * 3
    happy, _, unsure, leaning = strip.z[0]
    filled = [[number is not None and not np.isnan(number) for number in row] for row in strip.z]
    assert filled == [[True, False, True, True], [True, False, False, True], [True, False, False, False]]
    assert leaning == happy
    share = (happy - strip.zmin) / (strip.zmax - strip.zmin)
    assert [colour for at, colour in strip.colorscale if at <= share][-1] == EMOTION_COLOURS["happy"]
    assert unsure == 7


def test_valence_breaks_where_the_face_is_not_in_view(face):
    line = valence(face, length_s=3.0).data[-1]

    assert list(line.y[[0, 2]]) == [0.6, 0.1]
    assert np.isnan(line.y[1])
