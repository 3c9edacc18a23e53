"""What the way through a frame costs: detector, crop and network, against the network on the same tiles directly.

    python -m benchmarks.live_match --archive fer2013.csv [--count 700] [--seed 0] [--json OUT.json]

FER2013's validation images (PublicTest) are pasted into frames of 640x480 (`benchmarks.paste`) at random places, turned
by up to 10 degrees, each once, dealt out evenly over the sizes. A face counts as found when the square that the crop
would cut out lies on the tile: its centre within a quarter of the tile's side, and its own side 0.6 to 1.67 times that.
"True place" cuts the same frames where the tile really is: what it loses is resampling, what others lose beyond that is
where the detector puts the face. Milliseconds are medians of the processor time of one detection on one thread, which
other work on the machine hardly changes.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.faces import parser_with_archive, validation_faces
from benchmarks.paste import Placement, backgrounds, paste, random_placement
from benchmarks.table import print_table
from fer_core.errors import FerError
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.faces.blazeface import BlazeFaceDetector, blazeface_folder
from fer_core.faces.crops import LANDMARKS_IN_TILE, crop_faces, tile_to_frame
from fer_core.faces.detector import FaceDetector, HaarDetector, YuNetDetector, yunet_path
from fer_core.files.media import open_media
from fer_core.files.timing import Sampling
from fer_core.results import Face
from train.archive.reader import LabelledFaces
from train.evaluation.evaluate import predict_all

SIDES: Final = (40, 60, 80, 120, 160, 220, 300)
"""Sides of the tiles in the frame, in pixels."""
YUNET_WIDTHS: Final = (320, 400, 480, 560, 640)
HAAR_WIDTHS: Final = (320, 480)
TRUE_PLACE: Final = "true place"
MAX_OFFSET: Final = 0.25
SIDE_RATIOS: Final = (0.6, 1 / 0.6)
CENTRE: Final = np.array([0.5, 0.5])


@dataclass(frozen=True)
class Route:
    """One detector at one width, on the images of one size.

    Attributes:
        route: the detector's name and width, or TRUE_PLACE.
        side: of the tiles, in pixels of the frame.
        n: images.
        found: of them.
        right: of those found, named rightly through the frame.
        right_directly: of those found, named rightly from the tile itself.
        strays: detections that are not on the tile.
        side_ratio: median over those found of the crop's side over the tile's; NaN without any.
        ms: processor time of one detection, median; 0 for the true place.
    """

    route: str
    side: int
    n: int
    found: int
    right: int
    right_directly: int
    strays: int
    side_ratio: float
    ms: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, and write JSON on request.

    Raises:
        FerError: there is no archive, or a model or detector cannot be loaded.
    """
    parser = parser_with_archive("live_match", __doc__)
    parser.add_argument("--model", default="default", help="a model's name or folder; default: the shipped one")
    parser.add_argument("--count", type=int, default=700, help="so many images, drawn by the seed; default: 700")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every figure there, too")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    faces = validation_faces(options.archive, count=options.count, seed=options.seed)
    routes = measure(load_model(options.model), all_detectors(), faces, seed=options.seed)
    _print(routes, len(faces))
    for name, place in (("BlazeFace", blazeface_folder()), ("YuNet", yunet_path())):
        if place is None:
            print(f"\n{name} is left out: its files are missing. Run: python -m fer_core fetch-detector")
    if options.json:
        document = {"seed": options.seed, "n": len(faces), "routes": [asdict(route) for route in routes]}
        options.json.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def all_detectors() -> dict[str, FaceDetector]:
    """Name to detector: OpenCV's two at each of their widths; BlazeFace and YuNet only where their files are there."""
    folder, path = blazeface_folder(), yunet_path()
    blazefaces = {"BlazeFace": BlazeFaceDetector(folder)} if folder else {}
    yunets = {f"YuNet {width}": YuNetDetector(path, width=width) for width in YUNET_WIDTHS} if path else {}
    return {**blazefaces, **yunets, **{f"Haar {width}": HaarDetector(width=width) for width in HAAR_WIDTHS}}


def measure(
    model: EmotionModel, detectors: Mapping[str, FaceDetector], faces: LabelledFaces, *, seed: int = 0
) -> list[Route]:
    """Every detector on the same frames, size by size."""
    scenery = backgrounds(40, seed=seed, frames=_clip_frames())
    dealt = np.random.default_rng(seed).permutation(len(faces))
    found = []
    for i, side in enumerate(SIDES):
        part = faces.take(np.sort(dealt[i :: len(SIDES)]))
        if len(part):
            found += _measure_side(model, detectors, part, side, scenery, np.random.default_rng((seed, side)))
    return found


def is_on(face: Face, place: Placement) -> bool:
    """Whether the crop of a detected face lies on the pasted tile; see this module's docstring."""
    crop = tile_to_frame(face)
    offset = np.hypot(*(crop[:, :2] @ CENTRE + crop[:, 2] - place.centre)) / place.side
    return bool(offset < MAX_OFFSET and SIDE_RATIOS[0] < _side(crop) / place.side < SIDE_RATIOS[1])


