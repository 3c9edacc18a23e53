"""The detectors that OpenCV runs, YuNet and Haar, and the choice of the best one that is there.

Each looks at a copy of the frame scaled to its own width and answers in pixels of the whole frame. All detectors keep
state between calls, so each worker makes its own.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

import cv2
import numpy as np

from fer_core.errors import DetectorError
from fer_core.faces.blazeface import BlazeFaceDetector, blazeface_folder
from fer_core.faces.protocol import DetectorName, FaceDetector, LooksNear, find_again, largest_first, shrink
from fer_core.frames import checked_frame
from fer_core.paths import SHIPPED_MODELS, home
from fer_core.results import Face

__all__ = [
    "DetectorName",
    "FaceDetector",
    "HaarDetector",
    "LooksNear",
    "YuNetDetector",
    "build_detector",
    "detectors_here",
    "largest_first",
    "shrink",
    "yunet_path",
]

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
        return find_again(faces, lambda face: self._look_near(frame_bgr, face))

    def _look_near(self, frame_bgr: np.ndarray, face: Face) -> list[Face]:
        """The faces around the place where this one was."""
        side = NEAR_REGION * max(face.width, face.height)
        left, top = (round(middle - side / 2) for middle in face.centre)
        right, bottom = left + round(side), top + round(side)
        height, width = frame_bgr.shape[:2]
        x0, y0 = max(0, left), max(0, top)
        part = frame_bgr[y0 : min(height, bottom), x0 : min(width, right)]
        scale = max(1.0, side / NEAR_SIDE)
        size = int(part.shape[1] / scale), int(part.shape[0] / scale)
        if min(size) <= 0:
            return []
        canvas = np.zeros((NEAR_SIDE, NEAR_SIDE, 3), np.uint8)
        canvas[: size[1], : size[0]] = cv2.resize(part, size, interpolation=cv2.INTER_AREA) if scale > 1 else part
        _, rows = self._near.detect(canvas)
        return [_moved(_face_from_yunet_row(row, scale), x0, y0) for row in (rows if rows is not None else ())]


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
    """The detector of that name; with None, the first of `detectors_here`.

    Raises:
        DetectorError: there is none of that name, or it cannot be used on this machine.
    """
    if name not in (None, *get_args(DetectorName)):
        raise DetectorError(f"There is no face detector named {name!r}. Choose blazeface, yunet, haar or None.")
    if name is None:
        name = detectors_here()[0]
    if name == "blazeface":
        return BlazeFaceDetector(blazeface_folder() or SHIPPED_MODELS)
    if name == "yunet":
        return YuNetDetector(yunet_path() or SHIPPED_MODELS / "face_detection_yunet_2023mar.onnx")
    return HaarDetector()


def detectors_here() -> list[DetectorName]:
    """The detectors whose files are there, the best first; a file that `FER_YUNET` names goes before all others."""
    here: list[DetectorName] = ["haar"]
    if yunet_path() is not None:
        here.insert(0, "yunet")
    if blazeface_folder() is not None:
        here.insert(1 if os.environ.get("FER_YUNET") else 0, "blazeface")
    return here


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


def _moved(face: Face, x: float, y: float) -> Face:
    left, top, right, bottom = face.xyxy
    points = None if face.landmarks is None else face.landmarks + np.array((x, y), np.float32)
    return replace(face, xyxy=(left + x, top + y, right + x, bottom + y), landmarks=points)


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
