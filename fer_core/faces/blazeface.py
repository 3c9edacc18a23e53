"""BlazeFace, Google's face detector for MediaPipe, in LiteRT: one network finds faces, a second one confirms each.

Bazarevsky et al., 2019 (arXiv:1907.05047), Apache License 2.0. The networks are single-shot detectors: for each
anchor, a fixed place in a square picture, they say how surely there is a face, how its box lies to the anchor, and six
points.

- The finder (MediaPipe's for rear cameras) sees the whole frame at 256 x 256. Asked for much, it finds small faces, and
  much that is none.
- The confirmer (short range) sees a square around each find at 128 x 128, so that a small face is as good as a large
  one. What it does not confirm is no face; box and points are its own. A known face needs the confirmer alone.

`fer_core.faces.fetch` fetches the files. The figures behind the numbers here are in docs/decisions.md.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import cv2
import numpy as np

from fer_core.errors import DetectorError
from fer_core.faces.protocol import DetectorName, find_again, largest_first
from fer_core.frames import checked_frame
from fer_core.paths import SHIPPED_MODELS, home
from fer_core.results import Face


@dataclass(frozen=True)
class NetworkFile:
    """One network.

    Attributes:
        name: of its file.
        sha256: hex digest of the only right content.
        side: of its input in pixels.
        cells: for each grid of anchors its cells along a side, and how many anchors lie in the middle of each.
    """

    name: str
    sha256: str
    side: int
    cells: tuple[tuple[int, int], ...]


FINDER: Final = NetworkFile(
    "blazeface_back.tflite",
    "e376cf6b168d5ece8a3cedb94acc4eb168a136aede125ccc3d903ef38f5beda8",
    256,
    ((16, 2), (8, 6)),
)
CONFIRMER: Final = NetworkFile(
    "blazeface_short_range.tflite",
    "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    128,
    ((16, 2), (8, 6)),
)

FINDER_SCORE: Final = 0.2
"""Of finds that the confirmer is asked about; on its own, the finder needs 0.5 and has three times the strays."""
MIN_SCORE: Final = 0.65
"""Of the confirmer, for a face."""
MAX_FINDS: Final = 100
"""The surest ones are confirmed: a frame full of faces, or of what looks so, must end."""
SAME_FACE: Final = 0.3
"""Two boxes that share more than this of the area of both together are of one face."""
CONFIRM_REGION: Final = 1.35
"""Side of the square that the confirmer sees, in sides of the finder's box."""
NEAR_REGION: Final = 1.8
"""Side of the square around a known face, in longer sides of its box: it may have moved."""

BOX_IN_BOX: Final = np.array([(0.02, -0.22), (0.97, 1.01)])
"""Corners of the box as YuNet draws it, hairline to chin, in the confirmer's, which is a square from the brows on. So a
box of either means the same to eyes and to limits: medians of
721 faces that both found in pasted frames; real ones agree."""
EYES_NOSE_MOUTH: Final = 4
"""Of the six points: the eye at the picture's left, the one at its right, nose tip, middle of the mouth. The ears
that follow are left out: they are guessed, as hair covers them and a turned head hides one."""


class Finds(NamedTuple):
    """What a network sees.

    Attributes:
        points: float32 (n, 8, 2): the box's left upper and right lower corner, then the six points, as x, y.
        scores: float32 (n,), 0-1.
    """

    points: np.ndarray
    scores: np.ndarray


