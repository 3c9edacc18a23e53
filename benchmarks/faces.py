"""FER2013's validation images for the benchmarks that need real faces."""

import argparse
import os
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.errors import FerError
from train.archive.reader import Dataset, LabelledFaces
from train.dataset.ferplus import read_votes
from train.dataset.for_run import read_once
from train.evaluation.crowd import clear_emotions

ARCHIVE_VARIABLE: Final = "FER_BENCH_ARCHIVE"


class MissingFacesError(FerError):
    """There is no archive, or none with a validation split, to take faces from."""


def parser_with_archive(name: str, doc: str | None) -> argparse.ArgumentParser:
    """A parser for `python -m benchmarks.<name>` that knows --archive; `doc` is the module's docstring."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=(doc or "").split("\n")[0])
    parser.add_argument(
        "--archive", type=Path, help=f"FER2013 as csv, zip or tar.gz; default: the one that {ARCHIVE_VARIABLE} names"
    )
    return parser


def validation_faces(archive: Path | None, *, count: int | None = None, seed: int = 0) -> LabelledFaces:
    """The validation split (PublicTest), or `count` of its images drawn by `seed`, in the archive's order.

    Args:
        archive: None for the one that FER_BENCH_ARCHIVE names.
        count: None, or more than there are, for all.
        seed: of the draw.

    Raises:
        MissingFacesError: neither names an archive, or its validation split was made out of training faces.
        ArchiveError: it cannot be read.
    """
    faces = _with_own_validation(archive)["validation"]
    return faces if count is None else drawn(faces, count, seed=seed)


def _with_own_validation(archive: Path | None) -> Dataset:
    named = archive or os.environ.get(ARCHIVE_VARIABLE)
    if not named:
        raise MissingFacesError(
            f"This benchmark needs FER2013's images, and no archive is named. Pass --archive or set {ARCHIVE_VARIABLE}."
        )
    dataset = read_once(Path(named))
    if dataset.made_validation:
        raise MissingFacesError(
            f"{dataset.source} has no validation split of its own, and its training faces would flatter models that "
            "learned from them. Use an archive with PublicTest, such as the Kaggle csv."
        )
    return dataset


def clear_faces(archive: Path | None, ferplus: Path, *, count: int | None = None, seed: int = 0) -> LabelledFaces:
    """The validation images on which more than half of FER+'s voters agree, labelled with what they saw.

    Args:
        archive: as in `validation_faces`.
        ferplus: fer2013new.csv.
        count: None, or more than there are, for all.
        seed: of the draw.

    Raises:
        MissingFacesError, ArchiveError: as in `validation_faces`.
        ConfigError: the votes are not those of this archive.
    """
    dataset = _with_own_validation(archive)
    faces = dataset["validation"]
    clear, emotions = clear_emotions(read_votes(ferplus, dataset, split="validation").counts_for(faces))
    faces = LabelledFaces(faces.pixels[clear], emotions[clear])
    return faces if count is None else drawn(faces, count, seed=seed)


def drawn(faces: LabelledFaces, count: int, *, seed: int) -> LabelledFaces:
    """`count` of the faces (all, where there are fewer), drawn without putting back, in their own order.

    Raises:
        ValueError: `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    if count >= len(faces):
        return faces
    return faces.take(np.sort(np.random.default_rng(seed).choice(len(faces), count, replace=False)))
