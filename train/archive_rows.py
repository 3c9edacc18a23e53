"""Where faces gather while an archive is read: growing arrays by source and split, and the account of skips."""

from collections import defaultdict
from enum import IntEnum
from typing import Final

import numpy as np

from train.archive_people import PeopleShown
from train.archive_types import NOT_FACES, SIDE, SPLITS, LabelledFaces, Skipped, SkipReason, SkipSummary
from train.errors import ArchiveError
from train.limits import ArchiveLimits

CHUNK_FACES: Final = 1024


class Source(IntEnum):
    """Where a face stood, the one to be trusted first: archives often hold the same faces twice.

    Kaggle's own bundle has icml_face_data.csv with all rows and Usage, and train.csv with a part of them without.
    """

    CSV_WITH_USAGE = 0
    CSV = 1
    FOLDERS = 2


class SkipRow(Exception):  # noqa: N818 - a signal between parser and collector, not an error that anyone sees
    """One row or image cannot be used."""

    def __init__(self, reason: SkipReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class FaceCollector:
    """Takes faces and skips one by one and gives splits at the end.

    Args:
        name: the archive's, for messages.
    """

    def __init__(self, name: str, limits: ArchiveLimits) -> None:
        self.name = name
        self._limits = limits
        self._buffers: defaultdict[tuple[Source, str], _FaceBuffer] = defaultdict(_FaceBuffer)
        self.people = PeopleShown()
        self._faces = 0
        self._by_reason: dict[SkipReason, int] = {}
        self._examples: list[Skipped] = []

    def add(self, source: Source, split: str, label: int, pixels: np.ndarray) -> None:
        """Keep one face: `pixels` uint8 (48, 48).

        Raises:
            ArchiveError: there are more faces than the limits allow.
        """
        if self._faces >= self._limits.faces:
            raise ArchiveError(
                f"{self.name} holds more than {self._limits.faces} faces, the most that are read. "
                "Use a smaller archive."
            )
        self._faces += 1
        self._buffers[source, split].add(pixels, label)

    def skip(self, where: str, reason: SkipReason, detail: str = "") -> None:
        """Count something left out, and list it if the list has room.

        Raises:
            ArchiveError: more was left out than the limits allow.
        """
        count = self._by_reason.get(reason, 0) + 1
        self._by_reason[reason] = count
        if count <= self._limits.listed_skips:
            self._examples.append(Skipped(shown(where), reason, shown(detail)))
        if sum(self._by_reason.values()) > self._limits.skips:
            raise ArchiveError(
                f"{self.name} has more than {self._limits.skips} unusable rows; the last is {self._examples[-1]}. "
                "Check that it is a FER2013 archive."
            )

    def finish(self) -> tuple[dict[str, LabelledFaces], SkipSummary]:
        """The splits of the most trusted source, in the order of `SPLITS`, and what was left out.

        Raises:
            ArchiveError: no face came in, or too large a share of them was skipped.
        """
        summary = SkipSummary(dict(self._by_reason), tuple(self._examples))
        if not self._buffers:
            raise ArchiveError(
                f"{self.name} holds no usable face: expected a csv with emotion,pixels,Usage or folders "
                f"train/<emotion>/, test/<emotion>/ of jpg or png images.{_reasons(summary)} "
                "Check that it is a FER2013 archive."
            )
        share = summary.faces / (summary.faces + self._faces)
        if share > self._limits.skipped_share:
            raise ArchiveError(
                f"{self.name} is mostly unusable: {summary.faces} of {summary.faces + self._faces} faces had to be "
                f"skipped, at most {self._limits.skipped_share:.0%} may be.{_reasons(summary)} Mend the archive."
            )
        return self._splits(), SkipSummary(dict(self._by_reason), tuple(self._examples))

    def _splits(self) -> dict[str, LabelledFaces]:
        source = min(source for source, _ in self._buffers)
        for other in sorted({source for source, _ in self._buffers} - {source}):
            count = sum(len(buffer) for (each, _), buffer in self._buffers.items() if each is other)
            self.skip(other.name.lower().replace("_", " "), SkipReason.OTHER_SOURCE, f"{count} faces")
        # Popped one by one, so that no more than one split exists twice at any moment.
        return {s: self._buffers.pop((source, s)).stack() for s in SPLITS if (source, s) in self._buffers}


class _FaceBuffer:
    """Faces in arrays of fixed size: no list of Python objects, no doubling of one large array."""

    def __init__(self) -> None:
        self._pixels: list[np.ndarray] = []
        self._labels: list[int] = []

    def __len__(self) -> int:
        return len(self._labels)

    def add(self, pixels: np.ndarray, label: int) -> None:
        row = len(self._labels) % CHUNK_FACES
        if row == 0:
            self._pixels.append(np.empty((CHUNK_FACES, SIDE, SIDE), np.uint8))
        self._pixels[-1][row] = pixels
        self._labels.append(label)

    def stack(self) -> LabelledFaces:
        pixels = np.empty((len(self), SIDE, SIDE), np.uint8)
        for index, chunk in enumerate(self._pixels):
            start = index * CHUNK_FACES
            pixels[start : start + CHUNK_FACES] = chunk[: len(self) - start]
        return LabelledFaces(pixels, np.array(self._labels, np.int64))


def shown(text: str, length: int = 120) -> str:
    """`text` from an archive made safe to print: no control characters, no lone surrogates, not too long."""
    if len(text) <= length and text.isprintable():
        return text
    printable = "".join(c if c.isprintable() else "?" for c in text[: length + 1])
    return printable if len(printable) <= length else printable[: length - 1] + "…"


def _reasons(summary: SkipSummary) -> str:
    if not summary.by_reason:
        return ""
    counts = sorted(summary.by_reason.items(), key=lambda item: -item[1])
    faces_first = next((e for e in summary.examples if e.reason not in NOT_FACES), summary.examples[0])
    return f" Skipped: {'; '.join(f'{count} {reason}' for reason, count in counts[:3])}. First: {faces_first}."
