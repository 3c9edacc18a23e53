"""Faces come out of a frame framed as FER2013 frames them."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_core.faces.blazeface import BlazeFaceDetector
from fer_core.faces.crops import (
    FOUR_LANDMARKS_IN_TILE,
    HAAR_SIDE_IN_TILE,
    LANDMARKS_IN_TILE,
    TILE,
    crop_faces,
    fit_similarity,
    tile_to_frame,
)
from fer_core.faces.detector import FaceDetector, HaarDetector, YuNetDetector
from fer_core.results import Face
from tests.helpers.faces import blazeface_files, fer2013_tiles, make_face, textured_frame, yunet_file

ANGLES = st.floats(-np.pi, np.pi)
SCALES = st.floats(0.01, 1000)
SHIFTS = st.floats(-1e4, 1e4)


def grey_of(frame_bgr: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2GRAY)


def similarity(scale: float, angle: float, shift: tuple[float, float]) -> np.ndarray:
    a, b = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[a, -b, shift[0]], [b, a, shift[1]]])


def moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    result: np.ndarray = points @ matrix[:, :2].T + matrix[:, 2]
    return result


def difference(a: np.ndarray, b: np.ndarray) -> float:
    """Mean absolute difference in grey values."""
    return float(np.abs(a.astype(float) - b.astype(float)).mean())


def box_for_tile(left: float, top: float, side: float) -> Face:
    """A face without landmarks whose tile is that square."""
    margin = side * (1 - HAAR_SIDE_IN_TILE) / 2
    return make_face((left + margin, top + margin, left + side - margin, top + side - margin))


def test_no_faces_give_an_empty_batch():
    batch = crop_faces(textured_frame(), [])

    assert batch.shape == (0, TILE, TILE, 1)
    assert batch.dtype == np.uint8


@pytest.mark.parametrize("landmarks", [True, False])
def test_a_face_of_a_tiles_size_is_cut_out_pixel_by_pixel(landmarks):
    frame = textured_frame()
    face = make_face((100, 60, 148, 108), landmarks=True) if landmarks else box_for_tile(100, 60, 48)

    batch = crop_faces(frame, [face])

    assert batch.shape == (1, TILE, TILE, 1)
    assert batch.dtype == np.uint8
    # The published landmarks are rounded to 0.001 of a tile.
    assert np.abs(batch[0, ..., 0].astype(int) - grey_of(frame)[60:108, 100:148]).max() <= 2


@pytest.mark.parametrize("factor", [2, 4])
def test_a_larger_face_is_averaged_down_and_skips_no_pixels(factor):
    # Noise pixel by pixel: whoever samples instead of averaging gets another picture.
    frame = np.random.default_rng(1).integers(0, 255, (480, 640, 3), np.uint8)
    side = TILE * factor
    expected = cv2.resize(grey_of(frame)[40 : 40 + side, 60 : 60 + side], (TILE, TILE), interpolation=cv2.INTER_AREA)

    tile = crop_faces(frame, [make_face((60, 40, 60 + side, 40 + side), landmarks=True)])[0, ..., 0]

    # Every second pixel would differ by more than 30.
    assert difference(tile, expected) < 6


def test_four_landmarks_give_the_tile_that_five_give():
    five = make_face((100, 60, 220, 180), landmarks=True)
    four = replace(five, landmarks=(FOUR_LANDMARKS_IN_TILE * 120 + (100, 60)).astype(np.float32))

    assert tile_to_frame(four) == pytest.approx(tile_to_frame(five), abs=0.2)


def test_without_landmarks_the_tile_is_a_little_larger_than_the_box_and_has_its_centre():
    matrix = tile_to_frame(make_face((100, 50, 200, 150)))

    side = 100 / HAAR_SIDE_IN_TILE
    assert matrix[0, 0] == pytest.approx(side)
    assert moved(np.array([[0.5, 0.5]]), matrix)[0] == pytest.approx((150, 100))


def test_a_box_that_is_no_square_is_not_squeezed():
    matrix = tile_to_frame(make_face((0, 0, 50, 200)))

    assert matrix[0, 0] == matrix[1, 1] == pytest.approx(100 / HAAR_SIDE_IN_TILE)


@pytest.mark.parametrize("degrees", [-60, -20, 15, 90, 180])
def test_a_tilted_face_comes_out_upright(degrees):
    frame = textured_frame()
    face = make_face((260, 180, 380, 300), landmarks=True)
    upright = crop_faces(frame, [face])
    turn = cv2.getRotationMatrix2D((320, 240), degrees, 1.0)
    turned = cv2.warpAffine(frame, turn, (640, 480), flags=cv2.INTER_CUBIC)
    assert face.landmarks is not None
    # OpenCV's matrix counts from the middle of the first pixel, landmarks from its corner.
    landmarks = moved(face.landmarks - 0.5, turn) + 0.5

    tile = crop_faces(turned, [Face(face.xyxy, 0.9, landmarks.astype(np.float32))])

    assert difference(tile, upright) < 2.5


def test_beyond_the_border_the_last_pixels_are_repeated():
    frame = textured_frame()

    tile = crop_faces(frame, [make_face((-24, 200, 24, 248), landmarks=True)])[0, ..., 0].astype(int)

    grey = grey_of(frame)[200:248].astype(int)
    assert np.abs(tile[:, 24:] - grey[:, :24]).max() <= 2
    assert np.abs(tile[:, :23] - grey[:, :1]).max() <= 4


@pytest.mark.parametrize("corner", [(-40, -40), (620, 460), (-40, 460), (620, -40)])
def test_a_face_across_a_corner_is_never_letterboxed(corner):
    bright = np.full((480, 640, 3), 200, np.uint8)
    x, y = corner

    assert (crop_faces(bright, [make_face((x, y, x + 60, y + 60), landmarks=True)]) == 200).all()
    assert (crop_faces(bright, [make_face((x, y, x + 60, y + 60))]) == 200).all()


@pytest.mark.parametrize(
    "xyxy", [(100, 100, 101, 101), (100, 100, 116, 116), (-3000, -3000, 4000, 4000), (5000, 5000, 5100, 5100)]
)
@pytest.mark.parametrize("landmarks", [True, False])
def test_tiny_huge_and_absent_faces_give_a_tile_like_any_other(xyxy, landmarks):
    batch = crop_faces(textured_frame(), [make_face(xyxy, landmarks=landmarks)])

    assert batch.shape == (1, TILE, TILE, 1)


def test_a_frame_of_one_pixel_fills_the_tile():
    assert (crop_faces(np.full((1, 1, 3), 90, np.uint8), [make_face((0, 0, 1, 1))]) == 90).all()


def test_landmarks_that_fell_into_one_point_do_no_harm():
    face = Face((10, 10, 20, 20), 0.9, np.full((5, 2), 15, np.float32))

    assert crop_faces(textured_frame(), [face]).shape == (1, TILE, TILE, 1)


def test_several_faces_keep_their_order_and_do_not_disturb_each_other():
    frame = textured_frame()
    faces = [make_face((-30, -30, 50, 50)), make_face((200, 100, 320, 220), landmarks=True), make_face()]

    together = crop_faces(frame, faces)

    for i, face in enumerate(faces):
        assert (together[i] == crop_faces(frame, [face])[0]).all()


def test_the_inputs_are_not_modified():
    frame = textured_frame()
    face = make_face(landmarks=True)
    assert face.landmarks is not None
    before = frame.copy(), face.landmarks.copy()

    crop_faces(frame, [face, make_face((-50, -50, 20, 20))])

    assert (frame == before[0]).all()
    assert (face.landmarks == before[1]).all()


def test_grey_is_made_of_blue_green_red_in_that_order():
    blue = np.zeros((100, 100, 3), np.uint8)
    blue[..., 0] = 255

    assert (crop_faces(blue, [make_face((20, 20, 80, 80))]) == 29).all()


@given(
    angle=ANGLES,
    scale=SCALES,
    x=SHIFTS,
    y=SHIFTS,
    points=st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1)), min_size=2, max_size=9),
)
def test_the_fit_finds_a_similarity_again(angle, scale, x, y, points):
    source = np.array([(0.0, 0.0), (0.5, 0.25), *points])
    known = similarity(scale, angle, (x, y))

    found = fit_similarity(source, moved(source, known))

    assert found == pytest.approx(known, abs=1e-9 * (1 + scale + abs(x) + abs(y)))


@given(seed=st.integers(0, 10_000), angle=ANGLES, nudge=st.sampled_from(range(4)))
def test_no_neighbouring_similarity_fits_noisy_points_better(seed, angle, nudge):
    generator = np.random.default_rng(seed)
    source = generator.normal(size=(5, 2))
    target = moved(source, similarity(3, angle, (5, -2))) + generator.normal(scale=0.3, size=(5, 2))
    found = fit_similarity(source, target)
    a, b, x, y = found[0, 0], found[1, 0], found[0, 2], found[1, 2]
    values = np.array([a, b, x, y]) + 0.05 * np.eye(4)[nudge]
    other = np.array([[values[0], -values[1], values[2]], [values[1], values[0], values[3]]])

    def error(matrix: np.ndarray) -> float:
        return float(((moved(source, matrix) - target) ** 2).sum())

    assert error(found) < error(other)


def test_a_mirrored_face_is_not_unmirrored():
    mirrored = LANDMARKS_IN_TILE * (-1, 1) + (1, 0)

    found = fit_similarity(LANDMARKS_IN_TILE, mirrored)

    assert np.linalg.det(found[:, :2]) > 0


# FER2013's tiles are close crops: pasted into a grey frame with the tile's edge repeated a little around it, a
# detector sees them as it sees a face in a room. Each tile is enlarged to SIDE pixels inside PAD pixels of frame.
SIDE, PAD = 96, 32


def framed(tile: np.ndarray) -> np.ndarray:
    large = cv2.resize(tile, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    return cv2.cvtColor(cv2.copyMakeBorder(large, PAD, PAD, PAD, PAD, cv2.BORDER_REPLICATE), cv2.COLOR_GRAY2BGR)


def measure(detector: FaceDetector, tiles: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, Face]]:
    """Tile, frame and face of each tile in which the detector sees one."""
    found = []
    for tile in tiles:
        frame = framed(tile)
        faces = detector.detect(frame)
        if faces:
            found.append((tile, frame, faces[0]))
    return found


def offsets_in_tile(found: list[tuple[np.ndarray, np.ndarray, Face]]) -> tuple[np.ndarray, np.ndarray]:
    """Centre (n, 2) and side (n,) of what would be cut out, in units of the true tile."""
    matrices = [tile_to_frame(face) for _, _, face in found]
    centres = np.array([(moved(np.array([[0.5, 0.5]]), m)[0] - PAD) / SIDE for m in matrices])
    return centres, np.array([np.hypot(m[0, 0], m[1, 0]) / SIDE for m in matrices])


@pytest.mark.shared_data
def test_yunets_landmarks_lie_in_fer2013_where_the_constants_say(shared_data):
    found = measure(YuNetDetector(yunet_file()), fer2013_tiles(shared_data, 200))

    assert len(found) > 150
    places = np.array([(face.landmarks - PAD) / SIDE for _, _, face in found if face.landmarks is not None])
    assert places.mean(axis=0) == pytest.approx(LANDMARKS_IN_TILE, abs=0.025)
    centres, sides = offsets_in_tile(found)
    assert np.median(centres, axis=0) == pytest.approx((0.5, 0.5), abs=0.03)
    assert np.median(sides) == pytest.approx(1, abs=0.06)


@pytest.mark.shared_data
def test_blazefaces_landmarks_lie_in_fer2013_where_the_constants_say(shared_data):
    found = measure(BlazeFaceDetector(blazeface_files()), fer2013_tiles(shared_data, 90))

    assert len(found) > 60
    places = np.array([(face.landmarks - PAD) / SIDE for _, _, face in found if face.landmarks is not None])
    assert places.mean(axis=0) == pytest.approx(FOUR_LANDMARKS_IN_TILE, abs=0.035)
    centres, sides = offsets_in_tile(found)
    assert np.median(centres, axis=0) == pytest.approx((0.5, 0.5), abs=0.03)
    assert np.median(sides) == pytest.approx(1, abs=0.06)


@pytest.mark.shared_data
def test_haars_boxes_fill_fer2013s_tiles_as_the_constant_says(shared_data):
    found = measure(HaarDetector(), fer2013_tiles(shared_data, 120))

    assert len(found) > 70
    # The mean hangs on a few false alarms in hair and hands.
    assert np.median([face.width / SIDE for _, _, face in found]) == pytest.approx(HAAR_SIDE_IN_TILE, abs=0.05)
    centres, sides = offsets_in_tile(found)
    assert np.median(centres, axis=0) == pytest.approx((0.5, 0.5), abs=0.03)
    assert np.median(sides) == pytest.approx(1, abs=0.05)


@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["yunet", "haar"])
def test_a_tile_of_fer2013_pasted_into_a_frame_comes_back(shared_data, name):
    detector: FaceDetector = YuNetDetector(yunet_file()) if name == "yunet" else HaarDetector()
    found = measure(detector, fer2013_tiles(shared_data, 100))

    tiles = np.array([tile for tile, _, _ in found]).astype(float)
    back = np.array([crop_faces(frame, [face])[0, ..., 0] for _, frame, face in found]).astype(float)

    assert np.median([correlation(a, b) for a, b in zip(tiles, back, strict=True)]) > 0.6
    # Faces differ in where their features are and the crop evens that out; the mean face must not move or grow.
    inner = np.s_[8:40, 8:40]
    mean_tile, mean_back = tiles.mean(axis=0), back.mean(axis=0)
    likeness = correlation(mean_tile[inner], mean_back[inner])
    assert likeness > 0.88
    shifts = [similarity(1, 0, shift) for shift in ((3, 0), (-3, 0), (0, 3), (0, -3))]
    for wrong in (similarity(1.15, 0, (-3.6, -3.6)), *shifts):
        bent = cv2.warpAffine(mean_back, wrong, (TILE, TILE), borderMode=cv2.BORDER_REPLICATE)
        assert correlation(mean_tile[inner], bent[inner]) < likeness - 0.02


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
