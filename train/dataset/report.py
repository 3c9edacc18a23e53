"""What is in a data set and what is wrong with it; and the switches that clean it.

Images are compared byte by byte after decoding to 48 x 48 grey. Words used throughout:

- A *duplicate group* is two or more identical images, wherever they stand.
- A *leak* is an image of a later split that also stands in an earlier one (train, validation, test in this order):
  a network is measured on what it was trained or chosen on. FER2013's published figures are some 2 points too high
  through them.
- A *near-duplicate* looks almost the same as another image, as frames of one sequence do
  (`train.dataset.near_duplicates`).
- A *conflict* is a duplicate group whose images have more than one label.
- A *blank* image has one grey value throughout. A *near-blank* one has a standard deviation below
  `NEAR_BLANK_STD` grey levels: on FER2013 a grey card and a black one, while the darkest real face has 9.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from textwrap import wrap
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.content import groups_by_split
from train.archive.types import Dataset, LabelledFaces
from train.dataset.clean import NEAR_BLANK_STD, SWITCHES, blank_images, clean, dropped_by
from train.dataset.leaks import Leak, identical_leaks, near_leaks
from train.dataset.warnings import labels_read, warnings_of

__all__ = ["NEAR_BLANK_STD", "DatasetReport", "Leak", "SplitReport", "blank_images", "clean", "report_on"]

SAMPLES_PER_CLASS: Final = 8


@dataclass(frozen=True)
class SplitReport:
    """One split.

    Attributes:
        faces: how many images.
        per_class: how many by emotion, in the order of `EMOTIONS`, zeros included.
        imbalance: the largest class over the smallest that has any; 1 is even.
        duplicate_groups: groups of identical images within this split.
        duplicate_images: images in those groups.
        blank: images of one grey value.
        near_blank: further images with next to no contrast.
    """

    faces: int
    per_class: Mapping[str, int]
    imbalance: float
    duplicate_groups: int
    duplicate_images: int
    blank: int
    near_blank: int


@dataclass(frozen=True)
class DatasetReport:
    """A data set described.

    Attributes:
        source, sha256: the archive's file name and hash.
        made_validation: whether validation was made out of train because the archive has none.
        cleaned: cleaning switches applied before.
        splits: by split name.
        duplicate_groups, duplicate_images: over all splits together.
        leaks: for each two splits that are there.
        conflicting_groups, conflicting_images: duplicate groups with several labels, over all splits.
        skipped: what could not be read, counted by reason.
        skip_examples: the first few of each reason, as text.
        samples: indices into the training split (the first split, where there is none) of a few faces per emotion,
            spread evenly.
        label_order: the order that numeric labels were read in (see `train.archive.label_orders`); empty where there
            are none.
        labels_read: the same as a sentence.
        warnings: what may well be wrong, a sentence each.
        near_leaks: for each two splits, images that have a near-identical, but no identical one in the earlier split.
        drops: how many images each cleaning switch would take away, by itself.
        split_by: what a made validation split keeps together: "person", "sequence" or "image"; else empty.
    """

    source: str
    sha256: str
    made_validation: bool
    cleaned: tuple[str, ...]
    splits: Mapping[str, SplitReport]
    duplicate_groups: int
    duplicate_images: int
    leaks: tuple[Leak, ...]
    conflicting_groups: int
    conflicting_images: int
    skipped: Mapping[str, int]
    skip_examples: tuple[str, ...]
    samples: Mapping[str, tuple[int, ...]]
    label_order: str = ""
    labels_read: str = ""
    warnings: tuple[str, ...] = ()
    near_leaks: tuple[Leak, ...] = ()
    drops: Mapping[str, int] = field(default_factory=dict)
    split_by: str = ""

    @property
    def skipped_total(self) -> int:
        """How many rows, images and other entries could not be read."""
        return sum(self.skipped.values())

    def leaked(self, later: str, earlier: str = "train") -> int:
        """Images of `later` that also stand in `earlier`; 0 where a split is missing."""
        return sum(leak.images for leak in self.leaks if (leak.earlier, leak.later) == (earlier, later))

    @property
    def kept_together(self) -> str:
        """How a validation split was made out of train, as a sentence; empty where none was made."""
        if not self.made_validation:
            return ""
        if self.split_by in ("person", "sequence"):
            return f"File names tell the {self.split_by}: no {self.split_by} has images in both."
        return "File names tell no person or sequence, so one person's images may stand in both."

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON knows."""
        return asdict(self)

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def to_text(self) -> str:
        """As lines for a terminal."""
        head = f"{'split':<11}{'faces':>8}" + "".join(f"{emotion:>9}" for emotion in EMOTIONS)
        lines = [f"{self.source}  sha256 {self.sha256[:16]}…"]
        for sentence in (self.labels_read, *(f"Warning: {sentence}" for sentence in self.warnings)):
            lines += wrap(sentence, 116, subsequent_indent="  ")
        lines += ["", head + f"{'largest/smallest':>18}"]
        for name, split in self.splits.items():
            counts = "".join(f"{split.per_class[emotion]:>9}" for emotion in EMOTIONS)
            lines.append(f"{name:<11}{split.faces:>8}{counts}{split.imbalance:>18.1f}")
        if self.made_validation:
            lines += ["The archive has no validation split; a tenth of train was set aside for it.", self.kept_together]
        lines += ["", f"{'split':<11}{'duplicate groups':>17}{'images in them':>16}{'blank':>7}{'near-blank':>12}"]
        for name, split in self.splits.items():
            lines.append(
                f"{name:<11}{split.duplicate_groups:>17}{split.duplicate_images:>16}{split.blank:>7}{split.near_blank:>12}"
            )
        lines += [f"{'together':<11}{self.duplicate_groups:>17}{self.duplicate_images:>16}", ""]
        lines += [f"{leak.images} images of {leak.later} also stand in {leak.earlier}." for leak in self.leaks]
        lines += [
            f"{leak.images} further images of {leak.later} are near-identical to one in {leak.earlier}."
            for leak in self.near_leaks
        ]
        lines += [f"--{switch.replace('_', '-')} would drop {count} images." for switch, count in self.drops.items()]
        conflicts = f"{self.conflicting_groups} groups of identical images ({self.conflicting_images} images)"
        lines.append(f"{conflicts} have several labels.")
        if self.cleaned:
            lines.append(f"Cleaned: {', '.join(self.cleaned)}.")
        lines.append(f"{self.skipped_total} entries were skipped" + (":" if self.skipped else "."))
        lines += [f"  {count} x {reason}" for reason, count in self.skipped.items()]
        lines += [f"    {example}" for example in self.skip_examples]
        return "\n".join(lines) + "\n"