class BlazeFaceDetector:
    """Both networks, with four landmarks: eyes, nose tip, middle of the mouth."""

    name: DetectorName = "blazeface"

    def __init__(self, folder: Path, *, min_score: float = MIN_SCORE) -> None:
        """Load the networks.

        Args:
            folder: holds their files, see `blazeface_folder`.
            min_score: faces below it are left out, 0-1.

        Raises:
            DetectorError: a file is missing or altered.
        """
        self._min_score = min_score
        self._finder, self._confirmer = Network(folder, FINDER), Network(folder, CONFIRMER)

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        """Find faces with their four landmarks.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.

        Returns:
            Faces with a score of at least `min_score`, 0-1, and float32 (4, 2) landmarks, in pixels of `frame_bgr`,
            largest first; empty when there is none.

        Raises:
            InputError: the frame has another type or shape; a `ValueError`.
        """
        frame_bgr = checked_frame(frame_bgr)
        height, width = frame_bgr.shape[:2]
        finds = self._finder.look(frame_bgr, (width / 2, height / 2), max(height, width), FINDER_SCORE)
        seen = [self._confirm(frame_bgr, box) for box in finds.points[:MAX_FINDS, :2]]
        confirmed = Finds(*(np.concatenate(parts) for parts in zip(*seen, strict=True))) if seen else finds
        return largest_first(_faces(merged(confirmed)))

    def detect_near(self, frame_bgr: np.ndarray, faces: Sequence[Face]) -> list[Face] | None:
        """Find known faces again, see `LooksNear`.

        Raises:
            InputError: the frame has another type or shape; a `ValueError`.
        """
        frame_bgr = checked_frame(frame_bgr)
        return find_again(faces, lambda face: self._look_near(frame_bgr, face))

    def _confirm(self, frame_bgr: np.ndarray, box: np.ndarray) -> Finds:
        """The one face that the confirmer sees where the finder saw one, or none."""
        side = float((box[1] - box[0]).max())
        centre = box.mean(axis=0)
        finds = self._confirmer.look(frame_bgr, centre, CONFIRM_REGION * side, self._min_score)
        offsets = np.hypot(*(finds.points[:, :2].mean(axis=1) - centre).T)
        nearby = np.flatnonzero(offsets < side / 2)[:1]  # the surest: a neighbour reaches into the square, too
        return Finds(finds.points[nearby], finds.scores[nearby])

    def _look_near(self, frame_bgr: np.ndarray, face: Face) -> list[Face]:
        side = NEAR_REGION * max(face.width, face.height)
        return _faces(self._confirmer.look(frame_bgr, face.centre, side, self._min_score))


class Network:
    """One of the networks. Belongs to one thread."""

    def __init__(self, folder: Path, file: NetworkFile) -> None:
        """Load it.

        Raises:
            DetectorError: its file is missing or altered.
        """
        from ai_edge_litert.interpreter import Interpreter

        path = folder / file.name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DetectorError(
                f"No BlazeFace file at {path}. Run: python -m fer_core fetch-detector, or use Haar."
            ) from error
        # LiteRT can crash on a file that is damaged.
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise DetectorError(f"{path} is damaged. Delete it and run: python -m fer_core fetch-detector")
        self._side = file.side
        self._anchors = anchors(file.cells)
        self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        # One number for each anchor, or sixteen.
        self._scores, self._boxes = (
            output["index"] for output in sorted(self._interpreter.get_output_details(), key=lambda o: o["shape"][-1])
        )

    def look(self, frame_bgr: np.ndarray, centre: Sequence[float] | np.ndarray, side: float, min_score: float) -> Finds:
        """Look at a square of a frame; what lies beyond the frame is black.

        Args:
            frame_bgr: uint8 (height, width, 3), blue-green-red; not modified.
            centre: of the square, (x, y) in pixels of the frame.
            side: of the square, likewise.
            min_score: faces below it are left out, 0-1.

        Returns:
            Each face once, the surest first, in pixels of the frame.
        """
        height, width = frame_bgr.shape[:2]
        left, top = (round(float(middle) - side / 2) for middle in centre)
        x0, y0 = max(0, left), max(0, top)
        part = frame_bgr[y0 : min(height, top + round(side)), x0 : min(width, left + round(side))]
        if part.size == 0:
            return Finds(np.empty((0, 8, 2), np.float32), np.empty(0, np.float32))
        scale = self._side / max(1, round(side))
        size = tuple(min(self._side, max(1, round(length * scale))) for length in part.shape[1::-1])
        gaps = (x0 - left, y0 - top)
        at = tuple(min(self._side - length, round(gap * scale)) for length, gap in zip(size, gaps, strict=True))
        canvas = np.zeros((self._side, self._side, 3), np.uint8)
        # Linear interpolation misses pixels where a picture is made much smaller.
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        canvas[at[1] : at[1] + size[1], at[0] : at[0] + size[0]] = cv2.resize(part, size, interpolation=how)
        finds = merged(self._run(canvas, min_score))
        to_frame = np.array(part.shape[1::-1], np.float32) / np.array(size, np.float32)
        at_xy, corner_xy = np.array(at, np.float32), np.array((x0, y0), np.float32)
        return Finds((finds.points * self._side - at_xy) * to_frame + corner_xy, finds.scores)

    def _run(self, canvas_bgr: np.ndarray, min_score: float) -> Finds:
        """What the network itself sees in a picture of its size, in units of the picture's side."""
        pixels = cv2.cvtColor(canvas_bgr, cv2.COLOR_BGR2RGB).astype(np.float32)
        self._interpreter.set_tensor(self._input, (pixels / 127.5 - 1)[None])
        self._interpreter.invoke()
        boxes, scores = (self._interpreter.get_tensor(index)[0] for index in (self._boxes, self._scores))
        return decoded(boxes / self._side, scores[:, 0], self._anchors, min_score)


