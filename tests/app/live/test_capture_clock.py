"""When a frame was taken, whatever way it had."""

import numpy as np
import pytest

from app.live.capture_clock import WINDOW_S, CaptureClock

ZERO_S = 1000.0
"""The server's clock at the camera's zero."""


def arrivals(own_s: np.ndarray, way_s: np.ndarray) -> np.ndarray:
    """When frames come that are whole only when the next one begins."""
    begins = ZERO_S + own_s + way_s
    return np.maximum.accumulate(begins[1:])


def test_uneven_ways_and_the_wait_for_the_next_frame_are_taken_out():
    noise = np.random.default_rng(1)
    own_s = np.cumsum(noise.choice([1 / 30, 2 / 30], 600))
    came_s = arrivals(own_s, 0.01 + noise.exponential(0.02, 600))
    clock = CaptureClock()

    taken_s = np.array([clock.captured_at(own, now) for own, now in zip(own_s, came_s, strict=False)])

    late_s = (taken_s - ZERO_S - own_s[:-1])[100:]
    assert late_s.mean() == pytest.approx(0.01, abs=0.003)
    assert late_s.std() < 0.002
    assert (came_s - ZERO_S - own_s[:-1]).mean() > 0.06, "as they come they are far later"


def test_never_backwards_and_never_in_the_future():
    noise = np.random.default_rng(2)
    own_s = np.arange(300) / 20
    came_s = arrivals(own_s, noise.exponential(0.1, 300))
    clock = CaptureClock()

    taken_s = [clock.captured_at(own, now) for own, now in zip(own_s, came_s, strict=False)]

    assert (np.diff(taken_s) >= 0).all()
    assert (np.array(taken_s) <= came_s).all()


def test_a_frame_without_a_time_was_taken_when_it_came():
    assert CaptureClock().captured_at(None, 5.0) == 5.0


def test_another_stream_begins_anew():
    clock = CaptureClock()
    for i in range(20):
        clock.captured_at(50 + i / 20, 100 + i / 20)

    assert clock.captured_at(0.0, 110.0) == 110.0
    assert clock.captured_at(0.05, 110.05) == pytest.approx(110.0, abs=0.06)


def test_a_way_that_grew_for_good_is_believed_after_the_window():
    clock = CaptureClock()
    for i in range(100):
        clock.captured_at(i / 20, 100 + i / 20)
    later = [clock.captured_at(i / 20, 100.5 + i / 20) for i in range(100, 100 + round(20 * (WINDOW_S + 1)))]

    assert later[-1] == pytest.approx(100.5 + (100 + 20 * (WINDOW_S + 1) - 1) / 20, abs=0.06)


def test_after_a_clock_that_jumps_ahead_times_are_sensible():
    clock = CaptureClock()
    for i in range(20):
        clock.captured_at(i / 20, 100 + i / 20)

    for i in range(20):
        assert clock.captured_at(500 + i / 20, 101 + i / 20) == pytest.approx(101 + i / 20, abs=0.06)
