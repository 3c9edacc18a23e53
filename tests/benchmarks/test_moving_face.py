"""The drawn face whose true place is known."""

import numpy as np
import pytest

from benchmarks import moving_face
from benchmarks.moving_face import FACE_WIDTH, HEIGHT, LAPS, MARGIN, PER_S, ROW, WIDTH, Lap
from benchmarks.scene import STRIP_BITS
from fer_core.results import Face
from tests.helpers.faces import FakeDetector


def test_each_lap_moves_at_its_speed_and_turns_round_within_the_frame():
    places = moving_face.places()

    assert len(places) == sum(lap.frames for lap in LAPS)
    assert places.min() >= MARGIN
    assert places.max() <= WIDTH - MARGIN
    start = 0
    for lap in LAPS:
        steps = np.abs(np.diff(places[start : start + lap.frames]))
        assert np.median(steps) == pytest.approx(lap.widths_per_s * FACE_WIDTH / PER_S)
        assert steps.max() <= lap.widths_per_s * FACE_WIDTH / PER_S + 1e-9
        assert len(set(np.sign(np.diff(places[start : start + lap.frames])))) == 2, "there and back"
        start += lap.frames


def test_the_first_second_of_a_lap_and_what_comes_after_the_last_are_no_measure():
    laps = (Lap(1, 2), Lap(2, 2))

    known = [moving_face.lap_of(number, laps) for number in (0, 29, 30, 59, 60, 89, 90, 119, 120)]

    assert known == [None, None, laps[0], laps[0], None, None, laps[1], laps[1], None]


def test_the_face_is_drawn_where_its_place_says():
    laps = (Lap(1, 2),)
    first, later = moving_face.frames(laps, step=50)
    x0, x1 = moving_face.places(laps)[[0, 50]]

    assert first.shape == (HEIGHT, WIDTH, 3)
    assert first.dtype == np.uint8
    half, top = 40, round(ROW) - 40
    one = first[top : top + 80, round(x0) - half : round(x0) + half].astype(int)
    other = later[top : top + 80, round(x1) - half : round(x1) + half].astype(int)
    elsewhere = later[top : top + 80, round(x1) - half + 20 : round(x1) + half + 20].astype(int)
    assert np.abs(one - other).mean() < 5
    assert np.abs(one - elsewhere).mean() > 15


def test_what_a_detector_calls_the_face_is_held_against_the_true_place():
    def a_little_beside(frame_bgr: np.ndarray) -> list[Face]:
        """A box 10 pixels to the right of the face and 5 above it, whose frame tells its number."""
        x = moving_face.places(moving_face.STILL)[painted_number(frame_bgr)]
        return [Face((x - 40, ROW - 65, x + 60, ROW + 55), 0.9)]

    seen = moving_face.seen_face(FakeDetector(a_little_beside))

    assert seen == pytest.approx([10, -5, 100, 120])


def painted_number(frame_bgr: np.ndarray) -> int:
    columns = ((np.arange(1, STRIP_BITS + 1) + 0.5) * WIDTH / (STRIP_BITS + 2)).astype(int)
    return int("".join("1" if bright else "0" for bright in frame_bgr[-10, columns, 0] > 128), 2)
