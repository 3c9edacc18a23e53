"""Why a face of a picture got its label: what is kept of the face, and the map of what the network relied on.

Imports no Streamlit.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from app.formatting import whole_percent
from fer_core.emotions import EMOTIONS
from fer_core.expressions.model import EmotionModel
from fer_core.expressions.occlusion import occlusion_map, overlay_occlusion
from fer_core.faces.crops import TILE, crop_faces, tile_to_frame
from fer_core.results import Face, FrameResult
from fer_core.whole_files import replacing

SHOWN_PX: Final = 240
"""Side of the face as it is shown."""
MIN_DROP: Final = 0.02
"""A smaller drop of a probability says nothing."""
# Where FER2013's faces lie in their tiles, see fer_core.faces.crops: eyes at 0.38 of the height, nose 0.60, mouth 0.75.
_PARTS: Final = (
    (0.28, "the forehead and brows"),
    (0.48, "the eyes"),
    (0.66, "the nose and cheeks"),
    (0.86, "the mouth"),
    (1.0, "the chin"),
)


@dataclass(frozen=True)
class Reason:
    """An answer to "why this label?".

    Attributes:
        picture_bgr: uint8 (240, 240, 3), the face with what speaks for the label in the label's colour.
        sentence: what it shows.
    """

    picture_bgr: np.ndarray
    sentence: str


def save_faces(path: Path, frame_bgr: np.ndarray, result: FrameResult) -> None:
    """Keep a picture's faces, as the network saw them and to be shown, for `explain`; a few dozen kilobytes.

    Raises:
        OSError: they cannot be written.
    """
    faces = [emotion.face for emotion in result.faces]
    shown = np.stack([_shown(frame_bgr, face) for face in faces])
    with replacing(path) as temporary, temporary.open("wb") as out:
        np.savez_compressed(out, tiles=crop_faces(frame_bgr, faces), shown=shown)


def explain(model: EmotionModel, path: Path, index: int, label: str) -> Reason:
    """Ask the network again and again, each time with another part of the face covered.

    Args:
        model: that judged.
        path: from `save_faces`.
        index: which of the picture's faces.
        label: what it was called; where the program was unsure, the most probable emotion.

    Raises:
        OSError: the faces are not there.
    """
    with np.load(path) as kept:
        tile, shown_bgr = kept["tiles"][index], kept["shown"][index]
    drops = occlusion_map(model, tile, label)
    share = float(model.predict(tile[None])[0, model.card.labels.index(label)])
    return Reason(overlay_occlusion(shown_bgr, drops, label), _sentence(drops, label, share))


def most_probable(probabilities: dict[str, float]) -> str:
    """The emotion that a face without a label is asked about."""
    return max(EMOTIONS, key=lambda emotion: probabilities[emotion])


def _sentence(drops: np.ndarray, label: str, share: float) -> str:
    top = np.unravel_index(int(drops.argmax()), drops.shape)
    most = float(drops[top])
    if most < MIN_DROP:
        same = whole_percent(share)
        return f"No single part decides: whichever is covered, the network gives {label} about the same {same}."
    height = (float(top[0]) + 0.5) / TILE
    part = next(name for limit, name in _PARTS if height <= limit)
    return (
        f"The network relied most on {part}: with parts there covered, the probability of {label} falls from "
        f"{whole_percent(share)} to about {whole_percent(max(0.0, share - most))}."
    )


def _shown(frame_bgr: np.ndarray, face: Face) -> np.ndarray:
    """The face in colour, framed as its tile is: uint8 (240, 240, 3)."""
    matrix = tile_to_frame(face)
    matrix[:, :2] /= SHOWN_PX
    shown: np.ndarray = cv2.warpAffine(
        frame_bgr,
        matrix,
        (SHOWN_PX, SHOWN_PX),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return shown.astype(np.uint8, copy=False)
