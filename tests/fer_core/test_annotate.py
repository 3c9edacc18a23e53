"""Drawing: on a copy, readable when mirrored, chips apart from each other and inside the frame."""

import cv2
import numpy as np
import pytest

from fer_core.annotate import LabelPlaces, _chip, annotate, face_text, percent
from fer_core.colours import contrast, luminance, rgb
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS, UNSURE, chip_colours, colour_bgr
from fer_core.results import Doubt, FaceEmotion, Level
from tests.helpers.faces import make_emotion, make_face, make_result, textured_frame

GREY = np.full((480, 640, 3), 90, np.uint8)


def emotion_at(xyxy: tuple[float, float, float, float], name: str = "happy", **values: object) -> FaceEmotion:
    return make_emotion(name, face=make_face(xyxy, landmarks=True, track_id=1), **values)  # type: ignore[arg-type]


def place_of(chip: np.ndarray, picture: np.ndarray) -> tuple[int, int] | None:
    """Left and top of a chip that is whole in the picture, pixel by pixel."""
    fit = cv2.matchTemplate(picture, chip, cv2.TM_SQDIFF)
    value, _, place, _ = cv2.minMaxLoc(fit)
    x, y = place
    found = picture[y : y + chip.shape[0], x : x + chip.shape[1]]
    return (x, y) if value < 1 or (found == chip).all() else None


def chip_of(emotion: FaceEmotion, picture: np.ndarray, *, numbered: bool = False) -> np.ndarray:
    """The chip as it is drawn on a picture of that size."""
    text_px = int(np.clip(min(picture.shape[:2]) / 22, 13, 40))
    is_leaning = emotion.level is Level.LEANING
    text = face_text(emotion, numbered=numbered)
    return _chip(text, text_px, emotion.label or UNSURE, is_leaning=is_leaning)


