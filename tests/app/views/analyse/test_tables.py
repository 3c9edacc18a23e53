"""The Analyse page's tables: what they say."""

import numpy as np

from app.analysis.summary import LABELS, FaceSummary, FaceTimeline, FileSummary
from app.views.analyse.tables import MOST_FACES, faces, picture_faces, picture_rows
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.results import Doubt, Level
from tests.helpers.faces import make_emotion, make_face

NO_TIMELINE = FaceTimeline(np.zeros(0), np.zeros((0, 7)), np.zeros(0), (), ())


def face(number: int, *, seconds: float = 4.0, leaning: dict[str, float] | None = None, **shares: float) -> FaceSummary:
    whole = dict.fromkeys(LABELS, 0.0) | shares
    part = dict.fromkeys(EMOTIONS, 0.0) | (leaning or {})
    return FaceSummary(number, 0.5, 4.5, seconds, whole, part, -0.25, NO_TIMELINE)


def test_each_face_has_a_column_of_shares():
    html = faces(FileSummary(5.0, 100, (face(1, happy=0.75, unsure=0.25), face(2, sad=1.0))))

    assert html.index("Face 1") < html.index("Face 2")
    assert "Angry" not in html, "labels that nobody got have no row"
    for words in ("75\u00a0%", "25\u00a0%", "100\u00a0%", "0:04.0", "0:00.5", "\N{MINUS SIGN}0.25", "Unsure"):
        assert words in html


def test_a_face_that_leaned_to_labels_says_how_long():
    html = faces(FileSummary(5.0, 100, (face(1, sad=0.6, happy=0.3, unsure=0.1, leaning={"sad": 0.45}),)))

    assert 'title="Named 15\u00a0%, probably 45\u00a0%"' in html
    assert 'Named, in all</td><td class="n">45\u00a0%</td>' in html
    assert 'Probably, in all</td><td class="n">45\u00a0%</td>' in html
    assert "in all" not in faces(FileSummary(5.0, 100, (face(1, sad=0.9, unsure=0.1),)))


def test_many_faces_are_told_not_shown():
    html = faces(FileSummary(5.0, 100, tuple(face(i, seconds=9.0 - i, sad=1.0) for i in range(MOST_FACES + 2))))

    assert f"Face {MOST_FACES - 1}" in html
    assert f"Face {MOST_FACES}" not in html
    assert "2 more, in view for 0:03.0 or less" in html


def test_a_pictures_faces_say_what_they_are_called():
    happy = make_emotion("happy", share=0.9, face=make_face(track_id=1))
    dark = make_emotion("sad", face=make_face(track_id=2), doubts=(Doubt.TOO_DARK,))

    leaning = make_emotion("fear", share=0.5, face=make_face(track_id=3), level=Level.LEANING)

    html = picture_faces([happy, dark, leaning])

    assert html.index("Happy</td>") < html.index("Unsure</td>") < html.index("Probably fear</td>")
    assert "90\u00a0%" in html


def test_a_picture_of_several_has_a_row_for_each_with_all_seven_shares():
    leaning = make_emotion("fear", share=0.5, face=make_face(track_id=2), level=Level.LEANING)
    dark = make_emotion("sad", face=make_face(track_id=1), doubts=(Doubt.TOO_DARK,))

    html = picture_rows([leaning, dark])

    places = [html.index(words) for words in ("<td>1</td>", "Unsure", "<td>2</td>", "Probably fear 50\u00a0%")]
    assert places == sorted(places)
    assert html.count("<b style=") == 2 * len(EMOTIONS)
    assert "fear 50\u00a0%, " in html
    assert f"width:50.0%;background:{EMOTION_COLOURS['fear']}" in html


def test_faces_stand_in_the_order_of_their_numbers():
    html = faces(FileSummary(5.0, 100, (face(2, sad=1.0), face(1, happy=1.0))))
    assert html.index("Face 1") < html.index("Face 2")

    pair = [make_emotion("sad", face=make_face(track_id=2)), make_emotion("happy", face=make_face(track_id=1))]
    html = picture_faces(pair)
    assert html.index("Face 1") < html.index("Face 2")
    assert html.index("Happy</td>") < html.index("Sad</td>")
