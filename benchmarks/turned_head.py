"""A photographed face seen from another side: the picture laid on a made-up head, which is turned by known degrees.

The head is half an ellipsoid with a nose, in eye distances, of a usual adult's proportions. It fits nobody exactly:
degrees that are measured in such a picture are right up to how far a head differs from it.
"""

from typing import Final

import cv2
import numpy as np

_HALF_WIDTH: Final = 1.15
_HALF_HEIGHT: Final = 1.75
_DEPTH: Final = 1.3
_NOSE_HEIGHT: Final = 0.33
_NOSE_TIP: Final = 0.55
"""Below the eyes."""
_MIDDLE: Final = 0.45
"""Of the ellipsoid, below the eyes."""
_STEPS: Final = 24


def turned_head(frame_bgr: np.ndarray, eyes: np.ndarray, yaw_deg: float, pitch_deg: float) -> np.ndarray:
    """The frame with its head turned about a vertical and a level axis through the head.

    Args:
        frame_bgr: uint8 (height, width, 3), with an upright face that looks into the camera; not modified.
        eyes: float (2, 2), the eye at the picture's left and the other, in pixels.
        yaw_deg: to the right of the picture is positive.
        pitch_deg: upwards is positive.

    Returns:
        uint8, of the frame's shape. What the head does not cover stays as it is, blurred.
    """
    unit = float(np.linalg.norm(eyes[1] - eyes[0]))
    origin = eyes.mean(0) + np.array((0, _MIDDLE * unit))
    height, width = frame_bgr.shape[:2]
    u, v = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in (width, height)))
    u, v = (u - np.float32(origin[0])) / np.float32(unit), (v - np.float32(origin[1])) / np.float32(unit)
    back = _turn(yaw_deg, pitch_deg).T.astype(np.float32)
    hit = np.full(u.shape, -1.0, np.float32)
    found = np.zeros(u.shape, bool)
    # From before the head inwards along each pixel's line of sight, until below its surface.
    for w in np.linspace(_DEPTH + _NOSE_HEIGHT, 0, _STEPS, dtype=np.float32):
        inside = ~found & (_height_above(u, v, w, back) <= 0)
        hit[inside] = w
        found |= inside
    before = hit + np.float32((_DEPTH + _NOSE_HEIGHT) / (_STEPS - 1))
    for _ in range(8):
        half = (hit + before) / 2
        inside = _height_above(u, v, half, back) <= 0
        hit, before = np.where(inside, half, hit), np.where(inside, before, half)
    x, y, _ = _turned_back(u, v, hit, back)
    seen = cv2.remap(
        frame_bgr,
        np.float32(unit) * x + np.float32(origin[0]),
        np.float32(unit) * y + np.float32(origin[1]),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    around = cv2.GaussianBlur(frame_bgr, (0, 0), 0.3 * unit)
    return np.asarray(np.where(found[..., None], seen, around))


def _turn(yaw_deg: float, pitch_deg: float) -> np.ndarray:
    """The rotation; x is to the right, y down, z to the camera."""
    yaw, pitch = np.deg2rad((yaw_deg, pitch_deg))
    about_y = np.array([(np.cos(yaw), 0, np.sin(yaw)), (0, 1, 0), (-np.sin(yaw), 0, np.cos(yaw))])
    about_x = np.array([(1, 0, 0), (0, np.cos(pitch), -np.sin(pitch)), (0, np.sin(pitch), np.cos(pitch))])
    turn: np.ndarray = about_y @ about_x
    return turn


def _turned_back(
    u: np.ndarray, v: np.ndarray, w: np.ndarray | np.float32, back: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    x, y, z = (row[0] * u + row[1] * v + row[2] * w for row in back)
    return x, y, z


def _height_above(u: np.ndarray, v: np.ndarray, w: np.ndarray | np.float32, back: np.ndarray) -> np.ndarray:
    """How far points lie before the surface of the head as it was photographed; beside the head, above 0."""
    x, y, z = _turned_back(u, v, w, back)
    rest = 1 - (x / _HALF_WIDTH) ** 2 - (y / _HALF_HEIGHT) ** 2
    below_tip = y - (_NOSE_TIP - _MIDDLE)
    slope = np.where(below_tip < 0, 0.35, 0.12)
    nose = _NOSE_HEIGHT * np.exp(-((x / 0.17) ** 2) / 2 - (below_tip / slope) ** 2 / 2)
    above: np.ndarray = np.where(rest > 0, z - _DEPTH * np.sqrt(np.maximum(rest, 0)) - nose, np.inf)
    return above
