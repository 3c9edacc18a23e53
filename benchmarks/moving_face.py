"""A face whose true place is known: the portrait's head goes there and back before a still background."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from benchmarks.scene import numbered
from fer_core.faces.detector import FaceDetector

WIDTH: Final = 640
HEIGHT: Final = 480
PER_S: Final = 30
PORTRAIT_FACE: Final = (224.0, 122.0, 86.0)
"""Centre x, centre y and width of the face in scikit-image's portrait, as YuNet sees it, in pixels."""
HEAD: Final = (95, 120)
"""Half width and half height of what is cut out around the face, in pixels of the portrait."""
FACE_WIDTH: Final = 100.0
ROW: Final = 190.0
"""Height of the face's centre in the frame."""
MARGIN: Final = 130.0
"""The face's centre turns round this far from the frame's sides."""
SETTLE_S: Final = 1.0
"""The first second of each lap is no measure: the face jumps where the camera's file begins again."""


@dataclass(frozen=True)
class Lap:
    """Frames in which the face moves at one speed.

    Attributes:
        widths_per_s: speed, in widths of the face a second.
        seconds: how long.
    """

    widths_per_s: float
    seconds: float

    @property
    def frames(self) -> int:
        """How many, at PER_S."""
        return round(self.seconds * PER_S)


LAPS: Final = (Lap(0.5, 9), Lap(1.0, 9), Lap(2.0, 9))

STILL: Final = (Lap(1.0, 2), Lap(2.0, 2))
STEP: Final = 7
"""One frame of STILL in so many is looked at to learn what a detector calls the face."""


def places(laps: tuple[Lap, ...] = LAPS) -> np.ndarray:
    """Where the face's centre is in each frame, float64 (frames,), pixels from the left; it turns round at once."""
    span = WIDTH - 2 * MARGIN
    step = np.concatenate([np.full(lap.frames, lap.widths_per_s * FACE_WIDTH / PER_S) for lap in laps])
    way = np.concatenate([[0.0], np.cumsum(step)[:-1]])
    return np.asarray(MARGIN + span - np.abs(span - way % (2 * span)))


def lap_of(number: int, laps: tuple[Lap, ...] = LAPS) -> Lap | None:
    """The lap that a frame is a measure of; None in a lap's first second, and beyond the last."""
    start = 0
    for lap in laps:
        if start <= number < start + lap.frames:
            return lap if number >= start + SETTLE_S * PER_S else None
        start += lap.frames
    return None


def frames(laps: tuple[Lap, ...] = LAPS, *, step: int = 1) -> Iterator[np.ndarray]:
    """Every `step`-th frame, uint8 (HEIGHT, WIDTH, 3) BGR, each with its number along the lower edge."""
    head, mask, background = _head(), _mask(), _background()
    centres = places(laps)
    for number in range(0, len(centres), step):
        x = centres[number]
        matrix = np.array([[1, 0, x - head.shape[1] / 2], [0, 1, ROW - head.shape[0] / 2]], np.float64)
        moved = cv2.warpAffine(head, matrix, (WIDTH, HEIGHT))
        share = cv2.warpAffine(mask, matrix, (WIDTH, HEIGHT))[..., None]
        yield numbered((moved * share + background * (1 - share)).round().astype(np.uint8), number)


def seen_face(detector: FaceDetector) -> np.ndarray:
    """What the detector gives on still frames: its box's centre less the true one, its width and height, (4,) pixels.

    What a detector calls a face need not lie around the centre that the drawing calls one; that is no error of what
    follows it.
    """
    found = []
    for x, frame in zip(places(STILL)[::STEP], frames(STILL, step=STEP), strict=True):
        faces = detector.detect(frame)
        if faces:
            left, top, right, bottom = faces[0].xyxy
            found.append([(left + right) / 2 - x, (top + bottom) / 2 - ROW, right - left, bottom - top])
    return np.asarray(np.median(found, axis=0))


def _portrait() -> np.ndarray:
    from skimage import data

    return np.asarray(cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR))


def _head() -> np.ndarray:
    (x, y, width), (half_w, half_h) = PORTRAIT_FACE, HEAD
    scale = FACE_WIDTH / width
    size = round(2 * half_w * scale), round(2 * half_h * scale)
    matrix = np.array([[scale, 0, size[0] / 2 - x * scale], [0, scale, size[1] / 2 - y * scale]], np.float64)
    return cv2.warpAffine(_portrait(), matrix, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


def _mask() -> np.ndarray:
    """An ellipse with a soft edge, float32 0 to 1."""
    height, width = _head().shape[:2]
    mask = np.zeros((height, width), np.float32)
    soft = width // 12
    cv2.ellipse(mask, (width // 2, height // 2), (width // 2 - 2 * soft, height // 2 - 2 * soft), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), soft / 2)


def _background() -> np.ndarray:
    """A wall with some texture, the same each time."""
    rng = np.random.default_rng(0)
    coarse = cv2.resize(rng.uniform(90, 150, (12, 16)), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(coarse[..., None] + rng.normal(0, 3, (HEIGHT, WIDTH, 3)), 0, 255)
