"""Where faces gather while an archive is read: growing arrays by source and split, and the account of skips."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.label_orders import CONTEMPT_CODE, labels_of_codes
from train.archive.limits import ArchiveLimits
from train.archive.people import PeopleShown
from train.archive.skips import SkipAccount, reasons_for_people
from train.archive.splits import Source, SplitDoubts
from train.archive.types import SIDE, SPLITS, LabelledFaces, SkipReason, SkipSummary
from train.archive.vocabulary import SplitOfPath
from train.errors import ArchiveError

CHUNK_FACES: Final = 1024


@dataclass(frozen=True, eq=False)
class CollectedFaces:
    """What came in: splits in the order of `SPLITS`, none empty; see `train.archive.types.Dataset` for the rest.

    `people` is what file names tell, of all faces that came in.
    """

    splits: dict[str, LabelledFaces]
    skipped: SkipSummary
    label_order: str
    notes: tuple[str, ...]
    people: PeopleShown


class FaceCollector:
    """Takes faces and skips one by one and gives splits at the end.

    Args:
        name: the archive's, for messages.
        label_order: the order of its numeric labels (see `train.archive.label_orders`); empty to find out.
        people: told of each image's path; one that knows the names of known sets if None.
    """

    def __init__(
        self, name: str, limits: ArchiveLimits, label_order: str = "", people: PeopleShown | None = None
    ) -> None:
        self.name = name
        self._limits = limits
        self._label_order = label_order
        self._buffers: defaultdict[tuple[Source, str], _FaceBuffer] = defaultdict(_FaceBuffer)
        self.people = people or PeopleShown()
        self._faces = 0
        self._skips = SkipAccount(name, limits)
        self._doubts = SplitDoubts()

    @property
    def faces(self) -> int:
        """How many came in so far."""
        return self._faces

    def add(self, source: Source, split: SplitOfPath, code: int, pixels: np.ndarray, *, place: str) -> None:
        """Keep one face.

        Args:
            source: the kind of file or folder that the face comes from.
            split: what is known of its split; without any it is a training face.
            code: its label, as `label_code` gives it.
            pixels: uint8 (48, 48).
            place: its folder or csv, for remarks.

        Raises:
            ArchiveError: there are more faces than the limits allow.
        """
        if self._faces >= self._limits.faces:
            raise ArchiveError(
                f"{self.name} holds more than {self._limits.faces} faces, the most that are read. "
                "Use a smaller archive."
            )
        self._faces += 1
        self._doubts.see(source, split, place)
        self._buffers[source, split.split or "train"].add(pixels, code)

    def skip(self, where: str, reason: SkipReason, detail: str = "", *, place: str = "", count: int = 1) -> None:
        """Count something left out, and list it if the list has room.

        Raises:
            ArchiveError: more was left out than the limits allow.
        """
        self._skips.add(where, reason, detail, place=place, count=count)

    def finish(self) -> CollectedFaces:
        """The splits of the most trusted source, and what was left out.

        Raises:
            ArchiveError: no face came in, too large a share of them was skipped, or their labels are numbers whose
                order is not known.
        """
        summary = self._skips.summary()
        if not self._buffers:
            raise ArchiveError(
                f"{self.name} holds no usable face: expected a csv with emotion,pixels,Usage or folders "
                f"train/<emotion>/, test/<emotion>/ of images.{reasons_for_people(summary)} "
                "Check that it is a FER2013 archive."
            )
        source = min(source for source, _ in self._buffers)
        codes = {code for (each, _), buffer in self._buffers.items() if each is source for code in buffer.codes}
        table, order = labels_of_codes(codes, self._label_order, self.name)
        share = summary.faces / (summary.faces + self._faces)
        if share > self._limits.skipped_share:
            raise ArchiveError(
                f"{self.name} is mostly unusable: {summary.faces} of {summary.faces + self._faces} faces had to be "
                f"skipped; at most {self._limits.skipped_share:.0%} may be.{reasons_for_people(summary)} "
                "Fix the archive."
            )
        splits = self._splits(source, table)
        if not splits:
            raise ArchiveError(f"{self.name} holds no usable face: all show contempt, none {', '.join(EMOTIONS)}.")
        return CollectedFaces(splits, self._skips.summary(), order, self._doubts.sentences(source), self.people)

    def _splits(self, source: Source, table: np.ndarray) -> dict[str, LabelledFaces]:
        for other in sorted({source for source, _ in self._buffers} - {source}):
            count = sum(len(buffer) for (each, _), buffer in self._buffers.items() if each is other)
            self.skip(other.name.lower().replace("_", " "), SkipReason.OTHER_SOURCE, f"{count} faces")
        splits = {}
        for split in SPLITS:
            if (source, split) not in self._buffers:
                continue
            # Popped one by one, so that no more than one split exists twice at any moment.
            faces, contempt = self._buffers.pop((source, split)).stack(table)
            if contempt:
                self.skip(f"{split} split", SkipReason.CONTEMPT, f"{contempt} faces", count=contempt)
            if len(faces):
                splits[split] = faces
        return splits


class _FaceBuffer:
    """Faces in arrays of fixed size: no list of Python objects, no doubling of one large array."""

    def __init__(self) -> None:
        self._pixels: list[np.ndarray] = []
        self._codes: list[int] = []
        self.codes: set[int] = set()

    def __len__(self) -> int:
        return len(self._codes)

    def add(self, pixels: np.ndarray, code: int) -> None:
        row = len(self._codes) % CHUNK_FACES
        if row == 0:
            self._pixels.append(np.empty((CHUNK_FACES, SIDE, SIDE), np.uint8))
        self._pixels[-1][row] = pixels
        self._codes.append(code)
        self.codes.add(code)

    def stack(self, table: np.ndarray) -> tuple[LabelledFaces, int]:
        """The faces with their labels out of the table of `labels_of_codes`, and how many of contempt are left out."""
        labels = table[np.array(self._codes, np.int64)]
        keep = labels != CONTEMPT_CODE
        pixels = np.empty((int(keep.sum()), SIDE, SIDE), np.uint8)
        end = 0
        for index, chunk in enumerate(self._pixels):
            start = index * CHUNK_FACES
            kept = chunk[: len(self) - start][keep[start : start + CHUNK_FACES]]
            pixels[end : end + len(kept)] = kept
            end += len(kept)
        return LabelledFaces(pixels, labels[keep]), int((~keep).sum())
