"""FER2013 as people have it, and data sets in its forms, read into splits without ever unpacking anything to disk.

Read here: the Kaggle challenge's csv (`emotion,pixels,Usage`, columns in any order, Usage optional), plain, gzipped or
within a zip, tar or tar.gz; and class folders (`train/<emotion>/*`, `test/<emotion>/*`, or without a split) of images
within a zip, tar or tar.gz, or as a folder on disk. An archive that holds nothing but archives is read one level deep.
`train.archive.vocabulary` and `train.archive.label_words` say what a name means, `train.archive.label_orders` what a
number means.

A single bad row or image is skipped, counted and listed in `Dataset.skipped`. The archive as a whole is refused, by
one ArchiveError, when it is damaged, encrypted or past a limit, when too much of it had to be skipped, or when its
labels are numbers that several data sets use differently.
"""

import re
from pathlib import Path

from fer_core.expressions.model_files import file_sha256
from train.archive.folders import folder_sha256
from train.archive.label_orders import check_label_order
from train.archive.layouts import read_source
from train.archive.limits import ArchiveLimits
from train.archive.people import PeopleShown, set_aside_validation
from train.archive.skips import shown
from train.archive.types import SIDE, SPLITS, Dataset, LabelledFaces, Skipped, SkipReason, SkipSummary
from train.errors import ArchiveError, ConfigError

__all__ = [
    "SIDE",
    "SPLITS",
    "ArchiveLimits",
    "Dataset",
    "LabelledFaces",
    "SkipReason",
    "SkipSummary",
    "Skipped",
    "archive_sha256",
    "read_archive",
    "read_people",
]


def read_archive(
    path: Path, limits: ArchiveLimits | None = None, *, sha256: str | None = None, label_order: str = ""
) -> Dataset:
    """Read a FER2013 archive.

    Args:
        path: csv, zip, tar or tar.gz; which one is told by the content, not by the name. Or a folder.
        limits: what it may cost; `ArchiveLimits()` if None.
        sha256: of the archive, if it is known already.
        label_order: what numeric labels mean: a name in `LABEL_ORDERS`; empty to read 0-6 in FER2013's order and to
            refuse others.

    Raises:
        ArchiveError: it is missing, is none of these, is damaged, encrypted or past a limit, or holds no usable face.
        ConfigError: there is no such label order.
    """
    check_label_order(label_order)
    limits = limits or ArchiveLimits()
    name = shown(path.name)
    try:
        _check_source(path, limits)
        collected = read_source(path, limits, label_order).finish()
        sha256 = sha256 or archive_sha256(path)
    except OSError as error:
        raise ArchiveError(
            f"{name} cannot be read: {error.strerror or error}. Check the disk and its permissions."
        ) from error
    splits, made_by = collected.splits, ""
    if "train" in splits and "validation" not in splits:
        train, validation, made_by = set_aside_validation(splits["train"], name, collected.people)
        splits = {"train": train, "validation": validation} | {s: splits[s] for s in splits if s == "test"}
    return Dataset(
        splits,
        sha256,
        name,
        collected.skipped,
        made_validation=bool(made_by),
        label_order=collected.label_order,
        notes=collected.notes,
        split_by=made_by,
    )


def read_people(path: Path, *, label_order: str = "", person: str = "") -> PeopleShown:
    """What an archive's file names tell of whom its images show. The archive is decoded for it.

    Args:
        path: of an archive that `read_archive` reads.
        label_order: what its numeric labels mean.
        person: a regular expression that finds a person in an image's path; empty for the names of known sets.

    Raises:
        ArchiveError: as `read_archive`.
        ConfigError: the expression is none.
    """
    try:
        pattern = re.compile(person) if person else None
    except re.error as error:
        raise ConfigError(f"{person!r} is no regular expression: {error}.") from error
    return read_source(path, ArchiveLimits(), label_order, pattern).people


def archive_sha256(path: Path) -> str:
    """The SHA-256 of an archive file, or one of all that is read of a folder, in hexadecimal."""
    return folder_sha256(path, ArchiveLimits()) if path.is_dir() else file_sha256(path)


def _check_source(path: Path, limits: ArchiveLimits) -> None:
    if path.is_dir():
        return
    if not path.is_file():
        raise ArchiveError(f"No archive at {path}: expected a csv, zip or tar.gz file, or a folder. Check the path.")
    size = path.stat().st_size
    if size == 0:
        raise ArchiveError(f"{path.name} is empty: expected a csv, zip or tar.gz file. Download it again.")
    if size > limits.archive_bytes:
        raise ArchiveError(
            f"{path.name} has {size} bytes; at most {limits.archive_bytes} are read (limit: archive_bytes). "
            "Use a smaller archive."
        )
