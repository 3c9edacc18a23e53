from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.helpers.synthetic import drawn_faces
from train.augmentation.images import augment_batch, mix_pairs, spoil_batch
from train.settings.augmentation import AugmentConfig

STILL = AugmentConfig(
    flip=0, vertical_flip=0, rotation_deg=0, scale=0, shift=0, crop=0, brightness=0, contrast=0, gamma=0, erasing=0
)
FACES = drawn_faces(14, seed=3).pixels


def augmented(**changes: Any) -> np.ndarray:
    return augment_batch(FACES, replace(STILL, **changes), np.random.default_rng(0))


def test_with_everything_off_nothing_changes():
    assert np.array_equal(augmented(), FACES)


def test_the_input_is_not_modified():
    before = FACES.copy()
    augment_batch(FACES, AugmentConfig(crop=0.2, vertical_flip=0.5), np.random.default_rng(1))
    assert np.array_equal(FACES, before)


@pytest.mark.parametrize(("name", "expected"), [("flip", FACES[:, :, ::-1]), ("vertical_flip", FACES[:, ::-1])])
def test_flips_mirror_along_their_axis(name, expected):
    assert np.array_equal(augmented(**{name: 1.0}), expected)


@pytest.mark.parametrize(
    "change",
    [
        {"rotation_deg": 15.0},
        {"scale": 0.15},
        {"shift": 0.12},
        {"crop": 0.2},
        {"brightness": 0.15},
        {"contrast": 0.25},
        {"gamma": 0.25},
        {"erasing": 1.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_each_change_changes_every_face_a_little(change):
    out = augmented(**change)
    difference = np.abs(out.astype(int) - FACES).mean(axis=(1, 2))
    assert out.dtype == np.uint8
    assert (difference > 0).all()
    assert (difference < 60).all()


def test_the_same_chance_gives_the_same_batch_and_another_another():
    config = AugmentConfig()
    first, second, third = (augment_batch(FACES, config, np.random.default_rng(s)) for s in (5, 5, 6))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, third)


def test_a_crop_enlarges_a_window_that_lies_within_the_face():
    # A face of vertical stripes, one grey value per column: what is left must be columns out of the original.
    stripes = np.tile(np.arange(48, dtype=np.uint8) * 5, (20, 48, 1))
    out = augment_batch(stripes, replace(STILL, crop=0.5), np.random.default_rng(2))
    width = (out[:, 24, -1].astype(int) - out[:, 24, 0]) / 5
    assert ((width > 22) & (width < 48)).all()
    assert width.min() < 32


def test_erasing_covers_no_more_than_its_area():
    out = augmented(erasing=1.0, erasing_area=(0.05, 0.1))
    share = (out != FACES).mean(axis=(1, 2))
    assert (share > 0.03).all()
    assert (share < 0.13).all()


def spoiled(faces: np.ndarray = FACES[..., None], *, seed: int = 0, **changes: Any) -> np.ndarray:
    return spoil_batch(faces, replace(STILL, **changes), np.random.default_rng(seed))


def test_a_good_camera_changes_nothing():
    assert np.array_equal(spoiled(), FACES[..., None])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_noise_has_no_more_than_its_deviation_and_mostly_less(dtype):
    grey = np.full((200, 48, 48, 1), 128, dtype)
    out = spoiled(grey, noise=0.1)
    assert out.dtype == dtype
    assert np.array_equal(out, np.rint(out))
    deviations = out.astype(np.float64).std(axis=(1, 2, 3))
    assert 20 < deviations.max() < 26  # of 25.5
    assert np.median(deviations) == pytest.approx(25.5 / 4, abs=1.5)
    assert abs(out.astype(np.float64).mean() - 128) < 0.1


def test_blur_spreads_a_point_by_no_more_than_its_deviation_and_keeps_its_light():
    points = np.zeros((200, 48, 48, 1), np.float32)
    points[:, 20:28, 20:28] = 255
    out = spoiled(points, blur=2.0)[..., 0].astype(np.float64)
    sums = out.sum(axis=(1, 2))
    assert sums == pytest.approx(64 * 255, rel=0.01)
    places = np.arange(48)
    columns = out.sum(axis=1)
    variances = (columns * (places - 23.5) ** 2).sum(1) / sums
    sigmas = np.sqrt(np.maximum(variances - variances.min(), 0))
    assert 1.6 < sigmas.max() < 2.05
    assert np.median(sigmas) < 0.8


def test_grey_values_stay_within_their_range_and_the_input_is_not_modified():
    faces = FACES[..., None].copy()
    out = spoiled(faces, noise=0.5, blur=3.0)
    assert np.array_equal(faces, FACES[..., None])
    assert (out.min(), out.max()) == (0, 255)
    assert np.array_equal(out, spoiled(faces, noise=0.5, blur=3.0))
    assert not np.array_equal(out, spoiled(faces, noise=0.5, blur=3.0, seed=1))


def test_mixup_blends_images_and_targets_alike_and_leaves_an_image_its_larger_half():
    rng = np.random.default_rng(0)
    pixels = np.repeat(np.arange(10.0, dtype=np.float32)[:, None], 4, axis=1)
    targets = np.eye(10, dtype=np.float32)
    mixed, soft = mix_pairs(pixels, targets, 0.3, rng)
    assert mixed.dtype == soft.dtype == np.float32
    assert soft.sum(1) == pytest.approx(np.ones(10))
    assert (soft.diagonal() >= 0.5).all()
    assert (soft.diagonal() < 1).any()
    assert mixed[:, 0] == pytest.approx(soft @ pixels[:, 0])
