"""Pictures that lie on their side and do not say so: faces are found, judged upright, and placed where they are."""

import numpy as np
import pytest

from fer_core.expressions.model import load_model
from fer_core.faces.crops import crop_faces
from fer_core.faces.detector import FaceDetector, HaarDetector, YuNetDetector
from fer_core.faces.turns import find_turned, turned_back
from fer_core.pipeline import STILL, EmotionPipeline
from tests.helpers.faces import FakeDetector, make_face, textured_frame, yunet_file


@pytest.fixture(params=["yunet", "haar"])
def detector(request: pytest.FixtureRequest) -> FaceDetector:
    return YuNetDetector(yunet_file()) if request.param == "yunet" else HaarDetector()


@pytest.mark.parametrize("quarter_turns", [0, 1, 3])
def test_a_face_is_named_and_placed_however_the_picture_lies(quarter_turns, detector, astronaut_bgr):
    upper = np.ascontiguousarray(astronaut_bgr[:300])  # wider than high, so that sides cannot be mixed up
    frame = np.ascontiguousarray(np.rot90(upper, quarter_turns))
    (as_it_was,) = EmotionPipeline(detector, load_model(), STILL, min_hits=1).process(upper, 0.0).faces

    (emotion,) = EmotionPipeline(detector, load_model(), STILL, min_hits=1).process(frame, 0.0).faces

    assert emotion.label == "happy"
    assert emotion.face.quarter_turns == quarter_turns
    height, width = upper.shape[:2]
    x, y = as_it_was.face.centre
    expected = {0: (x, y), 1: (y, width - x), 3: (height - y, x)}[quarter_turns]
    assert np.hypot(*np.subtract(emotion.face.centre, expected)) < 8
    difference = crop_faces(frame, [emotion.face]).astype(int) - crop_faces(upper, [as_it_was.face])
    assert np.abs(difference).mean() < 12  # the same tile: upright


def test_a_picture_on_its_head_is_understood_with_yunet(astronaut_bgr):
    frame = np.ascontiguousarray(astronaut_bgr[::-1, ::-1])

    (emotion,) = EmotionPipeline(YuNetDetector(yunet_file()), load_model(), STILL, min_hits=1).process(frame, 0.0).faces

    assert (emotion.label, emotion.face.quarter_turns) == ("happy", 2)


def test_an_upright_picture_stays_upright(detector, astronaut_bgr):
    found = detector.detect(astronaut_bgr)

    assert find_turned(detector, astronaut_bgr, found) is found


def test_a_large_picture_gives_pixels_of_itself(detector, astronaut_bgr):
    large = np.repeat(np.repeat(astronaut_bgr[:, ::-1].swapaxes(0, 1), 5, axis=0), 5, axis=1)

    (face,) = find_turned(detector, large, [])

    assert face.quarter_turns in (1, 3)
    assert 350 < face.width < 650


def test_where_nobody_is_nobody_is_found(detector):
    assert find_turned(detector, textured_frame(), []) == []


def test_faces_that_the_detector_is_no_surer_of_change_nothing():
    detector = FakeDetector([make_face()])  # as sure in every turn
    faces = detector.detect(textured_frame())

    assert find_turned(detector, textured_frame(), faces) is faces


def test_films_are_not_turned(astronaut_bgr):
    detector = HaarDetector()
    side = np.ascontiguousarray(np.rot90(astronaut_bgr))

    assert EmotionPipeline(detector, load_model(), min_hits=1).process(side, 0.0).faces == ()


@pytest.mark.parametrize("quarter_turns", [0, 1, 2, 3])
def test_points_go_back_where_they_came_from(quarter_turns):
    picture = np.zeros((40, 70), np.uint8)
    picture[10, 60] = 255
    y, x = np.argwhere(np.rot90(picture, -quarter_turns))[0]

    (point,) = turned_back(np.array([(x + 0.5, y + 0.5)]), quarter_turns, 70, 40)

    assert point.tolist() == [60.5, 10.5]
