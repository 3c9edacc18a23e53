"""Films of grey patches that move, come and go; with what finds and judges them as if they were faces.

Pipeline, tracker, optical flow and smoothing are the real ones: only who is where, and what a face shows, is simple.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, cast

import av
import cv2
import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import FaceDetector
from fer_core.faces.protocol import DetectorName
from fer_core.results import Face
from tests.helpers.faces import make_card, textured_frame

WIDTH: Final = 208
HEIGHT: Final = 112
PER_S: Final = 5
DARK: Final = 40
"""The background's grey value; patches are lighter than twice as much."""


@dataclass(frozen=True)
class Patch:
    """A textured square.

    Attributes:
        x: of its left side in pixels.
        grey: its mean grey value.
        y: of its upper side.
        side: in pixels.
    """

    x: float
    grey: float
    y: float = 25
    side: int = 60


def write_patches(
    path: Path, seconds: float, patches: Callable[[float], Sequence[Patch]], *, key_every_s: float = 2
) -> Path:
    """A film of the patches that are there at each time, H.264."""
    texture = textured_frame(64, 64, seed=3).mean(axis=2)
    texture = (texture - texture.mean()) / 4
    with av.open(str(path), "w") as container:
        options = {"g": str(round(key_every_s * PER_S)), "preset": "ultrafast", "sc_threshold": "0", "bf": "2"}
        stream = container.add_stream("libx264", rate=PER_S, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for i in range(round(seconds * PER_S)):
            canvas = np.full((HEIGHT, WIDTH), float(DARK))
            for patch in patches(i / PER_S):
                x, y, side = round(patch.x), round(patch.y), patch.side
                canvas[y : y + side, x : x + side] = patch.grey + cv2.resize(texture, (side, side))
            image = np.repeat(np.clip(canvas, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, PER_S)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


class PatchFinder:
    """A detector that sees every patch, largest first."""

    name: DetectorName = "haar"

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        mask = (cv2.blur(frame_bgr[..., 0], (5, 5)) > 2 * DARK - 10).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask)
        boxes = [stats[i, :4] for i in range(1, count) if stats[i, 4] > 400]
        faces = [Face((float(x), float(y), float(x + w), float(y + h)), 0.9) for x, y, w, h in boxes]
        return sorted(faces, key=lambda face: -face.width * face.height)


class GreyJudge:
    """A model that calls a light patch happy and a dark one sad: as sure as its grey value says."""

    card = make_card()

    def predict(self, faces_u8: np.ndarray) -> np.ndarray:
        rows = np.full((len(faces_u8), len(EMOTIONS)), 0.02, np.float32)
        for row, face in zip(rows, faces_u8, strict=True):
            happy = float(np.clip((face.mean() - 100) / 100, 0, 1)) * 0.9
            row[EMOTIONS.index("happy")], row[EMOTIONS.index("sad")] = happy, 0.9 - happy
        return rows


FINDER: Final = cast(FaceDetector, PatchFinder())
JUDGE: Final = cast(EmotionModel, GreyJudge())
