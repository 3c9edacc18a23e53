"""Carry faces from frame to frame by optical flow, so that the detector need not look at every frame."""

from dataclasses import replace

import cv2
import numpy as np

from fer_core.faces.crops import fit_similarity
from fer_core.faces.detector import shrink
from fer_core.results import Face

FLOW_WIDTH = 320
"""Width in pixels at which motion is measured; it need not be the detector's."""
MIN_POINTS_SHARE = 0.6
MAX_ROUND_TRIP_PX = 1.0
STOP_AT = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 10, 0.03)


class FaceFollower:
    """Moves known faces along with pyramidal Lucas-Kanade flow (Bouguet, 2001). Belongs to one thread."""

    def __init__(self) -> None:
        self._grey: np.ndarray | None = None
        self._shape: tuple[int, ...] = ()
        self._faces: list[Face] = []

    def start(self, frame_bgr: np.ndarray, faces: list[Face]) -> None:
        """Follow the faces that a detector found in a frame.

        Args:
            frame_bgr: uint8 (height, width, 3); not modified.
            faces: in pixels of the frame.
        """
        self._grey, _ = _small_grey(frame_bgr)
        self._shape = frame_bgr.shape
        self._faces = faces

    def follow(self, frame_bgr: np.ndarray) -> list[Face] | None:
        """Find the same faces in the next frame.

        Args:
            frame_bgr: uint8 (height, width, 3); not modified.

        Returns:
            The faces in pixels of this frame, in the order of `start`. None when one of them was lost, or the frame
            has another size: then the detector must look.
        """
        if self._grey is None or frame_bgr.shape != self._shape:
            return None
        grey, scale = _small_grey(frame_bgr)
        moved = [_follow_face(self._grey, grey, face, scale) for face in self._faces]
        faces = [face for face in moved if face is not None]
        if len(faces) < len(moved):
            return None
        self._grey, self._faces = grey, faces
        return faces


def _small_grey(frame_bgr: np.ndarray) -> tuple[np.ndarray, float]:
    small, scale = shrink(frame_bgr, FLOW_WIDTH)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), scale


def _follow_face(before: np.ndarray, after: np.ndarray, face: Face, scale: float) -> Face | None:
    """One face's motion as a similarity, fitted to a grid of points whose way there and back agrees."""
    points = (_grid(face) / scale).astype(np.float32)
    there, found = _flow(before, after, points)
    back, found_back = _flow(after, before, there)
    good = found & found_back & (np.hypot(*(back - points).T) < MAX_ROUND_TRIP_PX)
    if good.mean() < MIN_POINTS_SHARE:
        return None
    motion = _robust_similarity(points[good] * scale, there[good] * scale)
    growth = float(np.hypot(motion[0, 0], motion[1, 0]))
    if not 0.8 < growth < 1.25:
        return None
    centre_x, centre_y = motion[:, :2] @ np.array(face.centre) + motion[:, 2]
    half_w, half_h = face.width * growth / 2, face.height * growth / 2
    landmarks = None if face.landmarks is None else (face.landmarks @ motion[:, :2].T + motion[:, 2]).astype(np.float32)
    x, y = float(centre_x), float(centre_y)
    return replace(face, xyxy=(x - half_w, y - half_h, x + half_w, y + half_h), landmarks=landmarks)


def _flow(before: np.ndarray, after: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where points went, float32 (n, 2), and whether they were found, bool (n,)."""
    moved = points.copy()
    moved, status, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, moved, winSize=(13, 13), maxLevel=2, criteria=STOP_AT
    )
    return np.asarray(moved), np.asarray(status).ravel() == 1


def _grid(face: Face) -> np.ndarray:
    """float32 (25, 2): points over the inner part of the box, where there is face and no background."""
    shares = np.linspace(0.2, 0.8, 5)
    xs, ys = face.xyxy[0] + shares * face.width, face.xyxy[1] + shares * face.height
    return np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2).astype(np.float32)


def _robust_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Fit, leave out the worst third (a moving mouth or hand), fit again."""
    motion = fit_similarity(source, target)
    residuals = np.hypot(*(source @ motion[:, :2].T + motion[:, 2] - target).T)
    best = residuals <= np.quantile(residuals, 0.67)
    return fit_similarity(source[best], target[best])
