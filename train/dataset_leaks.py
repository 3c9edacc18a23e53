"""Images that stand in several splits of one data set, identically or nearly so, and what cleaning would drop."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from train.archive_types import Dataset
from train.near_duplicates import near_copies


@dataclass(frozen=True)
class Leak:
    """`images` of split `later` also stand in split `earlier`."""

    earlier: str
    later: str
    images: int


def identical_leaks(groups: Mapping[str, np.ndarray]) -> tuple[Leak, ...]:
    """For each two splits the images that stand in both; `groups` as `groups_by_split` gives them."""
    return tuple(
        Leak(earlier, later, int(np.isin(groups[later], groups[earlier]).sum()))
        for earlier, later in combinations(groups, 2)
    )


def near_leaks(dataset: Dataset, groups: Mapping[str, np.ndarray]) -> tuple[Leak, ...]:
    """For each two splits the images of the later one that have a near-identical, but no identical one in the earlier.

    FER2013 takes some seconds.
    """
    found = []
    for earlier, later in combinations(dataset.splits, 2):
        near = near_copies(dataset.splits[later], dataset.splits[earlier])
        found.append(Leak(earlier, later, int((near & ~np.isin(groups[later], groups[earlier])).sum())))
    return tuple(found)


def leaking_images(groups: Mapping[str, np.ndarray], split: str) -> np.ndarray:
    """Which images of `split` also stand in a split before it, bool (n,): each once, in however many it stands."""
    names = list(groups)
    before = [groups[name] for name in names[: names.index(split)]]
    return np.isin(groups[split], np.concatenate(before)) if before else np.zeros(len(groups[split]), bool)
