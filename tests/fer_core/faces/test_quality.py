"""Poor views are doubted, ordinary ones are not."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_core.faces.crops import LANDMARKS_IN_TILE, crop_faces
from fer_core.faces.detector import YuNetDetector
from fer_core.faces.quality import QualityLimits, doubts_about, measure_quality
from fer_core.results import Doubt, Face, FaceQuality
from tests.helpers.faces import fer2013_tiles, make_face, yunet_file

LIMITS = QualityLimits()
GOOD = FaceQuality(size_px=120, light=120, sharpness=0.5, turn=0.05)
ASTRONAUT = make_face((178, 62, 270, 172))


@pytest.fixture
def tile(astronaut_bgr) -> np.ndarray:
    cut: np.ndarray = crop_faces(astronaut_bgr, [ASTRONAUT])[0]
    return cut


def turned(share: float) -> np.ndarray:
    """Landmarks with the nose that share of the eyes' distance off their middle."""
    points = LANDMARKS_IN_TILE.copy() * 100
    points[2, 0] = points[:2, 0].mean() + share * (points[1, 0] - points[0, 0])
    return points


def test_a_good_view_raises_no_doubt(tile):
    assert doubts_about(measure_quality(ASTRONAUT, tile), LIMITS) == ()


def test_a_dark_view_is_too_dark_but_not_blurred(tile):
    quality = measure_quality(ASTRONAUT, (tile * 0.15).astype(np.uint8))

    assert doubts_about(quality, LIMITS) == (Doubt.TOO_DARK,)


def test_a_blurred_view_is_blurred(tile):
    blurred = cv2.GaussianBlur(tile[..., 0], (0, 0), 4)[..., None]

    assert doubts_about(measure_quality(ASTRONAUT, blurred), LIMITS) == (Doubt.BLURRED,)


def test_a_blank_view_is_blurred_and_divides_by_nothing():
    quality = measure_quality(ASTRONAUT, np.full((48, 48, 1), 128, np.uint8))

    assert quality.sharpness == 0
    assert doubts_about(quality, LIMITS) == (Doubt.BLURRED,)


@pytest.mark.parametrize(("side", "doubted"), [(16, True), (47.9, True), (48, False), (200, False)])
def test_a_face_under_48_pixels_is_too_small(tile, side, doubted):
    quality = measure_quality(make_face((10, 10, 10 + side, 210)), tile)

    assert quality.size_px == pytest.approx(side)
    assert (Doubt.TOO_SMALL in doubts_about(quality, LIMITS)) == doubted


@pytest.mark.parametrize("share", [-0.7, -0.2, 0.0, 0.3, 0.8])
@pytest.mark.parametrize("degrees", [0, 30, -100])
def test_turn_is_measured_along_the_eyes_whatever_the_tilt(tile, share, degrees):
    turn = cv2.getRotationMatrix2D((50, 50), degrees, 1.7)
    landmarks = (turned(share) @ turn[:, :2].T + turn[:, 2]).astype(np.float32)

    quality = measure_quality(Face((0, 0, 100, 100), 0.9, landmarks), tile)

    # The mean eyes of the constants are not quite level.
    assert quality.turn == pytest.approx(abs(share), abs=0.005)
    assert (Doubt.TURNED_AWAY in doubts_about(quality, LIMITS)) == (abs(share) > 0.55)


def test_eyes_in_one_point_are_a_face_turned_away(tile):
    quality = measure_quality(Face((0, 0, 100, 100), 0.9, np.full((5, 2), 7, np.float32)), tile)

    assert doubts_about(quality, LIMITS) == (Doubt.TURNED_AWAY,)


def test_without_landmarks_the_turn_is_not_known_and_not_doubted(tile):
    quality = measure_quality(ASTRONAUT, tile)

    assert quality.turn is None
    assert Doubt.TURNED_AWAY not in doubts_about(quality, LIMITS)


@pytest.mark.parametrize("at_limit", [{"size_px": 48.0}, {"light": 35.0}, {"sharpness": 0.10}, {"turn": 0.55}])
def test_the_limit_itself_is_good_enough(at_limit):
    assert doubts_about(replace(GOOD, **at_limit), LIMITS) == ()


def test_doubts_come_in_their_order():
    worst = FaceQuality(size_px=5, light=5, sharpness=0.01, turn=2)

    assert doubts_about(worst, LIMITS) == (Doubt.TOO_SMALL, Doubt.TOO_DARK, Doubt.BLURRED, Doubt.TURNED_AWAY)
    assert [*doubts_about(worst, LIMITS), Doubt.NOT_CONFIDENT] == list(Doubt)


def test_other_limits_are_followed():
    strict = QualityLimits(min_size_px=150, min_light=130, min_sharpness=0.6, max_turn=0.01)

    assert len(doubts_about(GOOD, strict)) == 4


def share_doubted(tiles: np.ndarray, faces: list[Face]) -> float:
    doubted = [doubts_about(measure_quality(f, t[..., None]), LIMITS) for f, t in zip(faces, tiles, strict=True)]
    return float(np.mean([bool(doubts) for doubts in doubted]))


@pytest.mark.shared_data
def test_ordinary_images_of_fer2013_are_rarely_doubted_and_poor_ones_mostly(shared_data):
    tiles = fer2013_tiles(shared_data, 2000)
    faces = [make_face()] * len(tiles)

    assert share_doubted(tiles, faces) < 0.03
    assert share_doubted((tiles * 0.15).astype(np.uint8), faces) > 0.9
    assert share_doubted(np.array([cv2.GaussianBlur(t, (0, 0), 4) for t in tiles]), faces) > 0.9


@pytest.mark.shared_data
def test_ordinary_images_of_fer2013_are_rarely_said_to_be_turned_away(shared_data):
    detector = YuNetDetector(yunet_file())
    turns = []
    for tile in fer2013_tiles(shared_data, 150):
        frame = cv2.cvtColor(cv2.resize(tile, (144, 144), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR)
        turns += [measure_quality(face, tile[..., None]).turn for face in detector.detect(frame)[:1]]

    assert len(turns) > 100
    assert np.mean([turn is not None and turn > LIMITS.max_turn for turn in turns]) < 0.05
