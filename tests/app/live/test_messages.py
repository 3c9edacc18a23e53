"""Results as the page's scripts get them: the level of each face."""

from app.live.messages import history_message, result_message
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, chip_colours
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_emotion, make_face, make_result

NAMED = make_emotion("sad", face=make_face(track_id=1))
LEANING = make_emotion("sad", share=0.55, face=make_face(track_id=2), level=Level.LEANING)
UNCLEAR = make_emotion("sad", share=0.3, face=make_face(track_id=3), doubts=(Doubt.NOT_CONFIDENT,))
DARK = make_emotion("sad", face=make_face(track_id=4), doubts=(Doubt.TOO_DARK, Doubt.NOT_CONFIDENT))


def test_a_face_has_its_level_in_words():
    faces = result_message(make_result(NAMED, LEANING, UNCLEAR, DARK), 1.0)["faces"]

    assert [face["level"] for face in faces] == ["named", "leaning", "unsure", "unsure"]
    assert [face["label"] for face in faces] == ["sad", "sad", None, None]
    assert [face["words"] for face in faces] == ["Sad", "Probably sad", "Unsure", "Unsure"]
    assert [face["reason"] for face in faces] == ["", "", "no clear lead", "too dark"]
    assert faces[1]["text"] == "2 · Probably sad 55 %"
    assert [face["colour"] for face in faces[1:3]] == [EMOTION_COLOURS["sad"], EMOTION_COLOURS[UNSURE]]
    for face, label, is_leaning in ((faces[0], "sad", False), (faces[1], "sad", True), (faces[2], UNSURE, False)):
        assert (face["ground"], face["ink"]) == chip_colours(label, leaning=is_leaning)


def test_the_history_says_what_each_face_was_called():
    rows = history_message([make_result(NAMED, LEANING, UNCLEAR, at_s=1.0)], now_s=2.0)["rows"]

    sad = EMOTIONS.index("sad")
    assert [(row[1], *row[-2:]) for row in rows] == [(1, sad, False), (2, sad, True), (3, None, False)]
    assert {len(row) for row in rows} == {2 + len(EMOTIONS) + 2 + 2}
