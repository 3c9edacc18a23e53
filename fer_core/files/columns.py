"""What a table says of one face: names of the columns, and their values; and how text stands in a cell."""

import re
from typing import Any, Final

from fer_core.emotions import EMOTIONS
from fer_core.results import FaceEmotion

FACE_COLUMNS: Final = (
    "face",
    "label",
    "confidence",
    *EMOTIONS,
    "valence",
    "arousal",
    "doubts",
    "left",
    "top",
    "right",
    "bottom",
    "size_px",
    "light",
    "sharpness",
    "turn",
)


# Spreadsheets run cells that begin so; the last four are the wide forms that some take for the same.
_RUN: Final = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


def text_cell(text: str) -> str:
    """Text as a cell of a csv that no spreadsheet takes for a formula: an apostrophe stands before one.

    Only for text such as the name of a file: a number such as -0.5 is none.
    """
    return f"'{text}" if _RUN.match(text) else text


def cell_text(cell: str) -> str:
    """The text that `text_cell` wrote."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell) else cell


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
