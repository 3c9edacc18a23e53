"""Which part of a face a label rests on."""

from typing import cast

import cv2
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS, colour_bgr
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.expressions.occlusion import occlusion_map, overlay_occlusion
from fer_core.faces.crops import crop_faces
from fer_core.faces.detector import HaarDetector
from tests.helpers.faces import make_card


class MouthReader:
    """Happy as far as the middle of the lower edge is white, else neutral."""

    card = make_card()

    def predict(self, faces_u8: np.ndarray) -> np.ndarray:
        happy = faces_u8[:, 36:48, 18:30, 0].mean(axis=(1, 2)) / 255
        rows = np.zeros((len(faces_u8), len(EMOTIONS)), np.float32)
        rows[:, EMOTIONS.index("happy")] = happy
        rows[:, EMOTIONS.index("neutral")] = 1 - happy
        return rows


READER = cast(EmotionModel, MouthReader())


def face_with_a_bright_mouth() -> np.ndarray:
    tile = np.zeros((48, 48, 1), np.uint8)
    tile[36:48, 18:30] = 255
    return tile


def test_the_map_is_hot_where_the_network_looks_and_nowhere_else():
    drops = occlusion_map(READER, face_with_a_bright_mouth(), "happy")

    row, column = np.unravel_index(drops.argmax(), drops.shape)
    assert 36 <= row < 48
    assert 18 <= column < 30
    assert drops.max() > 0.3
    assert np.abs(drops[:20]).max() == 0
    assert drops.dtype == np.float32


def test_what_speaks_for_one_label_speaks_against_the_other():
    tile = face_with_a_bright_mouth()

    assert occlusion_map(READER, tile, "neutral") == pytest.approx(-occlusion_map(READER, tile, "happy"))


@pytest.mark.parametrize(("patch_px", "stride_px"), [(12, 4), (7, 5), (48, 48), (1, 1), (11, 11)])
def test_every_pixel_is_covered_whatever_the_sizes(patch_px, stride_px):
    drops = occlusion_map(READER, face_with_a_bright_mouth(), "happy", patch_px=patch_px, stride_px=stride_px)

    assert np.isfinite(drops).all()
    assert drops.max() > 0


def test_the_face_itself_is_not_touched():
    tile = face_with_a_bright_mouth()

    occlusion_map(READER, tile, "happy")

    assert (tile == face_with_a_bright_mouth()).all()


@pytest.mark.parametrize(
    ("tile", "label", "sizes"),
    [
        (np.zeros((48, 48, 1), np.float32), "happy", {}),
        (np.zeros((48, 47, 1), np.uint8), "happy", {}),
        (np.zeros((48, 48, 3), np.uint8), "happy", {}),
        (np.zeros((48, 48, 1), np.uint8), "bored", {}),
        (np.zeros((48, 48, 1), np.uint8), "happy", {"patch_px": 49}),
        (np.zeros((48, 48, 1), np.uint8), "happy", {"patch_px": 4, "stride_px": 5}),
        (np.zeros((48, 48, 1), np.uint8), "happy", {"stride_px": 0}),
    ],
)
def test_what_cannot_be_explained_is_refused(tile, label, sizes):
    with pytest.raises(ValueError, match="must be"):
        occlusion_map(READER, tile, label, **sizes)


def test_the_overlay_colours_what_speaks_for_the_label_and_nothing_else():
    face_bgr = np.full((96, 96, 3), 128, np.uint8)
    drops = np.full((48, 48), -0.2, np.float32)
    drops[24:] = 0.4

    picture = overlay_occlusion(face_bgr, drops, "happy")

    assert (picture[:40] == 128).all()
    assert picture[90, 48] == pytest.approx(0.35 * 128 + 0.65 * np.array(colour_bgr("happy")), abs=1)
    assert (face_bgr == 128).all()


def test_a_map_of_next_to_nothing_stays_pale():
    face_bgr = np.full((48, 48, 3), 128, np.uint8)

    pale = overlay_occlusion(face_bgr, np.full((48, 48), 0.005, np.float32), "sad")
    full = overlay_occlusion(face_bgr, np.full((48, 48), 0.005, np.float32), "sad", strongest=0.005)

    assert np.abs(pale.astype(int) - 128).max() <= 6
    assert np.abs(full.astype(int) - 128).max() > 40


def test_a_smile_is_read_at_the_mouth(astronaut_bgr):
    model = load_model("default")
    tile = crop_faces(astronaut_bgr, HaarDetector().detect(astronaut_bgr)[:1])[0]

    drops, small = occlusion_map(model, tile, "happy"), occlusion_map(model, tile, "happy", patch_px=12)

    assert drops[34:].mean() > 0.05 > drops[:14].mean()
    assert drops.max() > 0.15 > small.max()
    shown = overlay_occlusion(cv2.resize(cv2.cvtColor(tile, cv2.COLOR_GRAY2BGR), (192, 192)), drops, "happy")
    assert shown.shape == (192, 192, 3)