def true_face(place: Placement) -> Face:
    """A face whose crop is the tile itself."""
    matrix = place.tile_to_frame()
    landmarks = LANDMARKS_IN_TILE @ matrix[:, :2].T + matrix[:, 2]
    half = place.side / 2
    (x, y) = place.centre
    return Face((x - half, y - half, x + half, y + half), 1.0, landmarks.astype(np.float32))


def _measure_side(
    model: EmotionModel,
    detectors: Mapping[str, FaceDetector],
    faces: LabelledFaces,
    side: int,
    scenery: Sequence[np.ndarray],
    rng: np.random.Generator,
) -> list[Route]:
    tallies = {name: _Tally() for name in (TRUE_PLACE, *detectors)}
    for i, tile in enumerate(faces.pixels):
        place = random_placement(side, rng)
        frame = paste(tile, scenery[i % len(scenery)], place)
        tallies[TRUE_PLACE].add(i, frame, [true_face(place)], place, 0.0)
        for name, detector in detectors.items():
            started = time.process_time()
            detected = detector.detect(frame)
            tallies[name].add(i, frame, detected, place, (time.process_time() - started) * 1000)
    directly = predict_all(model.predict, faces).argmax(1) == faces.labels
    return [tally.route(name, side, model, faces, directly) for name, tally in tallies.items()]


class _Tally:
    """What one detector finds in the frames of one size."""

    def __init__(self) -> None:
        self._indices: list[int] = []
        self._tiles: list[np.ndarray] = []
        self._side_ratios: list[float] = []
        self._ms: list[float] = []
        self._strays = 0

    def add(self, index: int, frame: np.ndarray, detected: list[Face], place: Placement, ms: float) -> None:
        on_tile = [face for face in detected if is_on(face, place)]
        self._strays += len(detected) - len(on_tile)
        self._ms.append(ms)
        if on_tile:
            self._indices.append(index)
            self._tiles.append(crop_faces(frame, on_tile[:1])[0, ..., 0])
            self._side_ratios.append(_side(tile_to_frame(on_tile[0])) / place.side)

    def route(self, name: str, side: int, model: EmotionModel, faces: LabelledFaces, directly: np.ndarray) -> Route:
        indices = np.array(self._indices, int)
        right = 0
        if len(indices):
            cut = LabelledFaces(np.array(self._tiles), faces.labels[indices])
            right = int((predict_all(model.predict, cut).argmax(1) == cut.labels).sum())
        return Route(
            name,
            side,
            len(faces),
            len(indices),
            right,
            int(directly[indices].sum()),
            self._strays,
            float(np.median(self._side_ratios)) if self._side_ratios else float("nan"),
            float(np.median(self._ms)),
        )


def _print(routes: Sequence[Route], count: int) -> None:
    names = list(dict.fromkeys(route.route for route in routes))
    sides = list(dict.fromkeys(route.side for route in routes))
    by_place = {(route.route, route.side): route for route in routes}
    columns = [f"{side} px" for side in sides]
    shares, changes = [], []
    for name in names:
        row = [by_place[name, side] for side in sides]
        strays = sum(each.strays for each in row) / count
        ms = float(np.median([each.ms for each in row]))
        shares.append([name, *(f"{each.found / each.n:.0%}" for each in row), f"{strays:.3f}", f"{ms:.1f}"])
        ratio = np.nanmedian([each.side_ratio for each in row])
        changes.append([name, *(_change([each]) for each in row), _change(row), str(_found(row)), f"{ratio:.2f}"])
    print_table(
        f"Faces found in frames of 640x480, by the tile's side; {count:,} images of PublicTest",
        ["detector and width", *columns, "strays per frame", "ms per detection"],
        shares,
    )
    print_table(
        "Accuracy on those found, in points against the direct path on the same images",
        ["detector and width", *columns, "all", "faces", "crop's side / tile's"],
        changes,
    )


def _change(routes: Sequence[Route]) -> str:
    found = _found(routes)
    if found == 0:
        return "–"
    return f"{100 * sum(each.right - each.right_directly for each in routes) / found:+.1f}"


def _found(routes: Sequence[Route]) -> int:
    return sum(each.found for each in routes)


def _side(matrix: np.ndarray) -> float:
    return float(np.hypot(matrix[0, 0], matrix[1, 0]))


def _clip_frames() -> list[np.ndarray]:
    """Some frames of FER_SHARED_DATA's clip without a face; none where it is not there."""
    path = Path(os.environ.get("FER_SHARED_DATA", "")) / "clips" / "no_face.mp4"
    if not path.is_file():
        return []
    with open_media(path) as media:
        return [frame.frame_bgr.copy() for frame in media.frames(Sampling(every=8))]


if __name__ == "__main__":
    try:
        main()
    except FerError as error:
        sys.exit(str(error))
