"""What networks take and what they are taught: pixels and labels as float32."""

import numpy as np

from fer_core.emotions import EMOTIONS


def to_input(pixels: np.ndarray) -> np.ndarray:
    """uint8 (n, side, side) to the networks' float32 (n, side, side, 1), still 0-255."""
    return pixels[..., None].astype(np.float32)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Int (n,) to float32 (n, 7)."""
    rows: np.ndarray = np.eye(len(EMOTIONS), dtype=np.float32)[labels]
    return rows
