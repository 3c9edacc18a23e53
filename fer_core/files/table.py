"""Results as a table, with the same columns for files and for the live page's download; and text in its cells."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from fer_core.emotions import EMOTIONS
from fer_core.results import FaceEmotion, FrameResult

FACE_COLUMNS: Final = (
    "face",
    "label",
    "level",
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
    """Undo `text_cell`: the text without an apostrophe that stands before a formula."""
    return cell[1:] if cell.startswith("'") and _RUN.match(cell) else cell


def face_columns(emotion: FaceEmotion) -> list[Any]:
    """The values under `FACE_COLUMNS`; None where there is none: no label when unsure, no turn without landmarks."""
    quality, turn = emotion.quality, emotion.quality.turn
    return [
        emotion.face.track_id,
        emotion.label,
        emotion.level.value,
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


def results_csv(
    results: Iterable[FrameResult], *, clock_offset_s: float | None = None, track_id: int | None = None
) -> str:
    """One row per result and face; a result without a face is a row with empty face columns.

    Args:
        results: oldest first.
        clock_offset_s: seconds that make a result's time one since 1970 (UTC); given, there is a column `time_utc`.
        track_id: only this face; None for all.

    Returns:
        The csv with its head, lines ended by a line feed. `time_s` counts from the first result.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    clock = ["time_utc"] if clock_offset_s is not None else []
    writer.writerow([*clock, "time_s", *FACE_COLUMNS])
    start_s: float | None = None
    for result in results:
        start_s = result.captured_at_s if start_s is None else start_s
        at: list[object] = [round(result.captured_at_s - start_s, 3)]
        if clock_offset_s is not None:
            moment = datetime.fromtimestamp(result.captured_at_s + clock_offset_s, UTC)
            at.insert(0, moment.isoformat(timespec="milliseconds"))
        faces = [face for face in result.faces if track_id is None or face.face.track_id == track_id]
        for face in faces:
            writer.writerow([*at, *face_columns(face)])
        if not faces:
            writer.writerow([*at, *[""] * len(FACE_COLUMNS)])
    return out.getvalue()
