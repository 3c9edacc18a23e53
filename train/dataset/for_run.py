"""An archive read and cleaned as a run asks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_core.paths import home
from train.archive.reader import Dataset
from train.dataset.cache import load_dataset
from train.dataset.ferplus import read_votes, without_non_faces
from train.dataset.folds import read_folds
from train.errors import ArchiveError
from train.runs.request import CLEANING, RunRequest


def read_once(path: Path, label_order: str = "") -> Dataset:
    """An archive, decoded at the first call and out of the cache below FER_HOME at later ones.

    Args:
        path: of the archive.
        label_order: what its numeric labels mean (see `train.archive.reader.read_archive`).

    Raises:
        ArchiveError: it cannot be read, or the disk is too full for the cache.
    """
    return load_dataset(path, home() / "datasets", label_order=label_order)


def _read_cleaned(request: RunRequest, path: Path) -> Dataset:
    """The archive, divided anew for cross-validation, with the named switches of `train.runs.request.CLEANING`."""
    dataset, cleaning = read_once(path, request.label_order), request.cleaning
    if request.folds is not None:
        dataset = read_folds(request.folds.path).validated_on(dataset, request.fold)
    if not cleaning:
        return dataset
    from train.dataset.report import clean

    drop_duplicates, drop_leaks, drop_blanks = (switch in cleaning for switch in CLEANING)
    return clean(dataset, drop_duplicates=drop_duplicates, drop_leaks=drop_leaks, drop_blanks=drop_blanks)


@dataclass(frozen=True, eq=False)
class RunVotes:
    """What FER+'s voters said of a run's images.

    Attributes:
        shares: float32 (n, 10), what each training image teaches (see `train.dataset.ferplus.Votes.shares_for`).
        validation: int64 (n, 10), the votes on each validation image; None where the csv has none.
    """

    shares: np.ndarray
    validation: np.ndarray | None


def read_for_run(request: RunRequest, archive: Path) -> tuple[Dataset, RunVotes | None]:
    """The archive cleaned as a run asks, and the votes on its images where it uses them.

    Raises:
        ArchiveError: the archive cannot be read or has no training faces, or cleaning would leave a split empty.
        ConfigError: the votes or the folds cannot be read, or are not this archive's.
    """
    dataset = _read_cleaned(request, archive)
    if "train" not in dataset.splits or "validation" not in dataset.splits:
        have = " and ".join(dataset.splits)
        raise ArchiveError(f"{dataset.source} has no training faces, only {have}. Use an archive that has them.")
    if request.ferplus is None:
        return dataset, None
    whole = read_once(archive, request.label_order)
    votes = read_votes(request.ferplus.path, whole)
    if request.drop_not_faces:
        dataset = without_non_faces(dataset, votes)
    validation = read_votes(request.ferplus.path, whole, split="validation")
    counts = validation.counts_for(dataset["validation"])
    return dataset, RunVotes(votes.shares_for(dataset["train"]), counts if counts.any() else None)
