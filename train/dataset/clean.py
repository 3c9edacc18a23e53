"""The switches that clean a data set. `train.dataset.report` defines the terms."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from train.archive.content import groups_by_split
from train.archive.types import Dataset, LabelledFaces
from train.dataset.leaks import leaking_images
from train.errors import ArchiveError

NEAR_BLANK_STD: Final = 8.0
SWITCHES: Final = ("drop_duplicates", "drop_leaks", "drop_blanks")
_CHUNK: Final = 2048


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
        dataset: what is cleaned; it stays as it is.
        drop_duplicates: within each split one image of each group of identical ones stays: the first of those with
            the group's most frequent label there (of equally frequent labels, the one that comes first).
        drop_leaks: validation loses the images that also stand in train, test those that also stand in train or in
            validation. Train loses nothing: what is measured on has to be unseen, what is learnt from need not be.
        drop_blanks: every split loses its blank and near-blank images.

    The order of the switches does not matter: each depends on the images alone.

    Raises:
        ArchiveError: a split would be left empty.
    """
    switches = dict(zip(SWITCHES, (drop_duplicates, drop_leaks, drop_blanks), strict=True))
    on = [switch for switch, is_on in switches.items() if is_on]
    groups = groups_by_split(dataset)
    splits: dict[str, LabelledFaces] = {}
    for name, faces in dataset.splits.items():
        keep = np.ones(len(faces), bool)
        for switch in on:
            keep &= ~_unwanted(dataset, groups, name, switch)
        if not keep.any():
            raise ArchiveError(
                f"{' and '.join(on)} would leave nothing of the {name} split of {dataset.source}. Switch one off."
            )
        splits[name] = faces.take(keep)
    new = tuple(switch for switch in on if switch not in dataset.cleaned)
    return replace(dataset, splits=splits, cleaned=dataset.cleaned + new)


def _unwanted(dataset: Dataset, groups: Mapping[str, np.ndarray], split: str, switch: str) -> np.ndarray:
    """Which images of a split one switch takes away: bool (n,)."""
    faces = dataset.splits[split]
    if switch == "drop_duplicates":
        return ~_one_of_each(groups[split], faces.labels)
    if switch == "drop_leaks":
        return leaking_images(groups, split)
    blank, near_blank = blank_images(faces.pixels)
    unwanted: np.ndarray = blank | near_blank
    return unwanted


def dropped_by(dataset: Dataset, groups: Mapping[str, np.ndarray], switch: str) -> int:
    """How many images one switch takes away by itself; `groups` as `groups_by_split` gives them."""
    return sum(int(_unwanted(dataset, groups, split, switch).sum()) for split in dataset.splits)


def _one_of_each(groups: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Bool (n,): the one image of each group that stays."""
    members: dict[int, list[int]] = {}
    for row, group in enumerate(groups.tolist()):
        members.setdefault(group, []).append(row)
    keep = np.zeros(len(groups), bool)
    for rows in members.values():
        # most_common keeps the order of appearance among equals: of equally frequent labels the first.
        ((label, _),) = Counter(labels[rows].tolist()).most_common(1)
        keep[next(row for row in rows if labels[row] == label)] = True
    return keep
