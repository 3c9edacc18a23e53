"""What all charts share."""

import numpy as np
import plotly.graph_objects as go
import pytest

from app.charts.style import CLEAR, FONT, add_areas, frame, mark_label, time_marks, translucent
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS


@pytest.mark.parametrize("length_s", [0.3, 4.0, 19.7, 60.0, 3600.0, 30_000.0])
def test_the_axis_has_few_and_round_marks(length_s):
    marks = time_marks(length_s)

    assert 2 <= len(marks) <= 7
    assert marks[0] == 0
    assert marks[-1] <= length_s
    assert len({mark_label(mark) for mark in marks}) == len(marks)


def test_a_frame_is_transparent_and_leaves_the_font_to_a_theme():
    plain, themed = go.Figure(), go.Figure()
    frame(plain, height=100, margin=(1, 2, 3, 4), dragmode=False)
    frame(themed, height=100, margin=(1, 2, 3, 4), is_themed=True, showlegend=True)

    assert plain.layout.margin.to_plotly_json() == {"l": 1, "r": 2, "t": 3, "b": 4}
    assert (plain.layout.paper_bgcolor, plain.layout.showlegend, plain.layout.dragmode) == (CLEAR, False, False)
    assert plain.layout.font.color == FONT["color"]
    assert themed.layout.font.color is None
    assert themed.layout.showlegend


def test_areas_are_the_seven_in_their_colours():
    figure = go.Figure()
    add_areas(figure, np.arange(2.0), np.full((2, 7), 1 / 7))

    assert [area.fillcolor for area in figure.data] == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    assert {area.stackgroup for area in figure.data} == {"all"}


def test_a_colour_gets_an_opacity():
    assert translucent("#2f8f83", 0.4) == "rgba(47,143,131,0.4)"
