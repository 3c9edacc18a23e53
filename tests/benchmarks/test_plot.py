"""Pictures of lines: where points stand, what is written at the axes, and that any words can be in them."""

import math
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from benchmarks.plot import COLOURS, PLOT_HEIGHT, PLOT_WIDTH, Axis, Chart, Line, save, svg, tick_text

SVG = "{http://www.w3.org/2000/svg}"


def drawn(chart: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(svg("A title", [chart]))


def path_of(root: ElementTree.Element, number: int) -> str:
    return next(one.get("d", "") for one in root.iter(f"{SVG}path") if one.get("class") == f"n c{number}")


@pytest.mark.parametrize(
    ("values", "ticks"),
    [([1, 2, 4, 8], (0, 2, 4, 6, 8)), ([0.1, 0.43], (0, 0.1, 0.2, 0.3, 0.4, 0.5)), ([-3, 5], (-4, -2, 0, 2, 4, 6))],
)
def test_ticks_are_round_and_hold_all_values(values, ticks):
    assert Axis.over(values, is_log=False).ticks == pytest.approx(ticks)


def test_a_logarithmic_axis_goes_from_power_to_power():
    axis = Axis.over([3, 40_000], is_log=True)

    assert axis.ticks == pytest.approx([1, 10, 100, 1_000, 10_000, 100_000])
    assert axis.share(1_000) == pytest.approx(0.6)
    assert Axis.over([10, 10], is_log=True).ticks == pytest.approx([10, 100])


def test_a_logarithmic_axis_has_no_zero():
    with pytest.raises(ValueError, match="above 0"):
        Axis.over([0, 1], is_log=True)


def test_points_stand_where_their_values_are_and_gaps_are_left_out():
    root = drawn(Chart("x", "y", [Line("one", [(0, 0), (4, 10), (8, math.nan), (8, 5)])]))

    assert path_of(root, 0) == f"M0.0 {PLOT_HEIGHT:.1f}L{PLOT_WIDTH / 2:.1f} 0.0M{PLOT_WIDTH:.1f} {PLOT_HEIGHT / 2:.1f}"


def test_titles_names_and_ticks_are_words_whatever_is_in_them():
    root = drawn(Chart("films < 1 h", "cost & time", [Line('"a"', [(1, 1)]), Line("b", [(2, 2)], dashed=True)]))

    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"A title", "films < 1 h", "cost & time", '"a"', "b", "0", "2"} <= set(words)
    assert len(re.findall("stroke-dasharray", svg("t", [Chart("x", "y", [Line("b", [(2, 2)], dashed=True)])]))) == 2


def test_words_can_be_read_in_both_themes():
    light, dark = svg("t", [Chart("x", "y", [Line("a", [(1, 1)])])]).split("@media (prefers-color-scheme: dark)")

    assert "#24292f" in light
    assert "#0d1117" in dark


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no point"):
        svg("t", [Chart("x", "y", [Line("a", [(1, math.nan)])])])
    with pytest.raises(ValueError, match="at most"):
        svg("t", [Chart("x", "y", [Line("a", [(1, 1)])] * (len(COLOURS) + 1))])


def test_the_file_is_written_into_a_new_folder(tmp_path: Path):
    save(tmp_path / "images" / "a.svg", "t", [Chart("x", "y", [Line("a", [(1, 1)])])] * 2)

    root = ElementTree.parse(tmp_path / "images" / "a.svg").getroot()
    assert len(list(root.iter(f"{SVG}g"))) == 2


@pytest.mark.parametrize(("value", "text"), [(0.25, "0.25"), (1500, "1,500"), (2e6, "2 million"), (0, "0")])
def test_ticks_as_text(value, text):
    assert tick_text(value) == text
