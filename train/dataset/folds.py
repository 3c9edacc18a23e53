"""Training and validation faces divided into folds, for cross-validation: each fold is validated on once.

Within a fold stay together: images of one person or sequence, where file names tell; identical images; and
near-identical ones (see `train.dataset.near_duplicates`). A file of folds names images by their content, so a run finds
its fold in whatever order it reads them.
"""

import hashlib
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from fer_core.whole_files import replacing
from train.archive.content import content_digests
from train.archive.people import PeopleShown
from train.archive.types import Dataset, LabelledFaces
from train.dataset.near_duplicates import near_groups
from train.errors import ArchiveError, ConfigError

FOLD: Final = "fold_"
"""Begins the word for a fold among what was done to a data set (`Dataset.cleaned`)."""
_DIVIDED: Final = ("train", "validation")
_MOST_KNOWN: Final = 0.5
_EVENLY: Final = 1e-6
"""Among folds that want an expression alike, the smallest gets it."""


@dataclass(frozen=True, eq=False)
class Folds:
    """Which image is in which fold.

    Attributes:
        of_content: fold from 1 on, by the digest of an image (see `train.archive.content.content_digests`).
        count: how many folds there are.
        seed: of the division.
        kept_by: what stays together beside identical and near-identical images: "person", "sequence" or "image".
        words: how it was made, a sentence or two.
    """

    of_content: Mapping[bytes, int]
    count: int
    seed: int
    kept_by: str
    words: str

    def validated_on(self, dataset: Dataset, fold: int) -> Dataset:
        """The data set with one fold as validation split and the others as training split; test stays.

        Raises:
            ArchiveError: it has images that no fold has.
            ConfigError: there is no such fold.
        """
        if not 1 <= fold <= self.count:
            raise ConfigError(f"There are {self.count} folds, so --fold must be 1 to {self.count}, got {fold}.")
        faces = pooled(dataset)
        found = [self.of_content.get(digest, 0) for digest in content_digests(faces.pixels)]
        if 0 in found:
            raise ArchiveError(f"{dataset.source} has images that no fold has. Use the archive that was divided.")
        chosen = np.array(found) == fold
        parts = {"train": faces.take(~chosen), "validation": faces.take(chosen)}
        person = "" if self.kept_by == "image" else f"_by_{self.kept_by}"
        return replace(
            dataset,
            splits=parts | {name: own for name, own in dataset.splits.items() if name not in _DIVIDED},
            cleaned=(*dataset.cleaned, f"{FOLD}{fold}_of_{self.count}{person}_seed_{self.seed}"),
            made_validation=True,
            split_by=self.kept_by,
        )

    def write(self, path: Path) -> None:
        """Write them as npz."""
        facts = {"count": self.count, "seed": self.seed, "kept_by": self.kept_by, "words": self.words}
        digests = np.frombuffer(b"".join(self.of_content), np.uint8).reshape(len(self.of_content), -1)
        with replacing(path) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                allow_pickle=False,
                digests=digests,
                folds=np.array([*self.of_content.values()], np.int16),
                facts=np.array(json.dumps(facts)),
            )


