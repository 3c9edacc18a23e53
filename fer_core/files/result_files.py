"""Write results as CSV or JSON while they come, so that a long file needs no more memory than a short one.

CSV: one row per face and frame; a frame without a face is a row with empty face columns, so that "nobody there" and
"not analysed" stay apart. JSON: sources, their frames, their faces, and how they were analysed.
"""

import csv
import json
import platform
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol, TextIO

import fer_core
from fer_core.emotions import EMOTIONS
from fer_core.expressions.card import ModelCard
from fer_core.files.analyse import AnalysedFrame
from fer_core.files.media import MediaInfo
from fer_core.files.table import FACE_COLUMNS, face_columns, text_cell
from fer_core.files.timing import Sampling
from fer_core.names import printable
from fer_core.results import FaceEmotion
from fer_core.versions import package_version
from fer_core.whole_files import replacing

SCHEMA_VERSION: Final = 1
FRAME_COLUMNS: Final = ("source", "frame", "time_s")
PACKAGES: Final = ("av", "opencv-python-headless", "numpy", "ai-edge-litert")


@dataclass(frozen=True)
class Provenance:
    """How files were analysed: stored with the results.

    Attributes:
        card: the model's.
        detector: the face detector's name.
        sampling: which frames were analysed.
        max_faces: how many faces of a frame at most, where somebody chose it; else None.
        created: date and time, ISO 8601, UTC.
    """

    card: ModelCard
    detector: str
    sampling: Sampling
    max_faces: int | None = None
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


class ResultWriter(Protocol):
    """Takes the results of one source after the other."""

    def add(self, source: str, info: MediaInfo, frame: AnalysedFrame) -> None:
        """Write a frame's result.

        Args:
            source: what the results call the file; another one than before begins the next source.
            info: what the file said of itself.
            frame: the frames of a source come in order.

        Raises:
            OSError: the stream cannot be written.
        """
        ...

    def end_source(self, damage: str | None) -> None:
        """Close the source of the frames before.

        Args:
            damage: what was broken in it, a sentence; None when nothing was.

        Raises:
            OSError: the stream cannot be written.
        """
        ...

    def finish(self, unreadable: Mapping[str, str]) -> None:
        """Write the end; the stream stays open.

        Args:
            unreadable: sources that gave no frame, to a sentence each that says why.

        Raises:
            OSError: the stream cannot be written.
        """
        ...


class CsvResults:
    """A table with the columns `FRAME_COLUMNS` and `FACE_COLUMNS`."""

    def __init__(self, stream: TextIO, provenance: Provenance) -> None:
        """Write the head; `stream` must have been opened with newline=""."""
        self._writer = csv.writer(stream, lineterminator="\n")
        self._writer.writerow([*FRAME_COLUMNS, *FACE_COLUMNS])

    def add(self, source: str, info: MediaInfo, frame: AnalysedFrame) -> None:
        """Write one row per face, or one with empty face columns where there is none; see `ResultWriter.add`."""
        start = [text_cell(printable(source)), frame.index, round(frame.result.captured_at_s, 6)]
        for emotion in frame.result.faces:
            self._writer.writerow([*start, *face_columns(emotion)])
        if not frame.result.faces:
            self._writer.writerow([*start, *[""] * len(FACE_COLUMNS)])

    def end_source(self, damage: str | None) -> None:
        """Write nothing: a table has no place for `damage`, which the program reports."""

    def finish(self, unreadable: Mapping[str, str]) -> None:
        """Write nothing: a table has no place for `unreadable`, which the program reports."""


