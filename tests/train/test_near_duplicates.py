"""Copies, frames of a sequence and mirror images are found; other faces are not."""

import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from skimage.data import lfw_subset

from train.archive import LabelledFaces
from train.near_duplicates import fingerprints, near_copies


def people() -> np.ndarray:
    """100 people's aligned portraits (Labelled Faces in the Wild), uint8 (100, 48, 48)."""
    portraits = (lfw_subset()[:100] * 255).astype(np.uint8)
    return np.stack([cv2.resize(portrait, (48, 48), interpolation=cv2.INTER_CUBIC) for portrait in portraits])


def labelled(pixels: np.ndarray) -> LabelledFaces:
    return LabelledFaces(np.ascontiguousarray(pixels), np.zeros(len(pixels), np.int64))


PEOPLE = people()


def saved_as_jpg(face: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], cv2.IMREAD_GRAYSCALE))


def next_frame(face: np.ndarray) -> np.ndarray:
    """The mouth opens a little and the head moves by half a pixel."""
    opened = face.copy()
    opened[36:40, 20:28] = (opened[36:40, 20:28] * 0.6).astype(np.uint8)
    move = np.array([[1, 0, 0.5], [0, 1, 0.3]], np.float32)
    return np.asarray(cv2.warpAffine(opened, move, (48, 48), borderMode=cv2.BORDER_REPLICATE))


@pytest.mark.parametrize(
    "change",
    [
        saved_as_jpg,
        next_frame,
        lambda face: face[:, ::-1],
        lambda face: np.clip(face.astype(int) + 25, 0, 255).astype(np.uint8),
        lambda face: (128 + 0.7 * (face.astype(float) - 128)).astype(np.uint8),
        lambda face: cv2.resize(cv2.resize(face, (36, 36), interpolation=cv2.INTER_AREA), (48, 48)),
        lambda face: cv2.resize(face[1:-1, 1:-1], (48, 48)),
    ],
    ids=["jpg", "next frame", "mirror", "brighter", "flatter", "smaller", "cropped"],
)
def test_a_changed_copy_is_found_among_others(change: Callable[[np.ndarray], np.ndarray]) -> None:
    copies = np.stack([change(face) for face in PEOPLE[:50]])
    found = near_copies(labelled(copies), labelled(PEOPLE))
    assert found.mean() >= 0.9
    assert not near_copies(labelled(copies), labelled(PEOPLE[50:])).any()


def test_different_people_are_not_near_identical() -> None:
    for i in range(0, 100, 10):
        others = np.delete(PEOPLE, np.s_[i : i + 10], axis=0)
        assert not near_copies(labelled(PEOPLE[i : i + 10]), labelled(others)).any()


def test_noise_and_blank_images_are_near_nothing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 48, 48), np.uint8)
    assert not near_copies(labelled(noise[:20]), labelled(noise[20:])).any()
    blank = np.full((2, 48, 48), 128, np.uint8)
    assert not fingerprints(blank).any()
    assert not near_copies(labelled(blank), labelled(blank)).any()
    assert not near_copies(labelled(noise[:3]), labelled(noise[:0])).any()


def test_a_set_as_large_as_fer2013_takes_seconds() -> None:
    rng = np.random.default_rng(0)
    train = labelled(rng.integers(0, 256, (28_709, 48, 48), np.uint8))
    began = time.process_time()
    assert near_copies(labelled(train.pixels[:3_589]), train).all()
    assert time.process_time() - began < 60  # of the processor, on a busy machine; 7 s on an idle one
