"""What every face detector is and shares: its interface, the frame made smaller, and known faces looked for again."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol, runtime_checkable

import cv2
import numpy as np

from fer_core.results import Face

DetectorName = Literal["blazeface", "yunet", "haar"]

TALLEST: Final = 6
"""Height over width up to which a frame is searched in full width; a phone held upright has 2.2 at most."""

NEAR_FACES: Final = 3
"""For more, the whole frame is looked at."""
NEAR_MOVED: Final = 0.6
"""Farthest that a known face may have moved, in longer sides of its box; else it is not the same for certain."""


class FaceDetector(Protocol):
    """Anything that finds faces in a frame."""

    name: DetectorName

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        """Find faces.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.

        Returns:
            Faces in pixels of `frame_bgr`, largest first; empty when there is none.

        Raises:
            InputError: the frame has another type or shape; a `ValueError`.
        """
        ...


@runtime_checkable
class LooksNear(Protocol):
    """A detector that can look again for faces where they were, which takes a fraction of the time."""

    def detect_near(self, frame_bgr: np.ndarray, faces: Sequence[Face]) -> list[Face] | None:
        """Find known faces again; others are not looked for.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.
            faces: where they were a moment ago, in pixels of the frame.

        Returns:
            As `detect` does, each of them once; None where one was not found, or where looking at the whole frame is
            no slower.
        """
        ...


def find_again(faces: Sequence[Face], look: Callable[[Face], list[Face]]) -> list[Face] | None:
    """Each known face as the one that is now nearest to its place.

    Args:
        faces: where they were a moment ago, in pixels of the frame.
        look: finds the faces around such a place, in pixels of the frame.

    Returns:
        As `LooksNear.detect_near` does.
    """
    if not 0 < len(faces) <= NEAR_FACES:
        return None
    found: list[Face] = []
    for face in faces:
        distances = [(_distance(seen, face), seen) for seen in look(face)]
        moved, again = min(distances, key=lambda pair: pair[0], default=(np.inf, None))
        if again is None or moved >= NEAR_MOVED or any(_distance(again, other) < NEAR_MOVED for other in found):
            return None
        found.append(again)
    return largest_first(found)


def shrink(frame: np.ndarray, width: int) -> tuple[np.ndarray, float]:
    """The frame at most `width` pixels wide, and the factor from its pixels back to the frame's (at least 1).

    A frame that is more than `TALLEST` times as high as wide is made narrower still: its memory must have a bound.
    """
    height_now, width_now = frame.shape[:2]
    scale = max(width_now / width, height_now / (TALLEST * width))
    if scale <= 1:
        return frame, 1.0
    size = max(1, round(width_now / scale)), max(1, round(height_now / scale))
    # Linear interpolation misses pixels at large factors; area averaging costs the same here and does not.
    return cv2.resize(frame, size, interpolation=cv2.INTER_AREA), scale


def largest_first(faces: list[Face]) -> list[Face]:
    """Sorted by area, so that face 1 is the one in front."""
    return sorted(faces, key=lambda face: face.width * face.height, reverse=True)


def _distance(one: Face, other: Face) -> float:
    """Between the middles, in longer sides of the other's box."""
    (x, y), (other_x, other_y) = one.centre, other.centre
    return float(np.hypot(x - other_x, y - other_y)) / max(other.width, other.height)