def read_folds(path: Path) -> Folds:
    """Read what `Folds.write` wrote.

    Raises:
        ConfigError: it is missing, damaged or something else.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            facts = json.loads(str(arrays["facts"]))
            of_content = dict(zip(map(bytes, arrays["digests"]), arrays["folds"].tolist(), strict=True))
        return Folds(of_content, **facts)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} holds no folds ({error}): expected the file that sweep wrote.") from error


def pooled(dataset: Dataset) -> LabelledFaces:
    """Training and validation faces together."""
    parts = [dataset.splits[name] for name in _DIVIDED if name in dataset.splits]
    return LabelledFaces(np.concatenate([p.pixels for p in parts]), np.concatenate([p.labels for p in parts]))


def divide(dataset: Dataset, people: PeopleShown, *, count: int, seed: int, needs_people: bool = False) -> Folds:
    """Divide training and validation faces into folds that have about the same number of each expression.

    The same images are divided alike in whatever order they stand.

    Args:
        dataset: the archive.
        people: what its file names tell.
        count: of folds, 2 or more.
        seed: of the division.
        needs_people: whether names that tell nobody are an error.

    Raises:
        ArchiveError: there are no training faces.
        ConfigError: there are fewer groups than folds, or nobody is told where that is needed.
    """
    if "train" not in dataset.splits:
        raise ArchiveError(f"{dataset.source} has no training faces to divide.")
    faces = pooled(dataset)
    digests = content_digests(faces.pixels)
    shown = people.of(digests)
    known = [item for item in shown if item is not None]
    if needs_people and not known:
        raise ConfigError(f"No path in {dataset.source} shows a person by that expression. Change --person.")
    names: list[object] = [item or digest for item, digest in zip(shown, digests, strict=True)]
    groups = _groups(names, digests, near_groups(faces.pixels).tolist())
    if len(groups) < count:
        raise ConfigError(
            f"{dataset.source} has too few faces for {count} folds: identical and near-identical ones and those of one "
            f"person stay together, which leaves {len(groups)} groups. Ask for fewer folds."
        )
    folds = _assign(groups, faces.labels, digests, count=count, seed=seed)
    is_told = len(known) >= _MOST_KNOWN * len(faces)
    kept_by = "image" if not is_told else "person" if any(item.kind == "person" for item in known) else "sequence"
    words = _words(folds, groups, faces.labels, count=count, kept_by=kept_by, known=len(known))
    return Folds(dict(zip(digests, folds.tolist(), strict=True)), count, seed, kept_by, words)


def _groups(*names: Sequence[object]) -> list[list[int]]:
    """Rows that belong together by any of several names, each in one group, in the order of their first rows."""
    group = list(range(len(names[0])))

    def first_of(row: int) -> int:
        while group[row] != row:
            group[row] = row = group[group[row]]
        return row

    for kind in names:
        seen: dict[object, int] = {}
        for row, name in enumerate(kind):
            one, two = sorted((first_of(row), first_of(seen.setdefault(name, row))))
            group[two] = one
    members: dict[int, list[int]] = {}
    for row in range(len(group)):
        members.setdefault(first_of(row), []).append(row)
    return list(members.values())


def _assign(groups: list[list[int]], labels: np.ndarray, digests: list[bytes], *, count: int, seed: int) -> np.ndarray:
    """Fold of each row, int (n,), from 1: the largest groups first, each to where its expressions are wanted most."""

    def drawn(rows: list[int]) -> bytes:
        return hashlib.blake2b(min(digests[row] for row in rows), digest_size=16, key=str(seed).encode()).digest()

    wanted = np.maximum(np.bincount(labels, minlength=len(EMOTIONS)) / count, 1e-9)
    have = np.zeros((count, len(EMOTIONS)))
    folds = np.zeros(len(labels), int)
    for rows in sorted(groups, key=lambda rows: (-len(rows), drawn(rows))):
        added = np.bincount(labels[rows], minlength=len(EMOTIONS))
        # In shares of what is wanted, so that a rare expression counts as much as a frequent one.
        cost = (np.square((have + added) / wanted) - np.square(have / wanted)).sum(1)
        cost += _EVENLY * have.sum(1) / wanted.sum()
        fold = int(cost.argmin())
        have[fold] += added
        folds[rows] = fold + 1
    return folds


def _words(
    folds: np.ndarray, groups: list[list[int]], labels: np.ndarray, *, count: int, kept_by: str, known: int
) -> str:
    sizes = np.bincount(folds, minlength=count + 1)[1:]
    several = [rows for rows in groups if len(rows) > 1]
    together = {
        "image": "Names of files tell nobody",
        "person": f"Each person is in one fold (names tell whom {known:,} images show)",
        "sequence": f"Each sequence is in one fold (names tell of {known:,} images)",
    }[kept_by]
    alike = "no two images are near-identical."
    if several:
        alike = (
            f"identical and near-identical images stay together, {len(several):,} groups, of "
            f"{max(map(len, several)):,} faces at most."
        )
    said = f"{count} folds of {sizes.min():,} to {sizes.max():,} faces. {together}; {alike}"
    lacking = [
        emotion
        for number, emotion in enumerate(EMOTIONS)
        if (labels == number).any() and len(set(folds[labels == number].tolist())) < count
    ]
    return f"{said} Some folds have no face of {', '.join(lacking)}." if lacking else said
