"""What all charts share."""

import numpy as np
import plotly.graph_objects as go
import pytest

from app.charts.style import CLEAR, FONT, add_areas, area_names, frame, mark_label, time_marks
from app.colours import translucent
from fer_core.colours import contrast
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
    add_areas(figure, np.arange(2.0), np.full((2, 7), 1 / 7), length_s=1.0)

    areas = [trace for trace in figure.data if trace.stackgroup]
    assert [area.fillcolor for area in areas] == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    assert {area.stackgroup for area in areas} == {"all"}


def test_an_area_has_its_name_where_it_is_high_enough_for_long_enough():
    time_s = np.linspace(0, 10, 101)
    shares = np.zeros((101, 7))
    shares[:60, EMOTIONS.index("happy")] = 1  # then a moment of fear, then mostly sad below a little neutral
    shares[60:64, EMOTIONS.index("fear")] = 1
    shares[64:, EMOTIONS.index("sad")] = 0.9
    shares[64:, EMOTIONS.index("neutral")] = 0.1

    found = {name: (at_s, height) for name, at_s, height in area_names(time_s, shares, width_s=1.0)}

    assert list(found) == ["happy", "sad"]
    assert 0.5 <= found["happy"][0] <= 5.4
    assert found["happy"][1] == 0.5
    assert 6.9 <= found["sad"][0] <= 9.5
    assert found["sad"][1] == pytest.approx(0.45)
    assert area_names(time_s[:5], shares[:5], width_s=1.0) == [], "shorter than a name"
    assert area_names(time_s[:0], shares[:0], width_s=1.0) == []


def test_names_stand_in_the_chart_in_an_ink_that_can_be_read():
    figure = go.Figure()
    shares = np.zeros((20, 7))
    shares[:, EMOTIONS.index("happy")] = 1
    add_areas(figure, np.arange(20.0), shares, length_s=20.0, yaxis="y3")

    short = go.Figure()
    add_areas(short, np.arange(20.0), shares, length_s=400.0)
    assert not [trace for trace in short.data if trace.mode == "text"], "a small part of a long axis has no room"
    (name,) = [trace for trace in figure.data if trace.mode == "text"]
    assert (name.text[0], name.yaxis) == ("Happy", "y3")
    assert contrast(name.textfont.color, EMOTION_COLOURS["happy"]) >= 4.5


def test_a_colour_gets_an_opacity():
    assert translucent("#2f8f83", 0.4) == "rgba(47,143,131,0.4)"