def report_on(dataset: Dataset) -> DatasetReport:
    """Describe `dataset`; FER2013 takes about a second."""
    groups = groups_by_split(dataset)
    everything = np.concatenate(list(groups.values()))
    labels = np.concatenate([faces.labels for faces in dataset.splits.values()])
    sizes = np.bincount(everything)
    # A group has several labels when its lowest and its highest differ.
    lowest, highest = np.full(len(sizes), len(EMOTIONS)), np.full(len(sizes), -1)
    np.minimum.at(lowest, everything, labels)
    np.maximum.at(highest, everything, labels)
    conflicting = (lowest < highest) & (sizes > 1)
    return DatasetReport(
        source=dataset.source,
        sha256=dataset.sha256,
        made_validation=dataset.made_validation,
        cleaned=dataset.cleaned,
        splits={name: _report_on_split(faces, groups[name]) for name, faces in dataset.splits.items()},
        duplicate_groups=int(np.count_nonzero(sizes > 1)),
        duplicate_images=int(sizes[sizes > 1].sum()),
        leaks=identical_leaks(groups),
        conflicting_groups=int(conflicting.sum()),
        conflicting_images=int(sizes[conflicting].sum()),
        skipped={str(reason): count for reason, count in dataset.skipped.by_reason.items()},
        skip_examples=tuple(str(example) for example in dataset.skipped.examples),
        samples=_samples(next(iter(dataset.splits.values())).labels),
        label_order=dataset.label_order,
        labels_read=labels_read(dataset),
        warnings=warnings_of(dataset),
        near_leaks=near_leaks(dataset, groups),
        drops={switch: dropped_by(dataset, groups, switch) for switch in SWITCHES},
        split_by=dataset.split_by,
    )


def _report_on_split(faces: LabelledFaces, groups: np.ndarray) -> SplitReport:
    counts = np.bincount(faces.labels, minlength=len(EMOTIONS))
    sizes = np.bincount(groups)
    blank, near_blank = blank_images(faces.pixels)
    return SplitReport(
        faces=len(faces),
        per_class=dict(zip(EMOTIONS, counts.tolist(), strict=True)),
        imbalance=float(counts.max() / counts[counts > 0].min()),
        duplicate_groups=int(np.count_nonzero(sizes > 1)),
        duplicate_images=int(sizes[sizes > 1].sum()),
        blank=int(blank.sum()),
        near_blank=int(near_blank.sum()),
    )


def _samples(labels: np.ndarray) -> dict[str, tuple[int, ...]]:
    samples = {}
    for index, emotion in enumerate(EMOTIONS):
        rows = np.flatnonzero(labels == index)
        spread = np.linspace(0, len(rows) - 1, min(SAMPLES_PER_CLASS, len(rows))).round().astype(int)
        samples[emotion] = tuple(rows[spread].tolist())
    return samples
