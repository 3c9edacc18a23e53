"""Faces compared by content: which are byte-identical, and a validation split that respects it."""

import hashlib
from typing import Final

import numpy as np

from train.archive.types import Dataset, LabelledFaces
from train.errors import ArchiveError

VALIDATION_SHARE: Final = 0.1


def content_digests(pixels: np.ndarray) -> list[bytes]:
    """One 16-byte digest per image of uint8 (n, h, w): equal for equal images, the same on every machine."""
    return [hashlib.blake2b(face, digest_size=16).digest() for face in np.ascontiguousarray(pixels)]


def groups_by_split(dataset: Dataset) -> dict[str, np.ndarray]:
    """For each split int64 (n,): one number per image, equal for byte-identical images of whatever split."""
    numbers: dict[bytes, int] = {}
    return {
        split: np.array([numbers.setdefault(d, len(numbers)) for d in content_digests(faces.pixels)], np.int64)
        for split, faces in dataset.splits.items()
    }


def split_off_validation(train: LabelledFaces, source: str) -> tuple[LabelledFaces, LabelledFaces]:
    """Divide training faces into train and validation, about nine to one within each class.

    An image's place follows from its content alone, not from row order, machine or chance, so every run on the same
    faces has the same validation split. Identical images all fall on one side, even under different labels: such a
    group counts in the class of its lowest label. A class takes groups in the order of their digests as long as a
    tenth of its images is not passed, but always one group, if it has two.

    Args:
        train: the training faces.
        source: the archive's name, for messages.

    Raises:
        ArchiveError: no class has two different images.
    """
    members: dict[bytes, list[int]] = {}
    for row, digest in enumerate(content_digests(train.pixels)):
        members.setdefault(digest, []).append(row)
    classes: dict[int, list[bytes]] = {}
    for digest in sorted(members):
        classes.setdefault(int(train.labels[members[digest]].min()), []).append(digest)
    chosen = np.zeros(len(train), bool)
    for digests in classes.values():
        sizes = np.array([len(members[digest]) for digest in digests])
        taken = np.cumsum(sizes) <= round(sizes.sum() * VALIDATION_SHARE)
        taken[0] = len(digests) > 1
        for digest in np.array(digests, object)[taken]:
            chosen[members[digest]] = True
    if not chosen.any():
        raise ArchiveError(
            f"{source} has too few faces to set some aside for validation: expected two different images in at least "
            f"one class, got {len(train)} faces in all. Add faces, or a validation folder."
        )
    return train.take(~chosen), train.take(chosen)
