"""The current mix as bars."""

import re

from app.views.shared import emotion_bars as face_bars
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_emotion, make_face


def rows(html: str) -> list[tuple[str, float, str, str]]:
    """Word, width in percent, colour and figure of each bar."""
    found = re.findall(
        r"<span>(\w+)</span><div><i style=\"width:([\d.]+)%;background:(#\w+)\"></i></div><b>(.*?)</b>", html
    )
    return [(word, float(width), colour, figure) for word, width, colour, figure in found]


def headline(html: str) -> tuple[str, str]:
    found = re.search(r'<div class="fer-now"><span>(.*?)</span><small>(.*?)</small></div>', html)
    assert found
    return found[1], found[2]


def test_seven_bars_with_words_colours_and_figures():
    bars = rows(face_bars.html(make_emotion("happy", share=0.76)))

    assert [word for word, *_ in bars] == [emotion.capitalize() for emotion in EMOTIONS]
    assert [colour for _, _, colour, _ in bars] == [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    assert bars[EMOTIONS.index("happy")][1::2] == (76.0, "76\u00a0%")
    assert bars[EMOTIONS.index("sad")][1::2] == (4.0, "4\u00a0%")


def test_the_headline_says_label_and_confidence():
    assert headline(face_bars.html(make_emotion("surprise", share=0.834))) == ("Surprise", "83\u00a0% sure")


def test_a_leaning_face_says_probably_with_its_share_and_is_muted():
    html = face_bars.html(make_emotion("surprise", share=0.554, level=Level.LEANING))

    assert '<div class="fer-now leaning"><span>Probably surprise</span><small>55\u00a0%</small></div>' in html


def test_an_unsure_face_says_its_first_doubt():
    emotion = make_emotion(doubts=(Doubt.TOO_DARK, Doubt.NOT_CONFIDENT))

    assert headline(face_bars.html(emotion)) == ("Unsure", "too dark")
    unclear = make_emotion(doubts=(Doubt.NOT_CONFIDENT,))
    assert headline(face_bars.html(unclear)) == ("Unsure", "no clear lead")


def test_without_a_face_nothing_jumps():
    html = face_bars.html(None)

    assert headline(html) == ("No face", "")
    bars = rows(html)
    assert len(bars) == 7
    assert {figure for *_, figure in bars} == {"–"}


def test_faces_are_numbered_when_asked():
    emotion = make_emotion("sad", face=make_face(track_id=3))

    assert headline(face_bars.html(emotion, numbered=True))[0] == "3 · Sad"
    assert headline(face_bars.html(emotion))[0] == "Sad"
    assert headline(face_bars.html(None, numbered=True))[0] == "No face"
