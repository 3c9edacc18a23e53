"""What is in a data set and what is wrong with it; and the switches that clean it.

Images are compared byte by byte after decoding to 48 x 48 grey. Words used throughout:

- A *duplicate group* is two or more identical images, wherever they stand.
- A *leak* is an image of a later split that also stands in an earlier one (train, validation, test in this order):
  a network is measured on what it was trained or chosen on. FER2013's published figures are some 2 points too high
  through them.
- A *conflict* is a duplicate group whose images have more than one label.
- A *blank* image has one grey value throughout. A *near-blank* one has a standard deviation below
  `NEAR_BLANK_STD` grey levels: on FER2013 a grey card and a black one, while the darkest real face has 9.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import combinations
from textwrap import wrap
from typing import Any, Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive_content import groups_by_split
from train.archive_types import Dataset, LabelledFaces
from train.dataset_warnings import labels_read, warnings_of
from train.errors import ArchiveError

NEAR_BLANK_STD: Final = 8.0
SAMPLES_PER_CLASS: Final = 8
_CHUNK: Final = 2048


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
class Leak:
    """`images` of split `later` also stand in split `earlier`."""

    earlier: str
    later: str
    images: int


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
        label_order: the order that numeric labels were read in, empty where there are none; see `train.label_orders`.
        labels_read: the same as a sentence.
        warnings: what may well be wrong, a sentence each.
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

    @property
    def skipped_total(self) -> int:
        """How many rows, images and other entries could not be read."""
        return sum(self.skipped.values())

    def leaked(self, later: str, earlier: str = "train") -> int:
        """Images of `later` that also stand in `earlier`; 0 where a split is missing."""
        return sum(leak.images for leak in self.leaks if (leak.earlier, leak.later) == (earlier, later))

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
            lines.append("The archive has no validation split; a tenth of train was set aside for it.")
        lines += ["", f"{'split':<11}{'duplicate groups':>17}{'images in them':>16}{'blank':>7}{'near-blank':>12}"]
        for name, split in self.splits.items():
            lines.append(
                f"{name:<11}{split.duplicate_groups:>17}{split.duplicate_images:>16}{split.blank:>7}{split.near_blank:>12}"
            )
        lines += [f"{'together':<11}{self.duplicate_groups:>17}{self.duplicate_images:>16}", ""]
        lines += [f"{leak.images} images of {leak.later} also stand in {leak.earlier}." for leak in self.leaks]
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
        leaks=tuple(
            Leak(earlier, later, int(np.isin(groups[later], groups[earlier]).sum()))
            for earlier, later in combinations(groups, 2)
        ),
        conflicting_groups=int(conflicting.sum()),
        conflicting_images=int(sizes[conflicting].sum()),
        skipped={str(reason): count for reason, count in dataset.skipped.by_reason.items()},
        skip_examples=tuple(str(example) for example in dataset.skipped.examples),
        samples=_samples(next(iter(dataset.splits.values())).labels),
        label_order=dataset.label_order,
        labels_read=labels_read(dataset),
        warnings=warnings_of(dataset),
    )


def blank_images(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which images of uint8 (n, h, w) are blank, and which further ones near-blank: two bool (n,)."""
    blank = np.empty(len(pixels), bool)
    low_contrast = np.empty(len(pixels), bool)
    for start in range(0, len(pixels), _CHUNK):  # in pieces, for std makes floats of all it gets
        rows = slice(start, start + _CHUNK)
        flat = pixels[rows].reshape(len(pixels[rows]), -1)
        blank[rows] = flat.min(axis=1) == flat.max(axis=1)
        low_contrast[rows] = flat.std(axis=1, dtype=np.float32) < NEAR_BLANK_STD
    return blank, low_contrast & ~blank


def clean(dataset: Dataset, *, drop_duplicates: bool, drop_leaks: bool, drop_blanks: bool) -> Dataset:
    """A copy of `dataset` without what the switches name; the order of the rest stays.

    Args:
        drop_duplicates: within each split one image of each group of identical ones stays: the first of those with
            the group's most frequent label there (of equally frequent labels, the one that comes first).
        drop_leaks: validation loses the images that also stand in train, test those that also stand in train or in
            validation. Train loses nothing: what is measured on has to be unseen, what is learnt from need not be.
        drop_blanks: every split loses its blank and near-blank images.

    The outcome is the same in whatever order the switches are thought of, for each depends on content alone.

    Raises:
        ArchiveError: a split would be left empty.
    """
    switches = {"drop_duplicates": drop_duplicates, "drop_leaks": drop_leaks, "drop_blanks": drop_blanks}
    groups = groups_by_split(dataset)
    splits: dict[str, LabelledFaces] = {}
    for index, (name, faces) in enumerate(dataset.splits.items()):
        keep = np.ones(len(faces), bool)
        if drop_duplicates:
            keep &= _one_of_each(groups[name], faces.labels)
        if drop_leaks and index:
            keep &= ~np.isin(groups[name], np.concatenate(list(groups.values())[:index]))
        if drop_blanks:
            keep &= ~np.logical_or(*blank_images(faces.pixels))
        if not keep.any():
            on = " and ".join(switch for switch, is_on in switches.items() if is_on)
            raise ArchiveError(f"{on} would leave nothing of the {name} split of {dataset.source}. Switch one off.")
        splits[name] = faces.take(keep)
    new = tuple(switch for switch, is_on in switches.items() if is_on and switch not in dataset.cleaned)
    return replace(dataset, splits=splits, cleaned=dataset.cleaned + new)


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


def _one_of_each(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """bool (n,): the one image of each group that stays."""
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(row)
    keep = np.zeros(len(groups), bool)
    for rows in members.values():
        # most_common keeps the order of appearance among equals: of equally frequent labels the first.
        ((label, _),) = Counter(labels[rows].tolist()).most_common(1)
        keep[next(row for row in rows if labels[row] == label)] = True
    return keep


def _samples(labels: np.ndarray) -> dict[str, tuple[int, ...]]:
    samples = {}
    for index, emotion in enumerate(EMOTIONS):
        rows = np.flatnonzero(labels == index)
        spread = np.linspace(0, len(rows) - 1, min(SAMPLES_PER_CLASS, len(rows))).round().astype(int)
        samples[emotion] = tuple(rows[spread].tolist())
    return samples
