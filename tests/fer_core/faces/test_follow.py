"""Optical flow carries faces along within a pixel or two, and says when it cannot."""

import cv2
import numpy as np
import pytest

from fer_core.faces.follow import FaceFollower
from fer_core.results import Face
from tests.helpers.faces import make_face, textured_frame

# The astronaut's face and its landmarks, in pixels of her 512-pixel picture.
FACE = Face(
    (180, 62, 269, 175),
    0.9,
    np.array([(204, 101), (245, 102), (223, 125), (204, 144), (240, 142)], np.float32),
)
CENTRE = (224.5, 118.5)


def transform(shift: tuple[float, float] = (0, 0), zoom: float = 1.0, degrees: float = 0.0) -> np.ndarray:
    matrix: np.ndarray = cv2.getRotationMatrix2D(CENTRE, degrees, zoom)
    matrix[:, 2] += shift
    return matrix


def follow_path(astronaut_bgr: np.ndarray, path: list[np.ndarray]) -> Face:
    """The face after the picture went through these positions."""
    follower = FaceFollower()
    follower.start(astronaut_bgr, [FACE])
    face = FACE
    for matrix in path:
        followed = follower.follow(cv2.warpAffine(astronaut_bgr, matrix, (512, 512), borderMode=cv2.BORDER_REPLICATE))
        assert followed is not None
        (face,) = followed
    return face


def landmark_error_px(face: Face, matrix: np.ndarray) -> float:
    assert face.landmarks is not None
    assert FACE.landmarks is not None
    expected = FACE.landmarks @ matrix[:, :2].T + matrix[:, 2]
    return float(np.hypot(*(face.landmarks - expected).T).max())


@pytest.mark.parametrize(
    "end",
    [
        transform(),
        transform(shift=(10, -6)),
        transform(zoom=1.06),
        transform(zoom=0.95),
        transform(degrees=5),
        transform(shift=(-6, 4), zoom=1.03, degrees=-4),
    ],
)
def test_one_step_is_followed_within_a_pixel_and_a_half(astronaut_bgr, end):
    face = follow_path(astronaut_bgr, [end])

    assert landmark_error_px(face, end) < 1.5
    centre = end[:, :2] @ CENTRE + end[:, 2]
    assert face.centre == pytest.approx(tuple(centre), abs=1.5)
    zoom = float(np.hypot(end[0, 0], end[0, 1]))
    assert face.width == pytest.approx(FACE.width * zoom, rel=0.02)
    assert face.height == pytest.approx(FACE.height * zoom, rel=0.02)


def test_twelve_steps_in_a_row_stay_within_three_pixels(astronaut_bgr):
    steps = [transform(shift=(6 * i, 3 * i), zoom=1 + 0.01 * i, degrees=-i) for i in range(1, 13)]

    assert landmark_error_px(follow_path(astronaut_bgr, steps), steps[-1]) < 3


def test_a_changing_mouth_does_not_move_the_face(astronaut_bgr):
    talking = astronaut_bgr.copy()
    talking[138:152, 205:242] = (30, 20, 60)
    follower = FaceFollower()
    follower.start(astronaut_bgr, [FACE])

    followed = follower.follow(talking)

    assert followed is not None
    assert landmark_error_px(followed[0], transform()) < 1.5


def test_a_face_without_landmarks_stays_without(astronaut_bgr):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [Face(FACE.xyxy, 0.7)])

    followed = follower.follow(astronaut_bgr)

    assert followed is not None
    assert followed[0].landmarks is None
    assert followed[0].score == 0.7


def test_after_a_cut_the_detector_must_look(astronaut_bgr):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [FACE])

    assert follower.follow(textured_frame(512, 512, seed=4)) is None


def test_one_lost_face_of_two_is_enough_to_look_again(astronaut_bgr):
    both = np.concatenate([astronaut_bgr, astronaut_bgr], axis=1)
    second = make_face((180 + 512, 62, 269 + 512, 175))
    half_cut = both.copy()
    half_cut[:, 512:] = textured_frame(512, 512, seed=4)
    follower = FaceFollower()

    follower.start(both, [FACE, second])
    assert len(follower.follow(both) or []) == 2

    follower.start(both, [FACE, second])
    assert follower.follow(half_cut) is None


def test_a_leap_in_size_is_not_followed(astronaut_bgr):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [FACE])

    assert follower.follow(cv2.warpAffine(astronaut_bgr, transform(zoom=1.6), (512, 512))) is None


def test_another_frame_size_is_not_followed(astronaut_bgr):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [FACE])

    assert follower.follow(astronaut_bgr[:400]) is None


def test_before_the_first_detection_there_is_nothing_to_follow(astronaut_bgr):
    assert FaceFollower().follow(astronaut_bgr) is None


def test_no_face_is_followed_to_no_face(astronaut_bgr):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [])

    assert follower.follow(textured_frame(512, 512)) == []


@pytest.mark.parametrize("shape", [(1, 1), (16, 16), (3, 400)])
def test_odd_frames_do_no_harm(shape):
    frame = np.zeros((*shape, 3), np.uint8)
    follower = FaceFollower()
    follower.start(frame, [make_face((0, 0, 16, 16))])

    followed = follower.follow(frame)

    assert followed is None or len(followed) == 1


@pytest.mark.parametrize("xyxy", [(-60, 100, 40, 220), (470, 470, 600, 600), (900, 900, 1000, 1000)])
def test_a_face_at_the_border_or_beyond_does_no_harm(astronaut_bgr, xyxy):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [make_face(xyxy)])

    followed = follower.follow(astronaut_bgr)

    assert followed is None or followed[0].xyxy == pytest.approx(xyxy, abs=3)


def test_the_frames_are_not_modified(astronaut_bgr):
    frame = astronaut_bgr.copy()
    follower = FaceFollower()
    follower.start(frame, [FACE])

    follower.follow(frame)

    assert (frame == astronaut_bgr).all()


@pytest.mark.parametrize("size_wh", [(1024, 1024), (256, 256), (512, 256)])
def test_a_frame_of_another_size_is_for_the_detector(astronaut_bgr, size_wh):
    follower = FaceFollower()
    follower.start(astronaut_bgr, [FACE])

    assert follower.follow(cv2.resize(astronaut_bgr, size_wh)) is None
