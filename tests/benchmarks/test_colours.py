"""The expressions' colours: apart for everyone, readable on both themes, and written down once."""

import re
import subprocess

import numpy as np
import pytest

from app.colours import CHART_TEXT, CHART_TEXT_CSS
from app.html_tables import matrix
from benchmarks import colours
from benchmarks.colour_vision import VISIONS, ciede2000, lab_as_seen
from fer_core.colours import contrast, rgb
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, chip_colours
from tests.helpers import REPOSITORY

THEMES = ("light", "dark")
EARLIER = ("#d6453d", "#7a9a3a", "#8e63b8", "#e8a91c", "#3f7fc4", "#e07b39", "#7f8a97", "#9aa4af", "#8a8f98")
"""What they were until they were told apart by people with any colour vision, and greys that meant "unsure"."""
SHARMA = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((6.7747, -0.2908, -2.4247), (5.8714, -0.0985, -2.2286), 0.6377),
    ((50, 0, 0), (50, -1, 2), 2.3669),
)
"""Pairs with their distance, from the test data of Sharma, Wu and Dalal (2005)."""


@pytest.mark.parametrize(("one", "other", "distance"), SHARMA)
def test_ciede2000_gives_the_published_distances(one, other, distance):
    assert ciede2000(np.array(one, float), np.array(other, float)) == pytest.approx(distance, abs=1e-4)


def test_colour_vision_is_simulated():
    white, black, red, green = lab_as_seen(["#ffffff", "#000000", "#c00000", "#006800"]).transpose(1, 0, 2)
    assert np.abs(white - (100, 0, 0)).max() < 0.2, "white and black are so for everyone"
    assert np.abs(black).max() < 0.2
    apart = dict(zip(VISIONS, np.linalg.norm(red - green, axis=-1), strict=True))
    assert apart["deuteranopia"] < apart["none"] / 3


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("vision", VISIONS)
def test_each_pair_is_apart_for_everyone(vision, theme):
    pairs = colours.closest(EMOTION_COLOURS, vision)
    assert len(pairs) == 28
    too_near = [f"{a}/{b}: {distance:.1f}" for distance, _, a, b in pairs if distance < colours.LEAST_DISTANCE]
    assert not too_near
    # The same colours on both themes: what stands behind them must not be one of them.
    behind = colours.backgrounds(theme)
    with_behind = colours.closest({**EMOTION_COLOURS, **behind}, vision)
    assert all(distance >= colours.LEAST_DISTANCE for distance, _, *two in with_behind if not set(two) <= set(behind))


@pytest.mark.parametrize("name", [*EMOTION_COLOURS, *colours.OTHER_COLOURS])
def test_lines_stand_out_from_each_background(name):
    colour = {**EMOTION_COLOURS, **colours.OTHER_COLOURS}[name]
    for where, behind in colours.all_backgrounds().items():
        assert contrast(colour, behind) >= colours.LEAST_LINE_CONTRAST, where


@pytest.mark.parametrize("leaning", [False, True])
@pytest.mark.parametrize("label", EMOTION_COLOURS)
def test_words_on_a_colour_can_be_read(label, leaning):
    ground, ink = chip_colours(label, leaning=leaning)
    assert contrast(ground, ink) >= colours.LEAST_TEXT_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_captions_can_be_read(theme):
    text = rgb(colours.text_colour(theme))
    for behind in colours.backgrounds(theme).values():
        shown = [round(0.6 * a + 0.4 * b) for a, b in zip(text, rgb(behind), strict=True)]  # Streamlit's captions
        assert contrast("#{:02x}{:02x}{:02x}".format(*shown), behind) >= colours.LEAST_TEXT_CONTRAST


@pytest.mark.parametrize("theme", THEMES)
def test_counts_can_be_read_on_a_matrix(theme):
    full = matrix(("happy",), [[9]], cell=lambda count, total: str(count), hint=lambda *_: "")
    *values, share = map(float, re.findall(r"[\d.]+", re.findall(r"rgba\(([^)]*)\)", full)[0]))
    behind = rgb(colours.backgrounds(theme)["page"])
    ground = [round(share * a + (1 - share) * b) for a, b in zip(values, behind, strict=True)]
    text = colours.text_colour(theme)
    assert contrast(text, "#{:02x}{:02x}{:02x}".format(*ground)) >= colours.LEAST_TEXT_CONTRAST


def test_a_charts_words_get_the_pages_colour():
    assert "rgb({}, {}, {})".format(*rgb(CHART_TEXT)) in CHART_TEXT_CSS
    assert CHART_TEXT not in {*EMOTION_COLOURS.values(), *colours.OTHER_COLOURS.values()}


def test_neutral_and_unsure_are_the_only_greys():
    chroma = np.hypot(*lab_as_seen([EMOTION_COLOURS[name] for name in (*EMOTIONS, UNSURE)])[0, :, 1:].T)
    assert [name for name, value in zip((*EMOTIONS, UNSURE), chroma, strict=True) if value < 15] == ["neutral", UNSURE]


def test_the_search_keeps_the_ranges_and_is_reproducible():
    found = colours.search(30, seed=5)
    assert found == colours.search(30, seed=5)
    assert set(found) == set(EMOTION_COLOURS)
    assert len(set(found.values())) == len(found)


def test_the_colours_are_written_down_once():
    values = "|".join((*EMOTION_COLOURS.values(), *EARLIER))
    places = ("app", "benchmarks", "fer_core", "train", "docs", "tests")
    found = subprocess.run(
        ["git", "grep", "-IioE", "--untracked", values, "--", *places, ":!docs/images"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    others = [
        line for line in found if not line.startswith(("fer_core/emotions.py:", "tests/benchmarks/test_colours.py:"))
    ]
    assert len(found) >= len(EMOTION_COLOURS) + len(EARLIER), "git found what is there"
    assert not others
