"""BlazeFace's anchors and decoding by values worked out by hand; its networks on real pictures where they are there."""

import cv2
import numpy as np
import pytest

from fer_core.faces.blazeface import (
    CONFIRMER,
    FINDER,
    MAX_FINDS,
    BlazeFaceDetector,
    Finds,
    Network,
    anchors,
    blazeface_folder,
    decoded,
    merged,
)
from fer_core.files.media import open_media
from fer_core.files.timing import Sampling
from tests.helpers.faces import blazeface_files


@pytest.fixture(scope="module")
def blazeface() -> BlazeFaceDetector:
    return BlazeFaceDetector(blazeface_files())


def finds(*boxes: tuple[float, float, float, float, float]) -> Finds:
    """Of left, top, right, bottom and score; all six points are in the middle of the box."""
    corners = np.array([box[:4] for box in boxes], np.float32).reshape(-1, 2, 2)
    middles = np.repeat(corners.mean(axis=1, keepdims=True), 6, axis=1)
    return Finds(np.concatenate([corners, middles], axis=1), np.array([box[4] for box in boxes], np.float32))


def test_anchors_lie_in_the_middle_of_cells_row_by_row():
    places = anchors(((2, 1), (1, 3)))

    assert places == pytest.approx(
        np.array([(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75), (0.5, 0.5), (0.5, 0.5), (0.5, 0.5)])
    )


@pytest.mark.parametrize("file", [FINDER, CONFIRMER])
def test_both_networks_have_896_anchors(file):
    places = anchors(file.cells)

    assert places.shape == (896, 2)
    assert places[[0, 1, 2, 511, 512, 895]] * 16 == pytest.approx(
        np.array([(0.5, 0.5), (0.5, 0.5), (1.5, 0.5), (15.5, 15.5), (1, 1), (15, 15)])
    )


def test_boxes_and_points_are_seen_from_their_anchor():
    boxes = np.zeros((3, 16), np.float32)
    boxes[1] = [0.02, -0.04, 0.2, 0.1, *(0.01 * np.arange(12))]

    found = decoded(boxes, np.array([-3, 0, -90], np.float32), np.full((3, 2), 0.5, np.float32), 0.5)

    assert found.scores == pytest.approx([0.5])
    assert found.points[0, :2] == pytest.approx(np.array([(0.42, 0.41), (0.62, 0.51)]))
    assert found.points[0, 2:] == pytest.approx(0.5 + 0.01 * np.arange(12).reshape(6, 2))


@pytest.mark.parametrize(("logit", "score"), [(0, 0.5), (np.log(3), 0.75), (1e30, 1), (-1e30, 0)])
def test_scores_are_logistic_and_never_overflow(logit, score):
    with np.errstate(over="raise"):
        found = decoded(np.zeros((1, 16), np.float32), np.array([logit], np.float32), np.zeros((1, 2), np.float32), 0)

    assert found.scores == pytest.approx([score], abs=1e-6)


def test_overlapping_finds_are_one_face_at_their_mean_by_score():
    once = merged(finds((10, 0, 110, 100, 0.3), (300, 0, 400, 100, 0.5), (0, 0, 100, 100, 0.9)))

    assert once.scores == pytest.approx([0.9, 0.5])
    assert once.points[:, :2] == pytest.approx(np.array([[(2.5, 0), (102.5, 100)], [(300, 0), (400, 100)]]))
    assert once.points[0, 2:] == pytest.approx(np.full((6, 2), (52.5, 50)))


def test_neighbours_that_touch_stay_two():
    # They share 60 x 100 of 140 x 100 at 40 pixels' distance, and 40 x 100 of 160 x 100 at 60: 0.43 and 0.25.
    assert len(merged(finds((0, 0, 100, 100, 0.9), (40, 0, 140, 100, 0.8))).scores) == 1
    assert len(merged(finds((0, 0, 100, 100, 0.9), (60, 0, 160, 100, 0.8))).scores) == 2


def test_nothing_and_boxes_without_an_area_are_no_trouble():
    assert merged(finds()).points.shape == (0, 8, 2)
    assert len(merged(finds((5, 5, 5, 5, 0.9), (5, 5, 5, 5, 0.8))).scores) == 2


def test_the_folder_must_hold_both_files(monkeypatch, tmp_path):
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    monkeypatch.setattr("fer_core.faces.blazeface.SHIPPED_MODELS", tmp_path / "nowhere")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / FINDER.name).touch()
    assert blazeface_folder() is None

    (tmp_path / "models" / CONFIRMER.name).touch()

    assert blazeface_folder() == tmp_path / "models"


@pytest.mark.parametrize("centre", [(100, 60), (180, 150), (60, 60)])
def test_a_square_that_reaches_beyond_the_frame_gives_places_in_the_frame(blazeface, astronaut_bgr, centre):
    frame = astronaut_bgr[40:300, 140:420]
    network = Network(blazeface_files(), CONFIRMER)

    found = network.look(frame, centre, 320, 0.5)

    assert len(found.scores) == 1
    # Her pupils, by eye, in the whole picture.
    assert found.points[0, 2:4] + (140, 40) == pytest.approx(np.array([(204, 102), (245, 102)]), abs=8)


def test_beside_the_frame_there_is_nothing(blazeface):
    network = Network(blazeface_files(), CONFIRMER)

    assert len(network.look(np.zeros((100, 100, 3), np.uint8), (500, 50), 80, 0.1).scores) == 0


@pytest.mark.parametrize("degrees", [-25, 25])
def test_a_tilted_face_is_found(blazeface, astronaut_bgr, degrees):
    turn = cv2.getRotationMatrix2D((224, 115), degrees, 1)

    (face,) = blazeface.detect(cv2.warpAffine(astronaut_bgr, turn, (512, 512)))

    assert face.landmarks is not None
    right_down = face.landmarks[1] - face.landmarks[0]
    assert np.rad2deg(np.arctan2(right_down[1], right_down[0])) == pytest.approx(-degrees, abs=9)


def test_a_frame_full_of_faces_ends(blazeface, astronaut_bgr):
    portrait = cv2.resize(astronaut_bgr[40:220, 140:320], (60, 60), interpolation=cv2.INTER_AREA)
    crowd = np.tile(portrait, (12, 12, 1))

    found = blazeface.detect(crowd)

    assert 60 < len(found) <= MAX_FINDS
    assert len({tuple(np.round(np.array(face.centre) / 60 - 0.5).tolist()) for face in found}) == len(found)


@pytest.mark.shared_data
def test_all_five_people_of_a_picture_are_found_large_and_small(blazeface, shared_data):
    picture = cv2.imread(str(shared_data / "clips" / "several_faces.jpg"))
    assert picture is not None

    for width in (1000, 480, 320):
        height = round(picture.shape[0] * width / picture.shape[1])
        assert len(blazeface.detect(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA))) == 5


@pytest.mark.shared_data
@pytest.mark.parametrize(("name", "every", "faces"), [("sad_then_happy", 47, 1), ("no_face", 24, 0)])
def test_clips(blazeface, shared_data, name, every, faces):
    with open_media(shared_data / "clips" / f"{name}.mp4") as media:
        counts = [len(blazeface.detect(frame.frame_bgr)) for frame in media.frames(Sampling(every=every))]

    assert len(counts) >= 4
    assert set(counts) == {faces}