class JsonResults:
    """One object: schema_version, created, model, detector, sampling, versions, sources, unreadable."""

    def __init__(self, stream: TextIO, provenance: Provenance) -> None:
        """Write the head, in UTF-8 where the stream is so."""
        self._stream = stream
        self._source: str | None = None
        self._sources = self._frames = 0
        head = {
            "schema_version": SCHEMA_VERSION,
            "created": provenance.created,
            "model": _model_values(provenance.card),
            "detector": provenance.detector,
            "sampling": {"every": provenance.sampling.every, "fps": provenance.sampling.fps},
            "max_faces": provenance.max_faces,
            "versions": versions(),
        }
        stream.write(json.dumps(head, indent=1).removesuffix("\n}") + ',\n "sources": [')

    def add(self, source: str, info: MediaInfo, frame: AnalysedFrame) -> None:
        """Write the frame as one object of its source's "frames"; see `ResultWriter.add`."""
        if source != self._source:
            self._begin_source(source, info)
        width, height = frame.result.resolution_wh
        values = {
            "frame": frame.index,
            "time_s": round(frame.result.captured_at_s, 6),
            "width": width,
            "height": height,
            "faces": [face_values(emotion) for emotion in frame.result.faces],
        }
        self._stream.write((",\n    " if self._frames else "\n    ") + json.dumps(values, allow_nan=False))
        self._frames += 1

    def end_source(self, damage: str | None) -> None:
        """Close the source's object with "damage"; does nothing where the source gave no frame."""
        if self._source is not None:
            self._stream.write(f'\n   ],\n   "damage": {json.dumps(damage)}}}')
            self._source = None

    def finish(self, unreadable: Mapping[str, str]) -> None:
        """Close the object with "unreadable"; without this the file is no JSON."""
        rows = [{"source": printable(source), "reason": printable(reason)} for source, reason in unreadable.items()]
        self._stream.write(f'\n ],\n "unreadable": {json.dumps(rows)}\n}}\n')

    def _begin_source(self, source: str, info: MediaInfo) -> None:
        self._source, self._frames = source, 0
        values = {
            "source": printable(source),
            "kind": "picture" if info.is_picture else "video",
            "duration_s": info.duration_s,
        }
        self._stream.write(("," if self._sources else "") + "\n  " + json.dumps(values).removesuffix("}"))
        self._stream.write(',\n   "frames": [')
        self._sources += 1


def face_values(emotion: FaceEmotion) -> dict[str, Any]:
    """One face as JSON has it: the table's values, grouped."""
    values = dict(zip(FACE_COLUMNS, face_columns(emotion), strict=True))
    return {
        "id": values["face"],
        **{name: values[name] for name in ("label", "level", "confidence")},
        "probabilities": {label: values[label] for label in EMOTIONS},
        **{name: values[name] for name in ("valence", "arousal")},
        "doubts": [doubt.value for doubt in emotion.doubts],
        "box": [values[side] for side in ("left", "top", "right", "bottom")],
        "quality": {name: values[name] for name in ("size_px", "light", "sharpness", "turn")},
    }


def _model_values(card: ModelCard) -> dict[str, Any]:
    return {
        "name": card.name,
        "architecture": card.architecture,
        "sha256": card.network_sha256 or None,
        "labels": list(card.labels),
        "unsure_below": card.unsure_below,
        "named_from": card.named_from,
        "created": card.created,
    }


def versions() -> dict[str, str]:
    """Of this program, of Python, and of the packages that decode, find and judge."""
    found = {package: package_version(package) or "unknown" for package in PACKAGES}
    return {"fer-studio": fer_core.__version__, "python": platform.python_version()} | found


WRITERS: Final[Mapping[str, Callable[[TextIO, Provenance], ResultWriter]]] = {".csv": CsvResults, ".json": JsonResults}
"""By the suffix of the file that they write."""


@contextmanager
def result_file(path: Path, provenance: Provenance) -> Iterator[ResultWriter]:
    """Write results to a file that takes its name only when the block ends without an error.

    Args:
        path: ends in a suffix of `WRITERS`.
        provenance: how the files are analysed.

    Raises:
        OSError: the file cannot be written.
    """
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        yield WRITERS[path.suffix.lower()](stream, provenance)
