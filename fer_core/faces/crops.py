"""Frame and faces to a batch of tiles: the one preprocessing path, for live video, files and evaluation.

A network trained on FER2013 sees best what FER2013 shows. Measured by running the detectors on FER2013's own 48-pixel
images: where they put the box or the landmarks, in units of the tile's side. A crop reverses that, so that a live face
lies in its tile as FER2013's faces do; `tests/fer_core/faces/test_crops.py` measures that.
"""

from typing import Final

import cv2
import numpy as np

from fer_core.frames import checked_frame
from fer_core.results import Face

TILE: Final = 48
"""Side of a tile in pixels: FER2013's."""

MAX_WARP_SIDE: Final = 32_766
"""Longest side of a frame, in pixels, that OpenCV can warp."""

HAAR_SIDE_IN_TILE: Final = 0.97
"""Side of a Haar box on FER2013's tiles; its centre is the tile's."""

LANDMARKS_IN_TILE: Final = np.array(
    [(0.312, 0.380), (0.678, 0.382), (0.483, 0.596), (0.346, 0.748), (0.642, 0.751)], np.float32
)
"""Mean place of YuNet's landmarks in FER2013's tiles, in the order of `Face.landmarks`."""

FOUR_LANDMARKS_IN_TILE: Final = np.array([(0.315, 0.390), (0.685, 0.383), (0.498, 0.585), (0.502, 0.780)], np.float32)
"""The same of BlazeFace's, which has the mouth's middle."""

_MEANS: Final = {len(means): means for means in (LANDMARKS_IN_TILE, FOUR_LANDMARKS_IN_TILE)}

CROP_GEOMETRY: Final = "fer2013-v1"
"""Name of this geometry, written into model cards: a model belongs to the crops it was trained for."""


def crop_faces(frame_bgr: np.ndarray, faces: list[Face]) -> np.ndarray:
    """Cut each face out the way FER2013 frames its faces.

    With landmarks the face is turned upright and fitted to FER2013's mean landmarks by least squares; without, its box
    is. Beyond the frame's border the last pixels are repeated; nothing is letterboxed or squeezed.

    Args:
        frame_bgr: uint8 (height, width, 3); not modified.
        faces: in pixels of the frame.

    Returns:
        uint8 (n, 48, 48, 1), grey values 0-255; (0, 48, 48, 1) without faces.

    Raises:
        InputError: the frame has another type or shape; a `ValueError`.
    """
    frame_bgr = checked_frame(frame_bgr)
    if not faces:
        return np.empty((0, TILE, TILE, 1), np.uint8)
    grey = cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2GRAY)
    return np.stack([_cut(grey, tile_to_frame(face)) for face in faces])[..., None]


def tile_to_frame(face: Face) -> np.ndarray:
    """The similarity that takes tile coordinates (0-1) to pixels of the frame.

    Returns:
        float64 (2, 3): scale and rotation beside the tile's left upper corner.
    """
    if face.landmarks is not None:
        return fit_similarity(_MEANS[len(face.landmarks)], face.landmarks)
    side = float(np.sqrt(face.width * face.height)) / HAAR_SIDE_IN_TILE
    # Its tile stands upright, however the frame lies: the tile's axes are the frame's, turned back.
    cos, sin = ((1, 0), (0, -1), (-1, 0), (0, 1))[face.quarter_turns % 4]
    turn = side * np.array([[cos, -sin], [sin, cos]], np.float64)
    corner = np.array(face.centre) - turn @ (0.5, 0.5)
    return np.hstack([turn, corner[:, None]])


def fit_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The rotation, uniform scale and shift that takes `source` nearest to `target` in the least-squares sense.

    Solved in closed form with points as complex numbers (no mirroring is possible): t = a s + b.

    Args:
        source: (n, 2), at least two distinct points.
        target: (n, 2).

    Returns:
        float64 (2, 3).
    """
    s = source[:, 0].astype(np.float64) + 1j * source[:, 1]
    t = target[:, 0].astype(np.float64) + 1j * target[:, 1]
    s_mean, t_mean = s.mean(), t.mean()
    spread = np.sum(np.abs(s - s_mean) ** 2)
    a = np.sum((t - t_mean) * np.conj(s - s_mean)) / spread
    b = t_mean - a * s_mean
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def _cut(grey: np.ndarray, to_frame: np.ndarray) -> np.ndarray:
    """Warp one tile out of a grey frame, averaging where the face is larger than the tile."""
    side = float(np.hypot(to_frame[0, 0], to_frame[1, 0]))
    # A warp reads four pixels for each of its own; for a larger face it would skip the rest. So it goes to a multiple
    # of the tile's side first and is averaged down.
    factor = int(np.clip(np.ceil(side / TILE), 1, 8))
    size = TILE * factor
    matrix = to_frame.copy()
    matrix[:, :2] /= size
    # Pixel centres: the middle of pixel (0, 0) is at (0.5, 0.5) of the plane, in the tile and in the frame.
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5
    if max(grey.shape) > MAX_WARP_SIDE:
        grey, matrix = _around_tile(grey, matrix, size)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    tile = cv2.warpAffine(grey, matrix, (size, size), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return tile if factor == 1 else cv2.resize(tile, (TILE, TILE), interpolation=cv2.INTER_AREA)


def _around_tile(grey: np.ndarray, matrix: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The part of a frame that a tile needs, and the matrix for it; beyond the frame's border nothing changes."""
    corners = np.array([(x, y, 1) for x in (0, size) for y in (0, size)]) @ matrix.T
    limit = np.array(grey.shape[::-1]) - 1
    left, top = (int(v) for v in np.clip(np.floor(corners.min(axis=0)) - 2, 0, limit))
    right, bottom = (int(v) for v in np.clip(np.ceil(corners.max(axis=0)) + 2, 0, limit))
    moved = matrix.copy()
    moved[:, 2] -= left, top
    return np.ascontiguousarray(grey[top : bottom + 1, left : right + 1]), moved
