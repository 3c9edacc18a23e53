"""Augmentation of grey faces: one affine warp, one tone curve, one erased rectangle per image, mixup, a poor camera.

NumPy and OpenCV on uint8, so it belongs to no deep-learning backend, costs about 40 µs an image on one core and runs
on a thread beside the training step (measured: docs/decisions.md).
"""

from typing import Final

import cv2
import numpy as np

from train.settings.augmentation import AugmentConfig

_INVISIBLE_BLUR: Final = 0.2


def augment_batch(faces: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Change each face at random within `config`'s bounds.

    Args:
        faces: uint8 (n, side, side), 0-255; not modified.
        config: the bounds.
        rng: the only source of chance, so that the same state gives the same batch.

    Returns:
        uint8 (n, side, side).
    """
    count, side, _ = faces.shape
    matrices = _affine_matrices(count, side, config, rng)
    curves = _tone_curves(faces, config, rng)
    out = np.empty_like(faces)
    for i in range(count):
        warped = cv2.warpAffine(faces[i], matrices[i], (side, side), borderMode=cv2.BORDER_REPLICATE)
        out[i] = cv2.LUT(warped, curves[i])
    _erase(out, config, rng)
    return out


def mix_pairs(
    pixels: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each image and its target with another of the batch (mixup: Zhang et al., 2018, arXiv:1710.09412).

    Args:
        pixels: (n, …), any numbers; not modified.
        targets: float (n, k).
        alpha: of the Beta distribution of the blend.
        rng: the only source of chance.

    Returns:
        float32 arrays of the same shapes; an image keeps at least half of itself.
    """
    share = rng.beta(alpha, alpha, len(pixels)).astype(np.float32)
    share = np.maximum(share, 1 - share)
    partner = rng.permutation(len(pixels))
    column = share.reshape(-1, *[1] * (pixels.ndim - 1))
    mixed = column * pixels + (1 - column) * pixels[partner].astype(np.float32)
    return mixed, share[:, None] * targets + (1 - share[:, None]) * targets[partner]


def spoil_batch(pixels: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """Blur each face and add noise, as poor cameras do, within `config`'s bounds; most faces only a little.

    Apart from `augment_batch`, so that teachers can answer for what the camera should have seen.

    Args:
        pixels: (n, side, side, 1), uint8 or float32, 0-255; not modified.
        config: the bounds.
        rng: the only source of chance.

    Returns:
        Whole numbers 0-255 of the same shape and type; where both bounds are 0, `pixels` itself.
    """
    if not config.poor_camera:
        return pixels
    count = len(pixels)
    sigmas = config.blur * rng.random(count) ** 2
    deviations = 255 * config.noise * rng.random(count) ** 2
    out = pixels[..., 0].astype(np.float32)
    for i in np.flatnonzero(sigmas > _INVISIBLE_BLUR):
        out[i] = cv2.GaussianBlur(out[i], (0, 0), sigmas[i], borderType=cv2.BORDER_REPLICATE)
    if config.noise:
        out += rng.standard_normal(out.shape, np.float32) * deviations.astype(np.float32)[:, None, None]
    return np.clip(np.rint(out), 0, 255)[..., None].astype(pixels.dtype)


def _affine_matrices(count: int, side: int, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """float64 (n, 2, 3): rotation, scale, stretch, crop and flips about the centre, then a shift."""
    angle = np.deg2rad(rng.uniform(-config.rotation_deg, config.rotation_deg, count))
    scale = 1 + rng.uniform(-config.scale, config.scale, count)
    mirror = np.where(rng.random(count) < config.flip, -1.0, 1.0)
    shift = rng.uniform(-config.shift, config.shift, (count, 2)) * side
    upside = np.where(rng.random(count) < config.vertical_flip, -1.0, 1.0)
    cut = rng.uniform(0, config.crop, count)
    window = rng.uniform(-0.5, 0.5, (count, 2)) * cut[:, None] * side  # where what is left lies, from the centre
    cos, sin = np.cos(angle) * scale / (1 - cut), np.sin(angle) * scale / (1 - cut)
    linear = np.stack([np.stack([cos * mirror, -sin * upside], -1), np.stack([sin * mirror, cos * upside], -1)], 1)
    if config.stretch:  # drawn only where it is asked for: a seed goes on meaning the same images without it
        wider = np.exp(rng.uniform(-1, 1, count) * np.log1p(config.stretch) / 2)
        linear = linear * np.stack([wider, 1 / wider], -1)[:, None, :]
    centre = np.full(2, (side - 1) / 2)
    offset = centre - np.einsum("nij,nj->ni", linear, centre + window) + shift
    return np.concatenate([linear, offset[:, :, None]], axis=2)


def _tone_curves(faces: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> np.ndarray:
    """uint8 (n, 256): gamma, then contrast about the image's mean, then brightness."""
    count = len(faces)
    gamma = (1 + rng.uniform(-config.gamma, config.gamma, count))[:, None]
    contrast = (1 + rng.uniform(-config.contrast, config.contrast, count))[:, None]
    brightness = rng.uniform(-config.brightness, config.brightness, count)[:, None] * 255
    mean = faces.mean(axis=(1, 2))[:, None]
    levels = np.linspace(0, 1, 256)[None] ** gamma * 255
    curves: np.ndarray = np.clip(np.rint((levels - mean) * contrast + mean + brightness), 0, 255).astype(np.uint8)
    return curves


def _erase(faces: np.ndarray, config: AugmentConfig, rng: np.random.Generator) -> None:
    """Overwrite, in place, one rectangle of some images with noise (Zhong et al., 2020, arXiv:1708.04896)."""
    side = faces.shape[1]
    for i in np.flatnonzero(rng.random(len(faces)) < config.erasing):
        area = rng.uniform(*config.erasing_area) * side * side
        ratio = np.exp(rng.uniform(np.log(0.4), np.log(2.5)))
        height = int(np.clip(round(np.sqrt(area * ratio)), 1, side))
        width = int(np.clip(round(np.sqrt(area / ratio)), 1, side))
        top, left = rng.integers(0, side - height + 1), rng.integers(0, side - width + 1)
        faces[i, top : top + height, left : left + width] = rng.integers(0, 256, (height, width), np.uint8)
