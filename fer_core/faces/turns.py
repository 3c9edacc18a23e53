"""Find the faces of a picture that lies on its side or stands on its head and does not say so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from fer_core.faces.detector import FaceDetector, largest_first
from fer_core.results import Face

LONGEST_PX: Final = 1920
"""Longer sides are shrunk before turning: detectors look at less, and a large picture is not copied three times."""
MIN_SCORES: Final[Mapping[str, float]] = {"blazeface": 0.75, "yunet": 0.8, "haar": 0.62}
"""By detector, of a face in a turned picture; surer than usual, as three more looks find more that is no face."""
MIN_GAIN, MIN_MEAN_GAIN = 0.05, 0.02
"""By how much a turn's scores must be better in sum and on average. YuNet sees some faces that lie on their side, less
surely and with eyes and mouth in wrong places, so that finding somebody does not mean that a picture is upright.
"""
TRIED: Final = (1, 3, 2)
_ROTATIONS: Final = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


def find_turned(detector: FaceDetector, frame_bgr: np.ndarray, faces: list[Face]) -> list[Face]:
    """The faces of the turn in which the detector is clearly surest, in pixels of the frame as it is, largest first.

    Args:
        detector: looks three more times.
        frame_bgr: uint8 (height, width, 3); not modified.
        faces: those found in the frame as it is.

    Returns:
        Faces with their `quarter_turns`; `faces` when no turn is better.
    """
    scale = max(1.0, max(frame_bgr.shape[:2]) / LONGEST_PX)
    height, width = (max(1, round(side / scale)) for side in frame_bgr.shape[:2])
    small = frame_bgr if scale == 1 else cv2.resize(frame_bgr, (width, height), interpolation=cv2.INTER_AREA)
    best: list[Face] = []
    for turns in TRIED:
        looked = detector.detect(cv2.rotate(small, _ROTATIONS[turns]))
        found = [_turned_back(face, turns, width, height) for face in looked if face.score >= MIN_SCORES[detector.name]]
        if _sum(found) > _sum(best):
            best = found
    is_better = _sum(best) > _sum(faces) + MIN_GAIN and _mean(best) > _mean(faces) + MIN_MEAN_GAIN
    return largest_first([_scaled(face, scale) for face in best]) if is_better else faces


def _sum(faces: list[Face]) -> float:
    return sum(face.score for face in faces)


def _mean(faces: list[Face]) -> float:
    return _sum(faces) / len(faces) if faces else 0.0


def turned_back(points: np.ndarray, quarter_turns: int, width: int, height: int) -> np.ndarray:
    """Points of a turned frame in the frame before it was turned.

    Args:
        points: (n, 2) as x, y in pixels.
        quarter_turns: clockwise, 0-3.
        width: of the frame before it was turned, in pixels.
        height: likewise.

    Returns:
        float32 (n, 2).
    """
    x, y = points[:, 0], points[:, 1]
    places = {0: (x, y), 1: (y, height - x), 2: (width - x, height - y), 3: (width - y, x)}
    return np.stack(places[quarter_turns % 4], axis=1).astype(np.float32)


def _turned_back(face: Face, turns: int, width: int, height: int) -> Face:
    left, top, right, bottom = face.xyxy
    corners = turned_back(np.array([(left, top), (right, bottom)]), turns, width, height).astype(float)
    (x0, y0), (x1, y1) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    landmarks = None if face.landmarks is None else turned_back(face.landmarks, turns, width, height)
    return replace(face, xyxy=(x0, y0, x1, y1), landmarks=landmarks, quarter_turns=turns)


def _scaled(face: Face, scale: float) -> Face:
    left, top, right, bottom = (side * scale for side in face.xyxy)
    landmarks = None if face.landmarks is None else (face.landmarks * scale).astype(np.float32)
    return replace(face, xyxy=(left, top, right, bottom), landmarks=landmarks)