def drawn(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    changed: np.ndarray = (before != after).any(axis=-1)
    return changed


def test_the_frame_is_copied_never_changed():
    frame = textured_frame()
    before = frame.copy()

    for result in (None, make_result(), make_result(make_emotion())):
        for mirror in (False, True):
            canvas = annotate(frame, result, mirror=mirror)
            assert not np.shares_memory(canvas, frame)
            assert canvas.shape == frame.shape
            assert canvas.dtype == np.uint8

    assert (frame == before).all()


@pytest.mark.parametrize("mirror", [False, True])
def test_without_anything_to_draw_the_picture_stays_as_it_is(mirror):
    frame = textured_frame()
    expected = frame[:, ::-1] if mirror else frame

    assert (annotate(frame, None, mirror=mirror) == expected).all()
    assert (annotate(frame, make_result(), mirror=mirror) == expected).all()
    assert (annotate(frame, make_result(make_emotion()), overlay="nothing", mirror=mirror) == expected).all()


@pytest.mark.parametrize("name", EMOTIONS)
def test_a_box_has_the_colour_of_its_emotion(name):
    canvas = annotate(GREY, make_result(emotion_at((200, 150, 320, 270), name)))

    assert tuple(canvas[210, 200]) == colour_bgr(name)
    assert tuple(canvas[210, 320]) == colour_bgr(name)
    assert tuple(canvas[270, 260]) == colour_bgr(name)
    assert (canvas[210, 260] == 90).all(), "the face itself is left free"


def test_an_unsure_box_has_the_colour_of_unsure():
    canvas = annotate(GREY, make_result(emotion_at((200, 150, 320, 270), doubts=(Doubt.TOO_DARK,))))

    assert tuple(canvas[210, 200]) == colour_bgr(UNSURE)


@pytest.mark.parametrize("name", EMOTIONS)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_leaning_box_is_dashed_with_whole_corners(name, mirror):
    emotion = emotion_at((200, 150, 320, 270), name, share=0.55, level=Level.LEANING)

    canvas = annotate(GREY, make_result(emotion), mirror=mirror)

    left, right = (640 - 320, 640 - 200) if mirror else (200, 320)
    for x, y in ((left, 150), (right, 150), (left, 270), (right, 270)):
        assert tuple(canvas[y, x]) == colour_bgr(name)
    for side in (canvas[150:271, left], canvas[150:271, right], canvas[270, left : right + 1]):
        has_colour = (side == colour_bgr(name)).all(axis=-1)
        assert 0.4 < has_colour.mean() < 0.8
        assert (~has_colour[:-1] & has_colour[1:]).sum() == 4, "five dashes"
    assert place_of(chip_of(emotion, GREY), canvas) is not None


def test_a_late_leaning_box_stays_dashed():
    result = make_result(emotion_at((200, 150, 320, 270), "sad", level=Level.LEANING))

    side = drawn(GREY, annotate(GREY, result, muted=True))[270, 200:321]

    assert (~side[:-1] & side[1:]).sum() == 4
    assert side[0]
    assert side[-1]


def test_a_mirrored_box_is_at_the_mirrored_place():
    result = make_result(emotion_at((40, 150, 160, 270)))

    canvas = annotate(GREY, result, mirror=True)

    assert tuple(canvas[210, 640 - 40]) == tuple(canvas[210, 640 - 160]) == colour_bgr("happy")
    assert not drawn(GREY, canvas)[:, :400].any()


def test_a_mirrored_label_stays_readable_above_its_box():
    emotion = emotion_at((40, 150, 160, 270))
    chip = chip_of(emotion, GREY)

    plain, mirrored = (annotate(GREY, make_result(emotion), mirror=mirror) for mirror in (False, True))

    left, top = place_of(chip, plain) or (0, 0)
    assert top == 150 - chip.shape[0]
    assert left == pytest.approx(40, abs=2)
    assert place_of(chip, mirrored) == (640 - 160 + (left - 40), top)
    assert place_of(np.ascontiguousarray(chip[:, ::-1]), mirrored) is None


@pytest.mark.parametrize("mirror", [False, True])
def test_landmarks_are_drawn_where_they_are_and_only_when_asked_for(mirror):
    emotion = emotion_at((100, 150, 220, 270), "sad")
    assert emotion.face.landmarks is not None

    plain = annotate(GREY, make_result(emotion), mirror=mirror)
    dotted = annotate(GREY, make_result(emotion), overlay="landmarks", mirror=mirror)

    for x, y in emotion.face.landmarks:
        at = round(float(y)), round(float(640 - x if mirror else x))
        assert tuple(dotted[at]) == colour_bgr("sad")
        assert (plain[at] == 90).all()


def test_landmarks_that_are_not_there_are_not_missed():
    result = make_result(make_emotion(face=make_face(track_id=1)))

    assert (annotate(GREY, result, overlay="landmarks") == annotate(GREY, result, overlay="boxes")).all()


def test_a_result_of_another_resolution_is_scaled_to_the_frame():
    half = make_result(emotion_at((100, 75, 160, 135)), resolution_wh=(320, 240))

    canvas = annotate(GREY, half)

    assert tuple(canvas[200, 200]) == tuple(canvas[200, 320]) == colour_bgr("happy")


NEIGHBOURS = {
    "side by side": [(200, 150, 260, 210), (262, 150, 322, 210)],
    "one above the other": [(200, 200, 300, 300), (200, 80, 300, 198)],
    "the same place": [(200, 150, 320, 270), (200, 150, 320, 270)],
    "at the top": [(100, 2, 160, 62), (150, 2, 210, 62)],
    "at the bottom": [(100, 400, 160, 478), (140, 410, 200, 478)],
    "in a crowd": [(100 + 40 * i, 150 + 5 * i, 180 + 40 * i, 230 + 5 * i) for i in range(4)],
    # The second box goes through where the first one's label is.
    "one behind the other": [(200, 200, 320, 320), (230, 150, 300, 240)],
}


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("boxes", NEIGHBOURS.values(), ids=NEIGHBOURS)
def test_every_label_of_neighbouring_faces_can_be_read_whole(boxes, mirror):
    names = ("happy", "sad", "fear", "angry")
    emotions = [
        make_emotion(name, face=make_face(xyxy, track_id=i))
        for i, (name, xyxy) in enumerate(zip(names, boxes, strict=False), start=1)
    ]

    canvas = annotate(GREY, make_result(*emotions), mirror=mirror)

    for emotion in emotions:
        assert place_of(chip_of(emotion, GREY, numbered=True), canvas) is not None, emotion.label


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(
    "boxes",
    [
        [(200, 150, 320, 270)],
        [(200, 0, 320, 120)],  # no room above
        [(200, 0, 320, 480)],  # nor below: beside it
        [(560, 0, 639, 480)],
        [(200, 200, 320, 320), (200, 60, 320, 196)],  # another face is just above
        [(200, 200, 300, 300), (200, 60, 300, 196), (200, 304, 300, 440)],  # above and below
    ],
)
def test_a_label_covers_no_face_where_there_is_any_room(boxes, mirror):
    names = ("happy", "sad", "fear")
    emotions = [
        make_emotion(name, face=make_face(xyxy, track_id=i))
        for i, (name, xyxy) in enumerate(zip(names, boxes, strict=False), start=1)
    ]

    canvas = annotate(GREY, make_result(*emotions), mirror=mirror)

    for left, top, right, bottom in boxes:
        if mirror:
            left, right = 640 - right, 640 - left
        inside = canvas[top + 4 : bottom - 4, left + 4 : right - 4]
        assert (inside == 90).all()


def test_a_label_does_not_jump_while_its_face_trembles_at_the_edge():
    chip = chip_of(emotion_at((200, 150, 320, 270)), GREY)
    tops = [chip.shape[0] + tremble for tremble in (2, -1, 1, -2, 2)]
    places = LabelPlaces()

    steady: list[bool] = []
    jumping: list[bool] = []
    for top in tops:
        result = make_result(emotion_at((200, top, 320, top + 120)))
        for remembered, found in ((places, steady), (None, jumping)):
            place = place_of(chip, annotate(GREY, result, places=remembered))
            assert place is not None
            found.append(place[1] < top)

    assert steady == [True] * 5
    assert jumping == [True, False, True, False, True], "without a memory"
    annotate(GREY, make_result(emotion_at((200, 2, 320, 122))), places=places)
    low = annotate(GREY, make_result(emotion_at((200, 2, 320, 122))), places=places)
    assert (low[6:118, 204:316] == 90).all(), "where it would cover the face, it moves"


def test_a_face_that_fills_the_picture_is_covered_at_its_edge_alone():
    emotion = emotion_at((0, 0, 640, 480))

    canvas = annotate(GREY, make_result(emotion))

    chip = chip_of(emotion, GREY)
    assert place_of(chip, canvas) == (0, 0)


@pytest.mark.parametrize(
    "xyxy",
    [
        (-300, -300, -100, -100),
        (700, 500, 900, 700),
        (-50, 100, 690, 400),
        (-50, -50, 700, 530),
        (600, 460, 660, 520),
        (3, 3, 4, 4),
    ],
)
@pytest.mark.parametrize("mirror", [False, True])
def test_a_label_stays_inside_the_frame_wherever_the_face_is(xyxy, mirror):
    emotion = emotion_at(xyxy)

    canvas = annotate(GREY, make_result(emotion), overlay="landmarks", mirror=mirror)

    assert place_of(chip_of(emotion, GREY), canvas) is not None


@pytest.mark.parametrize(("width", "height"), [(1, 1), (5, 200), (40, 8), (33, 17), (4000, 20)])
@pytest.mark.parametrize("mirror", [False, True])
def test_a_frame_smaller_than_its_label_is_drawn_all_the_same(width, height, mirror):
    frame = np.zeros((height, width, 3), np.uint8)
    result = make_result(
        make_emotion(doubts=(Doubt.TURNED_AWAY,), face=make_face((0, 0, width, height), track_id=1)),
        make_emotion(face=make_face((1, 1, 9, 9), track_id=2)),
        resolution_wh=(width, height),
    )

    canvas = annotate(frame, result, overlay="landmarks", mirror=mirror)

    assert canvas.shape == frame.shape
    assert canvas.any()


def test_faces_are_numbered_only_when_there_are_several():
    emotion = make_emotion("happy", share=0.834, face=make_face(track_id=7))

    assert face_text(emotion, numbered=False) == "Happy 83 %"
    assert face_text(emotion, numbered=True) == "7 · Happy 83 %"
    alone = annotate(GREY, make_result(emotion))
    assert place_of(chip_of(emotion, GREY, numbered=False), alone) is not None


def test_a_leaning_face_says_probably():
    emotion = make_emotion("sad", share=0.55, level=Level.LEANING)

    assert face_text(emotion, numbered=False) == "Probably sad 55 %"
    assert face_text(emotion, numbered=True) == "1 · Probably sad 55 %"


def test_an_unsure_face_says_why_unless_it_is_only_the_confidence():
    assert face_text(make_emotion(doubts=(Doubt.NOT_CONFIDENT,)), numbered=False) == "Unsure"
    assert face_text(make_emotion(doubts=(Doubt.TOO_DARK, Doubt.NOT_CONFIDENT)), numbered=False) == "Unsure: too dark"
    assert face_text(make_emotion(doubts=(Doubt.BLURRED,)), numbered=True) == "1 · Unsure: blurred"


@pytest.mark.parametrize(("share", "text"), [(0, "0 %"), (0.834, "83 %"), (0.999, "100 %"), (1, "100 %")])
def test_percent(share, text):
    assert percent(share) == text


@pytest.mark.parametrize("name", EMOTION_COLOURS)
def test_a_chip_has_words_that_can_be_read_on_the_emotions_colour(name):
    chip = _chip("Happy 83 %", 20, name)

    assert tuple(chip[0, 0]) == tuple(chip[-1, -1]) == colour_bgr(name)
    ink = rgb(chip_colours(name)[1])
    assert (chip == ink).all(axis=-1).any()
    assert _chip("Sad 1 %", 20, name).shape[0] == chip.shape[0], "every word has the same height"


@pytest.mark.parametrize("name", EMOTIONS)
def test_a_leaning_chip_is_darker_with_a_border_and_its_words_stand_out(name):
    chip = _chip("Probably sad 55 %", 20, name, is_leaning=True)

    ground, ink = chip_colours(name, leaning=True)
    assert tuple(chip[0, 0]) == tuple(chip[-1, -1]) == colour_bgr(name)
    assert tuple(chip[4, 4])[::-1] == rgb(ground)
    assert luminance(ground) < luminance(EMOTION_COLOURS[name]) / 2
    assert (chip == rgb(ink)).all(axis=-1).any()
    assert contrast(ground, ink) >= 7
