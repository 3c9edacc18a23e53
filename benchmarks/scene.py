"""The same moving scene for every measurement: an astronaut's portrait that drifts through the frame."""

from collections.abc import Iterator

import cv2
import numpy as np

STRIP_BITS = 12


def frames(*, width: int, height: int, count: int) -> Iterator[np.ndarray]:
    """`count` frames, uint8 (height, width, 3) BGR; the face is about a third as high as the frame."""
    from skimage import data

    portrait = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    size = round(height * 1.25)
    portrait = cv2.resize(portrait, (size, size), interpolation=cv2.INTER_AREA)
    for i in range(count):
        angle = 2 * np.pi * i / 120
        canvas = np.full((height, width, 3), 90, np.uint8)
        left = round((width - size) / 2 + width / 10 * np.sin(angle))
        matrix = np.array([[1, 0, left], [0, 1, -height / 40 * (1 + np.cos(angle))]], np.float64)
        yield cv2.warpAffine(portrait, matrix, (width, height), canvas, borderMode=cv2.BORDER_TRANSPARENT)


def numbered(frame: np.ndarray, number: int) -> np.ndarray:
    """The frame with its number along the lower edge as black and white blocks, the highest bit at the left."""
    height, width = frame.shape[:2]
    block = width / (STRIP_BITS + 2)
    top = height - height // 12
    frame = frame.copy()
    frame[top:] = 0
    # A white block at the left and a black one at the right tell a mirrored strip from a straight one.
    bits = [1, *((number >> (STRIP_BITS - 1 - i)) & 1 for i in range(STRIP_BITS)), 0]
    for i, bit in enumerate(bits):
        frame[top:, round(i * block) : round((i + 1) * block)] = 255 * bit
    return frame
