"""Face detectors behind one protocol: YuNet where its file is there, Haar otherwise.

Each looks at a copy of the frame scaled to its own width and answers in pixels of the whole frame. OpenCV's detectors
keep state between calls, so each worker makes its own.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, Literal, Protocol, runtime_checkable

import cv2
import numpy as np

from fer_core.errors import DetectorError
from fer_core.frames import checked_frame
from fer_core.paths import SHIPPED_MODELS, home
from fer_core.results import Face

YUNET_WIDTH: Final = 480
"""Width in pixels at which YuNet looks for faces: wide enough for small ones, which 320 loses (docs/decisions.md)."""
CASCADE_MIDDLE: Final = 55.0
"""Stage sum that gets a score of 0.5: false faces have 54.5 to 55.3, real ones 55 to 58."""
MAX_CANDIDATES: Final = 5000
"""Boxes that YuNet proposes at most, several for each face; with a hundred, faces of a crowd would be missed."""
HAAR_WIDTH: Final = 320
"""Width in pixels at which Haar looks: 480 takes twice as long, and finds more faces only among the small ones."""

NEAR_SIDE: Final = 160
"""Width and height in pixels at which YuNet looks for a known face: a fifth of the time of a frame of 480 x 270."""
NEAR_REGION: Final = 2.2
"""Side of the square around a known face, in longer sides of its box."""
NEAR_FACES: Final = 3
"""For more, the whole frame is looked at."""
NEAR_MOVED: Final = 0.6
"""Farthest that a known face may have moved, in longer sides of its box; else it is not the same for certain."""

TALLEST: Final = 6
"""Height over width up to which a frame is searched in full width; a phone held upright has 2.2 at most."""

DetectorName = Literal["yunet", "haar"]


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


class YuNetDetector:
    """YuNet (Wu et al., 2023, doi:10.1007/s11633-023-1423-y) through OpenCV's FaceDetectorYN, with five landmarks."""

    name: DetectorName = "yunet"

    def __init__(self, model_path: Path, *, min_score: float = 0.7, width: int = YUNET_WIDTH) -> None:
        """Load the network.

        Args:
            model_path: YuNet's ONNX file.
            min_score: faces below it are left out, 0-1.
            width: in pixels, to which wider frames are scaled down before the search.

        Raises:
            DetectorError: the file is missing or OpenCV cannot read it.
        """
        self._width = width
        if not model_path.is_file():
            raise DetectorError(f"No YuNet file at {model_path}. Run: python -m fer_core fetch-detector, or use Haar.")
        try:
            # Its bytes, as OpenCV crashes on a name that is not UTF-8.
            network, no_settings = np.fromfile(model_path, np.uint8), np.empty(0, np.uint8)
            size_wh = (width, width)
            self._net = cv2.FaceDetectorYN.create("onnx", network, no_settings, size_wh, min_score, 0.3, MAX_CANDIDATES)
            self._net.setInputSize((width, width))
            self._net.detect(np.zeros((width, width, 3), np.uint8))
            # Another one for known faces, as each change of the size takes the time of a search.
            size_wh = (NEAR_SIDE, NEAR_SIDE)
            self._near = cv2.FaceDetectorYN.create(
                "onnx", network, no_settings, size_wh, min_score, 0.3, MAX_CANDIDATES
            )
        except cv2.error as error:
            raise DetectorError(
                f"{model_path} is not a YuNet network that OpenCV {cv2.__version__} can run. "
                "Delete it and run: python -m fer_core fetch-detector"
            ) from error

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        """Find faces with their five landmarks.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.

        Returns:
            Faces with a score of at least `min_score`, 0-1, and float32 (5, 2) landmarks, in pixels of `frame_bgr`,
            largest first; empty when there is none.

        Raises:
            InputError: the frame has another type or shape; a `ValueError`.
        """
        small, scale = shrink(checked_frame(frame_bgr), self._width)
        height, width = small.shape[:2]
        if min(height, width) <= 32:
            # At a single row or column of its 32-pixel cells OpenCV 4.14 answers from memory that it never wrote.
            small = cv2.copyMakeBorder(small, 0, max(0, 64 - height), 0, max(0, 64 - width), cv2.BORDER_CONSTANT)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._net.detect(small)
        faces = [_face_from_yunet_row(row, scale) for row in (rows if rows is not None else ())]
        return largest_first(faces)

    def detect_near(self, frame_bgr: np.ndarray, faces: Sequence[Face]) -> list[Face] | None:
        """Find known faces again, see `LooksNear`.

        Raises:
            InputError: the frame has another type or shape; a `ValueError`.
        """
        frame_bgr = checked_frame(frame_bgr)
        if not 0 < len(faces) <= NEAR_FACES:
            return None
        found: list[Face] = []
        for face in faces:
            again = self._look_near(frame_bgr, face)
            if again is None or any(_distance(again, other) < NEAR_MOVED for other in found):
                return None
            found.append(again)
        return largest_first(found)

    def _look_near(self, frame_bgr: np.ndarray, face: Face) -> Face | None:
        """The face that is nearest to where this one was; None where there is none near."""
        side = NEAR_REGION * max(face.width, face.height)
        left, top = (round(middle - side / 2) for middle in face.centre)
        right, bottom = left + round(side), top + round(side)
        height, width = frame_bgr.shape[:2]
        x0, y0 = max(0, left), max(0, top)
        part = frame_bgr[y0 : min(height, bottom), x0 : min(width, right)]
        scale = max(1.0, side / NEAR_SIDE)
        size = int(part.shape[1] / scale), int(part.shape[0] / scale)
        if min(size) <= 0:
            return None
        canvas = np.zeros((NEAR_SIDE, NEAR_SIDE, 3), np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(part, size, interpolation=cv2.INTER_AREA) if scale > 1 else part
        _, rows = self._near.detect(canvas)
        seen = [_moved(_face_from_yunet_row(row, scale), x0, y0) for row in (rows if rows is not None else ())]
        nearest = min(seen, key=lambda one: _distance(one, face), default=None)
        return nearest if nearest is not None and _distance(nearest, face) < NEAR_MOVED else None


class HaarDetector:
    """OpenCV's frontal-face cascade (Viola & Jones, 2001): no file to fetch, no landmarks, frontal faces only."""

    name: DetectorName = "haar"

    def __init__(self, *, width: int = HAAR_WIDTH) -> None:
        """Load the cascade that comes with OpenCV 4.

        Args:
            width: in pixels, to which wider frames are scaled down before the search.

        Raises:
            DetectorError: this OpenCV has no cascades (version 5 dropped them).
        """
        self._width = width
        path = Path(cv2.__file__).with_name("data") / "haarcascade_frontalface_alt2.xml"  # as cv2.data.haarcascades
        if not hasattr(cv2, "CascadeClassifier") or not path.is_file():
            raise DetectorError(
                f"OpenCV {cv2.__version__} has no Haar cascades. Install opencv-python-headless>=4.14,<5, or use YuNet."
            )
        self._cascade = cv2.CascadeClassifier(str(path))

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        """Find faces, without landmarks.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.

        Returns:
            Square boxes in pixels of `frame_bgr`, largest first; empty when there is none. A score, 0-1, orders them
            and is no probability.

        Raises:
            InputError: the frame has another type or shape; a `ValueError`.
        """
        small, scale = shrink(checked_frame(frame_bgr), self._width)
        grey = cv2.equalizeHist(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
        boxes, _, weights = self._cascade.detectMultiScale3(
            grey, scaleFactor=1.15, minNeighbors=4, minSize=(24, 24), outputRejectLevels=True
        )
        faces = [
            Face(xyxy=(x * scale, y * scale, (x + w) * scale, (y + h) * scale), score=_cascade_score(weight))
            for (x, y, w, h), weight in zip(np.asarray(boxes).tolist(), weights, strict=True)
        ]
        return largest_first(faces)


def build_detector(name: DetectorName | None = None) -> FaceDetector:
    """The detector of that name; with None, YuNet where its file is there and Haar otherwise.

    Raises:
        DetectorError: there is none of that name, or it cannot be used on this machine.
    """
    if name not in (None, "yunet", "haar"):
        raise DetectorError(f"There is no face detector named {name!r}. Choose yunet, haar or None.")
    path = yunet_path()
    if name == "yunet" or (name is None and path is not None):
        return YuNetDetector(path or SHIPPED_MODELS / "face_detection_yunet_2023mar.onnx")
    return HaarDetector()


def yunet_path() -> Path | None:
    """YuNet's file: `FER_YUNET`, or the newest face_detection_yunet*.onnx among the models; None without one."""
    chosen = os.environ.get("FER_YUNET")
    if chosen:
        return Path(chosen)
    for folder in (home() / "models", SHIPPED_MODELS):
        found = sorted(folder.glob("face_detection_yunet*.onnx"))
        if found:
            return found[-1]
    return None


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


def _moved(face: Face, x: float, y: float) -> Face:
    left, top, right, bottom = face.xyxy
    points = None if face.landmarks is None else face.landmarks + np.array((x, y), np.float32)
    return replace(face, xyxy=(left + x, top + y, right + x, bottom + y), landmarks=points)


def _distance(one: Face, other: Face) -> float:
    """Between the middles, in longer sides of the other's box."""
    (x, y), (other_x, other_y) = one.centre, other.centre
    return float(np.hypot(x - other_x, y - other_y)) / max(other.width, other.height)


def _face_from_yunet_row(row: np.ndarray, scale: float) -> Face:
    """YuNet's row: left, top, width, height, five (x, y), score.

    Its points are named from the person's side: right eye, left eye, nose, right and left corner of the mouth. The
    person's right is the picture's left, so this is already the order of `Face.landmarks`.
    """
    left, top, width, height = (float(v) * scale for v in row[:4])
    return Face(
        xyxy=(left, top, left + width, top + height),
        score=float(row[14]),
        landmarks=(row[4:14].reshape(5, 2) * scale).astype(np.float32),
    )


def _cascade_score(weight: float) -> float:
    """The cascade's last stage sum squeezed into 0-1; it orders boxes, it is no probability."""
    return float(1 / (1 + np.exp(CASCADE_MIDDLE - weight)))
