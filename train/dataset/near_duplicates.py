"""Which images are almost the same as others: frames of one sequence, other sizes, crops and tones, mirror images.

An image's fingerprint is what a perceptual hash is made of, its lowest 12 x 12 cosine frequencies but the constant,
kept as numbers. Each is multiplied by its frequency, so that outlines count as much as light and shade do, and the
whole is scaled to length 1. Two images are near-identical when their fingerprints correlate by `NEAR`. A 64-bit hash
costs as much and misses most of the copies that this finds (docs/decisions.md).
"""

from typing import Final

import numpy as np

from train.archive.types import SIDE, LabelledFaces

NEAR: Final = 0.85
"""Correlation from which images count as near-identical. Different people's aligned portraits stay below 0.7."""
MANY: Final = 0.25
"""Share of a split from which copies deserve a warning. FER2013 has 0.16 in its validation split."""
_FREQUENCIES: Final = 12
_CHUNK: Final = 512


def fingerprints(pixels: np.ndarray) -> np.ndarray:
    """One row per image of uint8 (n, 48, 48): float32 (n, 143), of length 1; zeros for an image of one grey value."""
    waves = np.cos(np.pi * (np.arange(SIDE) + 0.5) * np.arange(_FREQUENCIES)[:, None] / SIDE).astype(np.float32)
    waves[0] *= np.sqrt(0.5)
    found = np.empty((len(pixels), _FREQUENCIES**2 - 1), np.float32)
    for start in range(0, len(pixels), _CHUNK):  # in pieces, for each is made into floats
        rows = slice(start, start + _CHUNK)
        found[rows] = (waves @ pixels[rows].astype(np.float32) @ waves.T * _weights()).reshape(-1, _FREQUENCIES**2)[
            :, 1:
        ]
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    unit: np.ndarray = np.where(lengths > 1, found / np.maximum(lengths, 1), 0)  # below 1 there is only rounding
    return unit


def near_copies(faces: LabelledFaces, others: LabelledFaces) -> np.ndarray:
    """Which of `faces` have a near-identical image, or its mirror image, among `others`: bool (n,).

    Identical images count. 3,589 images against 28,709 take two seconds on two cores.
    """
    found = np.zeros(len(faces), bool)
    if not len(others):
        return found
    asked, known = fingerprints(faces.pixels), fingerprints(others.pixels)
    for start in range(0, len(asked), _CHUNK):
        part = asked[start : start + _CHUNK]
        best = np.maximum((part @ known.T).max(1), ((part * _MIRROR) @ known.T).max(1))
        found[start : start + _CHUNK] = best >= NEAR
    return found


def near_groups(pixels: np.ndarray) -> np.ndarray:
    """One number per image of uint8 (n, 48, 48), int64 (n,): equal for images that near-identical ones connect.

    32,298 images take about 20 seconds on two cores.
    """
    prints = fingerprints(pixels)
    group = np.arange(len(pixels))

    def first_of(row: int) -> int:
        while group[row] != row:
            group[row] = row = group[group[row]]
        return row

    for start in range(0, len(prints), _CHUNK):
        part, others = prints[start : start + _CHUNK], prints[start:]
        best = np.maximum(part @ others.T, (part * _MIRROR) @ others.T)
        for row, other in np.argwhere(np.triu(best >= NEAR, k=1)):
            one, two = sorted((first_of(start + int(row)), first_of(start + int(other))))
            group[two] = one
    return np.array([first_of(row) for row in range(len(group))], np.int64)


def _weights() -> np.ndarray:
    """Each coefficient's frequency, float32 (12, 12)."""
    steps = np.arange(_FREQUENCIES, dtype=np.float32)
    return np.hypot(steps[:, None], steps)


_MIRROR: Final = np.tile((-1.0) ** np.arange(_FREQUENCIES), _FREQUENCIES)[1:].astype(np.float32)
"""A mirror image has the opposite sign in each odd horizontal frequency."""
