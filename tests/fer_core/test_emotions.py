"""The one table of emotions."""

import re

import pytest

from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, colour_bgr


def test_the_order_is_fer2013s():
    assert EMOTIONS == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def test_every_word_that_is_shown_has_a_colour_of_its_own():
    assert set(EMOTION_COLOURS) == {*EMOTIONS, UNSURE}
    assert len(set(EMOTION_COLOURS.values())) == len(EMOTION_COLOURS)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in EMOTION_COLOURS.values())


@pytest.mark.parametrize("word", EMOTION_COLOURS)
def test_opencvs_colour_is_the_same_one_with_blue_first(word):
    blue, green, red = colour_bgr(word)

    assert f"#{red:02x}{green:02x}{blue:02x}" == EMOTION_COLOURS[word]


def test_an_unknown_word_has_no_colour():
    with pytest.raises(KeyError):
        colour_bgr("bored")
