"""What an archive becomes: labelled faces by split, and an account of what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.errors import ArchiveError

SIDE: Final = 48
SPLITS: Final[tuple[str, ...]] = ("train", "validation", "test")
"""Every split's name, in the order in which they are used."""


class SkipReason(StrEnum):
    """Why a row, an image or another entry of an archive was left out."""

    TOO_FEW_COLUMNS = "too few columns"
    LINE_TOO_LONG = "line too long"
    WRONG_LABEL = "label is not an emotion"
    CONTEMPT = "contempt, which is none of the seven emotions"
    UNLABELLED = "without a label"
    UNKNOWN_USAGE = "unknown Usage"
    PIXEL_COUNT = "wrong number of pixels"
    NOT_A_NUMBER = "pixel value is not a number"
    OUT_OF_RANGE = "pixel value outside 0-255"
    NO_EMOTION_FOLDER = "no folder on its path names an emotion"
    NOT_AN_IMAGE = "not a readable image"
    IMAGE_TOO_LARGE = "image too large"
    DAMAGED = "damaged inside the archive"
    UNSAFE_NAME = "name leads out of the archive"
    SPECIAL_FILE = "link, device or other special file"
    OTHER_FILE = "neither a csv nor an image"
    NO_COLUMNS = "csv without the columns emotion and pixels"
    OTHER_SOURCE = "left out because the archive's main csv is read instead"


NO_FAULT: Final = frozenset(
    {
        SkipReason.OTHER_FILE,
        SkipReason.NO_COLUMNS,
        SkipReason.OTHER_SOURCE,
        SkipReason.CONTEMPT,
        SkipReason.UNLABELLED,
    }
)
"""Reasons that no fault of the archive is behind: they do not count towards the share that makes it unusable."""


@dataclass(frozen=True)
class Skipped:
    """One thing left out. `where` is a line or an entry's name, made printable; `detail` may be empty."""

    where: str
    reason: SkipReason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class SkippedPlace:
    """`count` faces left out for one reason in one place: a folder, or a label or Usage of a csv, made printable."""

    place: str
    reason: SkipReason
    count: int


@dataclass(frozen=True)
class SkipSummary:
    """All that was left out.

    Attributes:
        by_reason: exact counts.
        examples: the first few of each reason, in reading order.
        places: where faces were left out for their label, their folder or their Usage, most first; bounded, too.
    """

    by_reason: Mapping[SkipReason, int] = field(default_factory=dict)
    examples: tuple[Skipped, ...] = ()
    places: tuple[SkippedPlace, ...] = ()

    @property
    def total(self) -> int:
        """How many rows, images and other entries were left out."""
        return sum(self.by_reason.values())

    @property
    def faces(self) -> int:
        """How many of them were meant to be labelled faces."""
        return sum(count for reason, count in self.by_reason.items() if reason not in NO_FAULT)


@dataclass(frozen=True, eq=False)
class LabelledFaces:
    """Grey faces with their labels.

    Attributes:
        pixels: uint8 (n, 48, 48), 0-255.
        labels: int64 (n,), indices into `EMOTIONS`.

    Raises:
        ValueError: a shape, a dtype or a label is another.
    """

    pixels: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.pixels.dtype != np.uint8 or self.pixels.shape[1:] != (SIDE, SIDE):
            raise ValueError(f"pixels must be uint8 (n, {SIDE}, {SIDE}), got {self.pixels.dtype} {self.pixels.shape}")
        if self.labels.dtype != np.int64 or self.labels.shape != (len(self.pixels),):
            raise ValueError(f"labels must be int64 ({len(self.pixels)},), got {self.labels.dtype} {self.labels.shape}")
        if len(self.labels) and not 0 <= self.labels.min() <= self.labels.max() < len(EMOTIONS):
            low, high = self.labels.min(), self.labels.max()
            raise ValueError(f"labels must lie in 0-{len(EMOTIONS) - 1}, got {low} to {high}")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: np.ndarray) -> "LabelledFaces":
        """The rows at `indices` (integers or a boolean mask)."""
        return LabelledFaces(self.pixels[indices], self.labels[indices])


@dataclass(frozen=True, eq=False)
class Dataset:
    """An archive, decoded.

    Attributes:
        splits: "train", "validation" and "test", those that the archive has, none of them empty; in this order. With
            "train" there always is "validation".
        sha256: of the archive file, in hexadecimal.
        source: the archive's file name.
        skipped: what the archive holds but the splits do not.
        made_validation: whether the validation split was made out of the archive's training faces.
        cleaned: the cleaning switches applied since, in their order; empty for the archive as it is.
        label_order: the name in `LABEL_ORDERS` of the order that numeric labels were read in; empty without such.
        notes: sentences about faces whose split was in doubt.
        split_by: what a made validation split keeps together beside identical images: "person" or "sequence" where file
            names tell it, else "image"; empty where no validation split was made.
        read: faces by split as the archive was read; cleaning leaves it as it is.
    """

    splits: dict[str, LabelledFaces]
    sha256: str
    source: str
    skipped: SkipSummary = SkipSummary()
    made_validation: bool = False
    cleaned: tuple[str, ...] = ()
    label_order: str = ""
    notes: tuple[str, ...] = ()
    split_by: str = ""
    read: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.read:
            object.__setattr__(self, "read", {split: len(faces) for split, faces in self.splits.items()})

    def __getitem__(self, split: str) -> LabelledFaces:
        """The faces of `split`.

        Raises:
            ArchiveError: the archive has no such split.
        """
        if split not in self.splits:
            have = ", ".join(self.splits)
            raise ArchiveError(f"{self.source} has no {split} split; it has {have}. Choose one of those.")
        return self.splits[split]
