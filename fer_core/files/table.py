"""Results as one table: the same columns for files and for the live page's download."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime

from fer_core.files.columns import FACE_COLUMNS, face_columns
from fer_core.results import FrameResult


def results_csv(
    results: Iterable[FrameResult], *, clock_offset_s: float | None = None, track_id: int | None = None
) -> str:
    """One row per result and face; a result without a face is a row with empty face columns.

    Args:
        results: oldest first.
        clock_offset_s: added to a result's time it gives seconds since 1970; with it there is a column `time_utc`.
        track_id: only this face; None for all.
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
