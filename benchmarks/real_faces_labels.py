"""What people see in the clips, by stretches of time: the reader of real_faces_labels.csv.

The labels were set by looking at the frames, before any network had answered for them.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from fer_core.emotions import EMOTIONS
from fer_core.errors import FerError

LABELS: Final = Path(__file__).with_name("real_faces_labels.csv")
COLUMNS: Final = ("clip", "from_s", "to_s", "label")
TRANSITION: Final = "transition"
"""The label of a time in which no person would state an expression."""
NOBODY: Final = "nobody"
"""The label of a time without a face."""
_EITHER: Final = "either:"


class LabelFileError(FerError):
    """A file of labels that cannot be used; the message names the line."""


@dataclass(frozen=True)
class Stretch:
    """A stretch of a clip with one label.

    Attributes:
        from_s: where it begins, in seconds of the clip.
        to_s: where it ends.
        emotions: the right answers; empty where none is scored.
        has_face: whether somebody is to be seen.
    """

    from_s: float
    to_s: float
    emotions: frozenset[str]
    has_face: bool = True


def read_labels(path: Path = LABELS) -> dict[str, tuple[Stretch, ...]]:
    """Each clip's file name to its stretches, in their order in time.

    Raises:
        LabelFileError: a column is missing, a label or time cannot be read, or stretches leave a gap or overlap.
    """
    with path.open(newline="", encoding="utf-8") as lines:
        reader = csv.DictReader(lines)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise LabelFileError(f"{path.name}: expected the columns {', '.join(COLUMNS)}, got {reader.fieldnames}.")
        clips: dict[str, list[Stretch]] = {}
        for row in reader:
            clips.setdefault(row["clip"], []).append(_stretch(row, f"{path.name}, line {reader.line_num}"))
    for clip, stretches in clips.items():
        _check_order(stretches, f"{path.name}, {clip}")
    return {clip: tuple(stretches) for clip, stretches in clips.items()}


def changes(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The scored stretches in which nothing is right that was right in the scored one before: expressions changed."""
    scored = [stretch for stretch in stretches if stretch.emotions]
    return [after for before, after in pairwise(scored) if not before.emotions & after.emotions]


def _stretch(row: dict[str, str], where: str) -> Stretch:
    try:
        from_s, to_s = float(row["from_s"]), float(row["to_s"])
    except (TypeError, ValueError):
        from_s = to_s = math.nan
    if not 0 <= from_s < to_s < math.inf:
        raise LabelFileError(f"{where}: expected 0 <= from_s < to_s, got {row['from_s']!r} and {row['to_s']!r}.")
    label = row["label"] or ""
    if label in (TRANSITION, NOBODY):
        return Stretch(from_s, to_s, frozenset(), has_face=label != NOBODY)
    emotions = label.removeprefix(_EITHER).split("|") if label.startswith(_EITHER) else [label]
    if unknown := [emotion for emotion in emotions if emotion not in EMOTIONS]:
        raise LabelFileError(
            f"{where}: unknown label {', '.join(map(repr, unknown))}. Write {TRANSITION}, {NOBODY}, one of "
            f"{', '.join(EMOTIONS)}, or several as {_EITHER}sad|neutral."
        )
    return Stretch(from_s, to_s, frozenset(emotions))


def _check_order(stretches: list[Stretch], where: str) -> None:
    for before, after in pairwise(stretches):
        if before.to_s != after.from_s:
            raise LabelFileError(f"{where}: a stretch ends at {before.to_s} s and the next begins at {after.from_s} s.")
