"""A face's velocity: where it will be a moment later, calm at rest, and quick to turn round.

The detector's errors are simulated as they were measured with YuNet and optical flow on a portrait that was moved
through noisy JPEG frames: 0.3 to 1 % of the face's width, and boxes of two heights, whose middles lie 4 % apart.
"""

from collections.abc import Callable

import numpy as np
import pytest

from fer_core.faces.tracker import FaceTracker
from fer_core.results import Face
from tests.helpers.faces import make_face, textured_frame

FRAME = textured_frame(seed=9)
WIDTH = 100.0
ERROR_PX = 0.007 * WIDTH
JUMP_PX = 0.04 * WIDTH
LONGEST_LAG_S = 0.15

Path = Callable[[float], tuple[float, float]]


def uneven_times(rate: float, duration_s: float, rng: np.random.Generator) -> np.ndarray:
    """Times of a 30 Hz camera's frames of which about `rate` a second are analysed."""
    steps = np.maximum(1, np.rint(30 / rate + rng.normal(0, 0.7, int(duration_s * rate)))) / 30
    return np.cumsum(steps + rng.normal(0, 0.002, len(steps)))


def tracked(path: Path, *, rate: float, duration_s: float = 8.0, seed: int = 0) -> list[tuple[float, Face]]:
    """What the tracker reports of a face on that path, with the time of each report."""
    rng = np.random.default_rng(seed)
    tracker = FaceTracker()
    reports = []
    error = np.zeros(2)
    for i, now_s in enumerate(uneven_times(rate, duration_s, rng)):
        if i % 3 == 0:  # between two detections optical flow carries the error along
            error = rng.normal(0, ERROR_PX, 2)
            error[1] += rng.choice((-JUMP_PX / 2, JUMP_PX / 2))
        x, y = np.array(path(now_s)) + error + rng.normal(0, 0.1 * ERROR_PX, 2)
        box = (float(x - WIDTH / 2), float(y - WIDTH / 2), float(x + WIDTH / 2), float(y + WIDTH / 2))
        reports += [(now_s, face) for face in tracker.update([make_face(box)], FRAME, now_s)]
    return reports


def back_and_forth(speed: float) -> tuple[Path, Callable[[float], float]]:
    """Across the picture at so many widths a second, turning at its sides; and the time since the last turn."""
    period_s = 440 / (speed * WIDTH)

    def path(at_s: float) -> tuple[float, float]:
        phase = at_s / period_s % 2
        return 100 + 440 * (phase if phase < 1 else 2 - phase), 240.0

    return path, lambda at_s: at_s % period_s


def errors(reports: list[tuple[float, Face]], path: Path, is_steady: Callable[[float], bool]) -> np.ndarray:
    """How far a box that is drawn at `centre + velocity * lag` is off, in widths, for lags up to the longest."""
    found = []
    for at_s, face in reports:
        assert face.velocity is not None
        if is_steady(at_s) and is_steady(at_s + LONGEST_LAG_S):
            for lag_s in np.linspace(0, LONGEST_LAG_S, 4):
                drawn = np.array(face.centre) + np.array(face.velocity) * lag_s
                found.append(float(np.hypot(*(drawn - path(at_s + lag_s)))) / WIDTH)
    return np.array(found)


@pytest.mark.parametrize("rate", [8, 12, 16])
@pytest.mark.parametrize("speed", [0.25, 0.5, 1.0, 2.0])
def test_a_box_drawn_ahead_stays_on_a_face_that_moves_steadily(rate, speed):
    path, since_turn = back_and_forth(speed)
    reports = [r for seed in range(3) for r in tracked(path, rate=rate, seed=seed)]

    off = errors(reports, path, lambda at_s: since_turn(at_s) > 0.4)

    print(f"{speed} widths/s, {rate} results/s: off by {off.mean():.3f} widths, 95 %: {np.quantile(off, 0.95):.3f}")
    assert off.mean() <= 0.035
    assert np.quantile(off, 0.95) <= 0.075


@pytest.mark.parametrize("rate", [8, 12, 16])
def test_a_face_at_rest_has_no_velocity(rate):
    speeds = np.array(
        [
            np.hypot(*(face.velocity or (np.inf, np.inf))) / WIDTH
            for seed in range(5)
            for _, face in tracked(lambda _: (320, 240), rate=rate, seed=seed)
        ]
    )

    print(f"{rate} results/s: 0 in {np.mean(speeds == 0):.1%} of results, at most {speeds.max():.3f} widths/s")
    assert np.mean(speeds == 0) >= 0.85
    assert speeds.max() * LONGEST_LAG_S <= 0.05


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0])
def test_the_velocity_turns_round_with_the_face(speed):
    turned_at_s = 2.05

    def path(at_s: float) -> tuple[float, float]:
        return 400 - speed * WIDTH * abs(at_s - turned_at_s), 240.0

    for at_s, face in (report for seed in range(8) for report in tracked(path, rate=12, duration_s=3, seed=seed)):
        assert face.velocity is not None
        if at_s > turned_at_s + 0.2:
            assert face.velocity[0] < 0
        if at_s > turned_at_s + 0.25:
            assert abs(face.velocity[0] + speed * WIDTH) * LONGEST_LAG_S <= 0.05 * WIDTH


@pytest.mark.parametrize("speed", [1.0, 2.0])
def test_the_velocity_ends_with_the_motion(speed):
    reports = tracked(lambda at_s: (100 + speed * WIDTH * min(at_s, 1.5), 240), rate=12, duration_s=4)

    velocities = [face.velocity for at_s, face in reports if at_s > 2.2]

    assert velocities.count((0.0, 0.0)) >= 0.8 * len(velocities)


def test_the_first_frame_a_gap_and_another_size_leave_the_velocity_unknown():
    tracker = FaceTracker(min_hits=1)

    def velocity(x: float, now_s: float) -> tuple[float, float] | None:
        (face,) = tracker.update([make_face((x, 100, x + 100, 200))], FRAME, now_s)
        return face.velocity

    assert velocity(100, 0.0) is None
    assert velocity(130, 0.1) == pytest.approx((300, 0))
    assert velocity(110, 1.0) is None, "it may have turned back meanwhile"
    assert velocity(110, 1.1) is not None
    tracker.resize(1, 1)
    assert velocity(110, 1.2) == (0.0, 0.0), "nothing of the motion before the change is left"


def test_two_frames_of_the_same_time_change_nothing():
    tracker = FaceTracker(min_hits=1)
    for x, now_s in ((100, 0.0), (130, 0.1), (140, 0.1)):
        (face,) = tracker.update([make_face((x, 100, x + 100, 200))], FRAME, now_s)

    assert face.velocity == pytest.approx((300, 0))