def blazeface_folder() -> Path | None:
    """Where both files are: among the user's models or the shipped ones; None without them."""
    for folder in (home() / "models", SHIPPED_MODELS):
        if all((folder / file.name).is_file() for file in (FINDER, CONFIRMER)):
            return folder
    return None


def anchors(cells: Sequence[tuple[int, int]]) -> np.ndarray:
    """The networks' fixed places: row by row, in the middle of each grid's cells.

    Args:
        cells: see `NetworkFile.cells`.

    Returns:
        float32 (n, 2), x and y in units of the picture's side.
    """
    grids = []
    for count, repeats in cells:
        middles = (np.arange(count, dtype=np.float32) + 0.5) / count
        grid = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(grid, repeats, axis=0))
    return np.concatenate(grids)


def decoded(boxes: np.ndarray, logits: np.ndarray, places: np.ndarray, min_score: float) -> Finds:
    """A network's output as faces, of which several may be one.

    Args:
        boxes: float32 (n, 16) in units of the picture's side: the box's middle, as seen from the anchor, its width and
            height, and six points, as seen from the anchor.
        logits: float32 (n,), of the scores.
        places: float32 (n, 2), the anchors.
        min_score: others are left out, 0-1.

    Returns:
        In units of the picture's side.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -80, 80)))
    kept = scores >= min_score
    pairs = boxes[kept].reshape(-1, 8, 2)
    half = pairs[:, 1:2] / 2
    corners = np.concatenate([pairs[:, :1] - half, pairs[:, :1] + half, pairs[:, 2:]], axis=1)
    return Finds(corners + places[kept][:, None], scores[kept])


def merged(finds: Finds) -> Finds:
    """Each face once, the surest first: places are means of those that overlap, weighted by score.

    The mean of many anchors' answers is steadier than the surest one's (BlazeFace's paper, section 3.4).
    """
    order = np.argsort(-finds.scores, kind="stable")
    points, scores = finds.points[order], finds.scores[order]
    means, best = [], []
    while len(scores):
        same = _overlaps(points[0], points) > SAME_FACE
        same[0] = True  # a box without an area overlaps with nothing, itself included
        weights = scores[same] / scores[same].sum()
        means.append(np.tensordot(weights, points[same], axes=1))
        best.append(scores[0])
        points, scores = points[~same], scores[~same]
    return Finds(np.array(means, np.float32).reshape(-1, 8, 2), np.array(best, np.float32))


def _overlaps(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Area that a box shares with each of the others, over the area of both together, 0-1."""
    shared = np.minimum(one[1], others[:, 1]) - np.maximum(one[0], others[:, 0])
    area = np.prod(np.clip(shared, 0, None), axis=1)
    sizes = [np.prod(box[..., 1, :] - box[..., 0, :], axis=-1) for box in (one, others)]
    overlap: np.ndarray = area / np.maximum(sizes[0] + sizes[1] - area, 1e-9)
    return overlap


def _faces(finds: Finds) -> list[Face]:
    """With boxes and landmarks as this project has them."""
    faces = []
    for points, score in zip(finds.points, finds.scores, strict=True):
        left, top, right, bottom = (points[0] + BOX_IN_BOX * (points[1] - points[0])).ravel().tolist()
        landmarks = points[2 : 2 + EYES_NOSE_MOUTH].astype(np.float32)
        faces.append(Face((left, top, right, bottom), float(score), landmarks))
    return faces
