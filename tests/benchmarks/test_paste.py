"""A pasted tile lies where its placement says, and comes out again as it went in."""

import cv2
import numpy as np
import pytest

from benchmarks.live_match import SIDES, is_on, true_face
from benchmarks.paste import FRAME_WH, MAX_TILT_DEG, Placement, backgrounds, paste, random_placement
from fer_core.faces.crops import crop_faces
from tests.helpers.faces import make_face
from tests.helpers.synthetic import drawn_faces

TILE = cv2.GaussianBlur(drawn_faces(1, seed=2).pixels[0], (0, 0), 1.0)
(BACKGROUND,) = backgrounds(1, seed=0)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("tilt", [-10.0, 0.0, 7.0])
def test_the_crop_at_the_true_place_gives_the_tile_back(side, tilt):
    place = Placement((320.3, 240.8), side, tilt)

    back = crop_faces(paste(TILE, BACKGROUND, place), [true_face(place)])[0, ..., 0]

    inner = np.s_[2:-2, 2:-2]
    # Half a tile's pixel beside it, the difference is above 2.
    assert np.abs(back[inner].astype(int) - TILE[inner]).mean() < (1.5 if side >= 60 else 2.0)


def test_the_background_is_untouched_and_only_the_tiles_surroundings_change():
    before = BACKGROUND.copy()
    place = Placement((200, 200), 100, 5)

    frame = paste(TILE, BACKGROUND, place)

    assert np.array_equal(BACKGROUND, before)
    assert np.array_equal(frame[:, 350:], BACKGROUND[:, 350:])
    assert np.array_equal(frame[350:], BACKGROUND[350:])
    assert frame.dtype == np.uint8


def test_the_margin_has_no_hard_edge():
    frame = paste(np.full((48, 48), 250, np.uint8), np.zeros_like(BACKGROUND), Placement((320, 240), 96, 0))

    steps = np.abs(np.diff(frame[240, :, 0].astype(int)))
    assert frame[240, 320].tolist() == [250] * 3
    assert steps.max() < 16


@pytest.mark.parametrize("side", SIDES)
def test_random_places_keep_the_turned_tile_inside_the_frame(side):
    rng = np.random.default_rng(0)
    corners = np.array([(0, 0), (1, 0), (0, 1), (1, 1)])

    for _ in range(50):
        place = random_placement(side, rng)
        matrix = place.tile_to_frame()
        pixels = corners @ matrix[:, :2].T + matrix[:, 2]
        assert (pixels >= -1e-6).all()
        assert (pixels <= np.array(FRAME_WH) + 1e-6).all()
        assert abs(place.tilt_deg) <= MAX_TILT_DEG


def test_a_tile_larger_than_the_frame_is_refused():
    with pytest.raises(ValueError, match="500"):
        random_placement(500, np.random.default_rng(0))


def test_backgrounds_come_from_the_seed_and_take_turns_with_given_frames():
    given = np.full((100, 200, 3), 7, np.uint8)

    first, again, other = (backgrounds(4, seed=seed, frames=[given]) for seed in (1, 1, 2))

    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert (first[1] == 7).all()
    assert {frame.shape for frame in first} == {(480, 640, 3)}


@pytest.mark.parametrize(
    ("xyxy", "expected"),
    [
        ((150, 150, 250, 250), True),
        ((170, 160, 270, 260), True),
        ((180, 150, 280, 250), False),
        ((175, 175, 225, 225), False),
        ((100, 100, 300, 300), False),
    ],
    ids=["on it", "a little beside it", "beside it", "half as large", "twice as large"],
)
def test_a_face_is_on_the_tile_when_its_crop_is(xyxy, expected):
    assert is_on(make_face(xyxy), Placement((200, 200), 100, 0)) is expected
