"""FER2013's tiles pasted into larger frames, so that a detector meets them as it meets a face before a webcam.

A tile shows little more than the face: cut out hard, its edge would be the strongest line in the frame. So the tile is
continued outwards by its border's pixels, ever more blurred, and that margin fades into the background. Mirroring the
tile outwards instead would put second eyes and mouths beside the first. Within the tile nothing is blended.

The true place is known exactly, as the similarity that takes tile coordinates (0-1) to pixels of the frame, which is
what `fer_core.faces.crops.tile_to_frame` gives for a detected face.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

FRAME_WH: Final = (640, 480)
MARGIN: Final = 0.5
"""How far a tile is continued on each side, in units of its side."""
_FINE: Final = 384
"""Side in pixels at which a tile is drawn before it is averaged down to the frame's pixels."""
MAX_TILT_DEG: Final = 10.0


@dataclass(frozen=True)
class Placement:
    """Where a tile goes.

    Attributes:
        centre: of the tile, (x, y) in pixels of the frame.
        side: of the tile, in pixels of the frame.
        tilt_deg: how far it is turned, clockwise as the picture shows it.
    """

    centre: tuple[float, float]
    side: float
    tilt_deg: float

    def tile_to_frame(self) -> np.ndarray:
        """float64 (2, 3): takes tile coordinates (0-1) to pixels of the frame."""
        angle = np.deg2rad(self.tilt_deg)
        a, b = self.side * np.cos(angle), self.side * np.sin(angle)
        matrix = np.array([[a, -b, 0.0], [b, a, 0.0]])
        matrix[:, 2] = np.array(self.centre) - matrix[:, :2] @ (0.5, 0.5)
        return matrix


def random_placement(side: float, rng: np.random.Generator, *, frame_wh: tuple[int, int] = FRAME_WH) -> Placement:
    """A place in the frame, the tile wholly inside even when turned, and a tilt of at most MAX_TILT_DEG.

    Raises:
        ValueError: the turned tile is larger than the frame.
    """
    tilt = float(rng.uniform(-MAX_TILT_DEG, MAX_TILT_DEG))
    half = side * (np.cos(np.deg2rad(abs(tilt))) + np.sin(np.deg2rad(abs(tilt)))) / 2
    if 2 * half > min(frame_wh):
        raise ValueError(f"side must leave the turned tile inside {frame_wh}, got {side} at {tilt:.1f} degrees")
    x, y = (float(rng.uniform(half, size - half)) for size in frame_wh)
    return Placement((x, y), side, tilt)


def paste(tile: np.ndarray, background_bgr: np.ndarray, place: Placement) -> np.ndarray:
    """The background with the tile in it, as a camera would see it: each pixel is the mean over its area.

    Args:
        tile: uint8 (48, 48), grey values 0-255; not modified.
        background_bgr: uint8 (height, width, 3); not modified.
        place: see `Placement`.

    Returns:
        uint8, of the background's shape.
    """
    scene, opacity = continued(sharpened(tile))
    matrix = place.tile_to_frame()
    reach = (0.5 + MARGIN) * place.side * np.sqrt(2)
    height, width = background_bgr.shape[:2]
    centre_x, centre_y = place.centre
    left, top = max(0, int(centre_x - reach)), max(0, int(centre_y - reach))
    right, bottom = min(width, int(centre_x + reach) + 1), min(height, int(centre_y + reach) + 1)
    fine = max(1, int(np.ceil(_FINE / place.side)))
    # Pixel centres: the middle of pixel (0, 0) is at (0.5, 0.5) of the plane, in the scene and in the frame.
    pad = (len(scene) - len(tile)) // 2
    matrix[:, :2] /= len(tile)
    matrix[:, 2] += matrix[:, :2] @ (0.5 - pad, 0.5 - pad) - (left, top)
    matrix *= fine
    matrix[:, 2] -= 0.5
    window_wh = (right - left, bottom - top)
    fine_wh = (window_wh[0] * fine, window_wh[1] * fine)
    drawn = cv2.warpAffine(np.dstack([scene, opacity]), matrix, fine_wh, flags=cv2.INTER_CUBIC)
    face, alpha = cv2.split(cv2.resize(drawn, window_wh, interpolation=cv2.INTER_AREA))
    alpha = np.clip(alpha, 0, 1)[..., None]
    frame = background_bgr.copy()
    window = frame[top:bottom, left:right]
    window[:] = np.clip(np.rint(alpha * face[..., None] + (1 - alpha) * window), 0, 255)
    return frame


def sharpened(tile: np.ndarray) -> np.ndarray:
    """The tile whose enlargement, averaged down again, is the tile: what a camera nearer by would have had to see.

    Without this, enlarging by interpolation and averaging down would blur: a loss of the benchmark, not of the route.

    Returns:
        float32 (48, 48).
    """
    target = tile.astype(np.float32)
    found = target.copy()
    large_wh, tile_wh = (len(tile) * 8,) * 2, (len(tile),) * 2
    for _ in range(6):
        large = cv2.resize(found, large_wh, interpolation=cv2.INTER_CUBIC)
        again = cv2.resize(large, tile_wh, interpolation=cv2.INTER_AREA)
        found += target - again
    return found


def continued(tile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A tile with its margin, and how opaque that is.

    Returns:
        float32 (2 * MARGIN + 1 times the side) squared; and float32 of the same shape, 0-1: 1 within the tile and
        close to it, falling to 0 at the outer edge.
    """
    side = len(tile)
    pad = round(MARGIN * side)
    scene = cv2.copyMakeBorder(tile.astype(np.float32), pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    inside = np.zeros(scene.shape, np.uint8)
    inside[pad : pad + side, pad : pad + side] = 1
    outwards = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE) / pad
    plain = scene
    for start, sigma in ((0.0, side / 32), (0.15, side / 16), (0.35, side / 8)):
        share = np.clip((outwards - start) / 0.2, 0, 1)
        scene = (1 - share) * scene + share * cv2.GaussianBlur(plain, (0, 0), sigma)
    opacity = np.clip((1 - outwards) / 0.7, 0, 1)  # the first third of the margin is all the tile's
    return scene.astype(np.float32), opacity.astype(np.float32)


def backgrounds(count: int, *, seed: int, frames: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """`count` frames without a face: drawn ones, and the given ones in turn with them.

    A drawn one is a smooth gradient between four colours, with soft blotches and the noise of a camera.

    Args:
        count: how many.
        seed: of the drawn ones.
        frames: uint8 (height, width, 3), scaled to FRAME_WH.
    """
    rng = np.random.default_rng(seed)
    given = [cv2.resize(frame, FRAME_WH, interpolation=cv2.INTER_AREA) for frame in frames]
    return [given[i // 2 % len(given)] if given and i % 2 else _drawn(rng) for i in range(count)]


def _drawn(rng: np.random.Generator) -> np.ndarray:
    # Rooms are grey with a little colour.
    corners = rng.uniform(40, 210, (2, 2, 1)) + rng.normal(0, 15, (2, 2, 3))
    blotches = rng.normal(0, 15, (6, 8, 1)) + rng.normal(0, 5, (6, 8, 3))
    canvas = cv2.resize(corners, FRAME_WH, interpolation=cv2.INTER_LINEAR)
    canvas = canvas + cv2.resize(blotches, FRAME_WH, interpolation=cv2.INTER_CUBIC)
    canvas = canvas + rng.normal(0, 4, canvas.shape)
    frame: np.ndarray = np.clip(np.rint(canvas), 0, 255).astype(np.uint8)
    return frame
