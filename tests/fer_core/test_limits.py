"""How large a picture, a frame of a film and a live frame may be; asked before anything is decoded."""

import pytest

from fer_core.limits import MAX_LIVE_PIXELS, MAX_WORK_PIXELS, MAX_WORK_SIDE, live_size, work_scale


@pytest.mark.parametrize(("width", "height"), [(8000, 6000), (640, 480), (1, 1), (32_000, 1000)])
def test_pictures_of_48_megapixels_and_less_stay_as_they_are(width, height):
    assert work_scale(width, height) == 1


@pytest.mark.parametrize(("width", "height"), [(12_000, 9000), (16_320, 12_240), (100_000, 300), (3, 1_000_000)])
def test_larger_ones_are_scaled_to_the_limits(width, height):
    scale = work_scale(width, height)

    assert width * scale * height * scale <= MAX_WORK_PIXELS * 1.001
    assert max(width, height) * scale <= MAX_WORK_SIDE * 1.001


@pytest.mark.parametrize("size", [(640, 480), (1080, 1920), (1920, 1080), (641, 3)])
def test_usual_live_frames_stay_as_they_are(size):
    assert live_size(*size) == size


@pytest.mark.parametrize(("width", "height"), [(4096, 4096), (3840, 2160), (65_535, 1000)])
def test_larger_live_frames_become_small_and_even(width, height):
    small_width, small_height = live_size(width, height)

    assert small_width * small_height <= MAX_LIVE_PIXELS
    assert small_width % 2 == small_height % 2 == 0
