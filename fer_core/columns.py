"""What a table says of one face: names of the columns, and their values."""

from typing import Any, Final

from fer_core.emotions import EMOTIONS
from fer_core.results import FaceEmotion

FACE_COLUMNS: Final = (
    "face", "label", "confidence", *EMOTIONS, "valence", "arousal", "doubts",
    "left", "top", "right", "bottom", "size_px", "light", "sharpness", "turn",
)  # fmt: skip


def face_columns(emotion: FaceEmotion) -> list[Any]:
    """The values under `FACE_COLUMNS`; None where there is none: no label when unsure, no turn without landmarks."""
    quality, turn = emotion.quality, emotion.quality.turn
    return [
        emotion.face.track_id,
        emotion.label,
        round(emotion.confidence, 5),
        *(round(emotion.probabilities[label], 5) for label in EMOTIONS),
        round(emotion.valence, 5),
        round(emotion.arousal, 5),
        "; ".join(doubt.value for doubt in emotion.doubts),
        *(round(float(v), 1) for v in emotion.face.xyxy),
        round(quality.size_px, 1),
        round(quality.light, 1),
        round(quality.sharpness, 4),
        None if turn is None or turn == float("inf") else round(turn, 4),
    ]
