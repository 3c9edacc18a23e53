"""Why this label: cover each part of a face in turn, and see where its probability falls.

M. D. Zeiler and R. Fergus, Visualizing and understanding convolutional networks, ECCV 2014. What the map shows is what
the network relied on, not what a person means by an expression.
"""

from typing import Final

import cv2
import numpy as np

from fer_core.emotions import colour_bgr
from fer_core.expressions.model import EmotionModel
from fer_core.faces.crops import TILE
from fer_core.frames import checked_frame, checked_tiles

BATCH: Final = 32
"""Faces at once: the model keeps one network per batch size, so a larger one would only cost memory."""


def occlusion_map(
    model: EmotionModel, tile: np.ndarray, label: str, *, patch_px: int = 20, stride_px: int = 4
) -> np.ndarray:
    """How much the probability of a label falls when a part of the face is covered.

    A square of the tile's mean grey is laid over each place. A pixel's value is the mean drop over all squares that
    covered it. One face takes about 65 ms of one core with the sizes below, mirrored views included that the shipped
    network asks for (`python -m benchmarks.baseline` measures it): for a click, not for live video.

    Args:
        model: also asked about the mirror image where its card says so.
        tile: uint8 (48, 48, 1) or (48, 48), as `fer_core.faces.crops.crop_faces` cuts it; not modified.
        label: one of the model's.
        patch_px: side of the square in pixels of the tile, 1 to 48. 20 hides a mouth or both eyes' inner half; a
            network trained with erased rectangles shrugs off less: with 12 a clear smile's largest drop is 0.001.
        stride_px: from one place to the next, 1 to `patch_px`; the last place always ends at the border.

    Returns:
        float32 (48, 48), -1 to 1: above 0 the part speaks for the label, below 0 against it.

    Raises:
        ValueError: another shape or dtype, an unknown label, or sizes out of range.
    """
    checked_tiles(tile.reshape(1, *tile.shape, *[1] * (3 - tile.ndim)) if isinstance(tile, np.ndarray) else tile, TILE)
    if label not in model.card.labels:
        raise ValueError(
            f"the label must be one of {', '.join(model.card.labels)}, got {label!r}. Choose one of these."
        )
    if not 1 <= stride_px <= patch_px <= TILE:
        raise ValueError(
            f"sizes must be 1 <= stride_px <= patch_px <= {TILE}, got stride {stride_px} and patch {patch_px}. "
            "Leave them out to use the defaults."
        )
    grey = tile.reshape(TILE, TILE)
    starts = sorted({*range(0, TILE - patch_px + 1, stride_px), TILE - patch_px})
    places = [(top, left) for top in starts for left in starts]
    covered = np.repeat(grey[None], len(places) + 1, axis=0)
    for face, (top, left) in zip(covered[1:], places, strict=True):
        face[top : top + patch_px, left : left + patch_px] = round(float(grey.mean()))
    column = model.card.labels.index(label)
    batches = [covered[i : i + BATCH, ..., None] for i in range(0, len(covered), BATCH)]
    shares = np.concatenate([model.predict(batch)[:, column] for batch in batches])
    total, times = np.zeros((TILE, TILE), np.float32), np.zeros((TILE, TILE), np.float32)
    for (top, left), share in zip(places, shares[1:], strict=True):
        total[top : top + patch_px, left : left + patch_px] += shares[0] - share
        times[top : top + patch_px, left : left + patch_px] += 1
    mean_drop: np.ndarray = total / times
    return mean_drop


def overlay_occlusion(
    face_bgr: np.ndarray, drops: np.ndarray, label: str, *, strongest: float | None = None
) -> np.ndarray:
    """Lay a map over its face, in the label's colour: the more a part speaks for the label, the more colour.

    Args:
        face_bgr: uint8 (height, width, 3), framed as the tile was; of any size; not modified.
        drops: float (48, 48) from `occlusion_map`. What speaks against the label stays uncoloured.
        label: whose colour.
        strongest: the drop that gets the full colour; None for the map's own largest, but at least 0.06, so that a map
            of next to nothing does not look like one of much.

    Returns:
        uint8 (height, width, 3).
    """
    height, width = checked_frame(face_bgr, "face_bgr").shape[:2]
    full = strongest if strongest is not None else max(0.06, float(drops.max()))
    weight = cv2.resize(np.clip(drops / full, 0, 1).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    alpha = 0.65 * weight[..., None]
    blended: np.ndarray = face_bgr * (1 - alpha) + np.array(colour_bgr(label), np.float32) * alpha
    return np.round(blended).astype(np.uint8)
