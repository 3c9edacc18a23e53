"""How good a view of a face is, and when it is too poor to name an expression.

The limits were chosen on FER2013's validation images and their darkened and blurred copies: `docs/decisions.md`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from fer_core.results import Doubt, Face, FaceQuality


@dataclass(frozen=True)
class QualityLimits:
    """When a view is too poor.

    Attributes:
        min_size_px: shorter side of the box, in pixels of the frame.
        min_light: mean grey value of the crop, 0-255.
        min_sharpness: see `FaceQuality.sharpness`.
        max_turn: see `FaceQuality.turn`.
    """

    min_size_px: float = 48.0
    min_light: float = 35.0
    min_sharpness: float = 0.10
    max_turn: float = 0.55


def measure_quality(face: Face, tile: np.ndarray) -> FaceQuality:
    """Measure one view.

    Args:
        face: in pixels of its frame.
        tile: its crop, uint8 (48, 48, 1).
    """
    grey = tile[..., 0]
    contrast = float(grey.std())
    # Relative to the contrast, so that a dim but sharp face does not count as blurred.
    edges = float(cv2.Laplacian(grey, cv2.CV_32F).std())
    return FaceQuality(
        size_px=min(face.width, face.height),
        light=float(grey.mean()),
        sharpness=edges / contrast if contrast > 1 else 0.0,
        turn=None if face.landmarks is None else _turn(face.landmarks),
    )


def doubts_about(quality: FaceQuality, limits: QualityLimits) -> tuple[Doubt, ...]:
    """What is too poor about a view, in `Doubt`'s order; empty when nothing is."""
    found = []
    if quality.size_px < limits.min_size_px:
        found.append(Doubt.TOO_SMALL)
    if quality.light < limits.min_light:
        found.append(Doubt.TOO_DARK)
    if quality.sharpness < limits.min_sharpness:
        found.append(Doubt.BLURRED)
    if quality.turn is not None and quality.turn > limits.max_turn:
        found.append(Doubt.TURNED_AWAY)
    return tuple(found)


def _turn(landmarks: np.ndarray) -> float:
    """How far the nose tip lies from the middle of the eyes, along the line through them, in eye distances."""
    left_eye, right_eye, nose = landmarks[:3].astype(np.float64)
    axis = right_eye - left_eye
    distance = float(np.hypot(*axis))
    if distance < 1:
        return float("inf")
    return abs(float((nose - (left_eye + right_eye) / 2) @ axis)) / distance**2
