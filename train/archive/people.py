"""Whose face an image shows, where its file name tells, and a validation split that keeps each person together.

Sets made in the laboratory hold many pictures of few people, often frames of one sequence. Divided image by image, the
validation split would hold near copies of what was learnt, and its accuracy would say nothing about new faces.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final, NamedTuple

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.content import VALIDATION_SHARE, content_digests, split_off_validation
from train.archive.label_orders import label_code
from train.archive.label_words import is_filler, named_emotion
from train.archive.types import LabelledFaces
from train.archive.vocabulary import split_of

_LEAST_SHARE: Final = 0.5
"""Of the training images that must tell a person or sequence before they are divided by it."""
_CODES: Final = "an|af|di|fe|ha|ne|sa|su"
_PERSONS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![a-z0-9])(s\d{3})[-_]\d{3}(?!\d)",  # CK+ S005_001_00000011, MMI S002-005
        rf"^([a-z]{{2}})[._-](?:{_CODES})\d[._-]\d+",  # JAFFE KA.AN1.39
        rf"(?<![a-z0-9])[ab]([fm]\d{{2}})(?:{_CODES})(?:s|hl|hr|fl|fr)(?![a-z])",  # KDEF AF01ANS; A and B are sessions
        r"(?<![a-z])rafd\d+_(\d+)_",  # RaFD Rafd090_01_Caucasian_female_angry_frontal
        rf"^([fm]\d{{2,4}})[-_](?:{_CODES}|co)",  # BU-3DFE F0001_AN01WH, ADFES F01-Anger
        r"^(\d{2}[fm])_(?:an|ca|di|fe|ha|ne|sa|sp|su)_[ocx]",  # NimStim 01F_AN_C
        r"^(\d{3})_[ymo]_[mf]_[andfhs]_[ab]",  # FACES 004_o_m_a_a
        r"^(1\d{3})_[a-z]{3}_(?:ang|dis|fea|hap|neu|sad)_",  # CREMA-D 1001_DFA_ANG_XX
        r"^\d{2}(?:-\d{2}){5}-(\d{2})(?!\d)",  # RAVDESS 01-01-03-01-01-01-12
        r"(?<![a-z])(?:sub|subj|subject|person|participant|actor|speaker)[-_ ]?(\d+)",  # Yale subject01.happy
    )
)
_PERSON_FOLDER: Final = re.compile(
    r"^(?:[sp]|sub|subj|subject|person|participant|actor|speaker)[-_ ]?(\d{1,4})$", re.IGNORECASE
)
"""Oulu-CASIA P001/, and folders named by people. Numbers alone could be anything."""
_DIGIT: Final = re.compile(r"\d")
_SEQUENCES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(.+_\d{9})_\d{8}(?!\d)",  # SFEW, AFEW Airheads_000519240_00000005
        r"^(.*?)[-_ .]*(?<![a-z])frame[-_ .]?\d+",  # clip12_frame003, clip12/frame_003
    )
)


class Shown(NamedTuple):
    """Who or what a file name tells: kind "person" or "sequence", and a name that is the same for all of its images."""

    kind: str
    name: str


def shown_by(place: PurePosixPath) -> Shown | None:
    """What an image's path tells; None where it tells neither a person nor a sequence."""
    file_name = place.name  # asked for once: a path finds its name anew each time
    for number, pattern in enumerate(_PERSONS):
        if found := pattern.search(file_name):
            return Shown("person", f"{number} {found[1].lower()}")
    for folder in reversed(place.parts[:-1]):
        if found := _PERSON_FOLDER.search(folder):
            return Shown("person", f"folder {int(found[1])}")
    for pattern in _SEQUENCES:
        if (found := pattern.search(file_name)) and (name := found[1] or _clip_folder(place)):
            return Shown("sequence", name.lower())
    return None


def _clip_folder(place: PurePosixPath) -> str:
    """The folder that frames without a name of their own lie in, unless it is one of labels or splits."""
    folder = place.parent.name
    if is_filler(folder) or split_of(folder) is not None:
        return ""
    return folder if label_code(folder) is None or _is_numbered_clip(place) else ""


def _is_numbered_clip(place: PurePosixPath) -> bool:
    """Whether a folder such as `happy_03` is one of several within a folder of that emotion."""
    *above, folder = place.parts[:-1]
    emotion = named_emotion(folder)
    return emotion is not None and _DIGIT.search(folder) is not None and emotion in map(named_emotion, above)


def _named_by(person: re.Pattern[str], place: PurePosixPath) -> Shown | None:
    found = person.search(str(place))
    return Shown("person", found[1 if person.groups else 0]) if found else None


class PeopleShown:
    """What the file names of an archive tell, by the content of the images."""

    def __init__(self, person: re.Pattern[str] | None = None) -> None:
        """Take names as those of known sets, or find persons by a pattern: its first group, or all of it."""
        self._person = person
        self._by_content: dict[bytes, Shown] = {}

    def note(self, pixels: np.ndarray, place: PurePosixPath) -> None:
        """Remember what the path of an image, uint8 (48, 48), tells."""
        shown = shown_by(place) if self._person is None else _named_by(self._person, place)
        if shown is not None:
            self._by_content.setdefault(content_digests(pixels[None])[0], shown)

    def of(self, digests: list[bytes]) -> list[Shown | None]:
        """What is known of each image."""
        return [self._by_content.get(digest) for digest in digests]


def set_aside_validation(
    train: LabelledFaces, source: str, people: PeopleShown
) -> tuple[LabelledFaces, LabelledFaces, str]:
    """Divide training faces into train and validation, about nine to one.

    Where most file names tell a person or a sequence, all images of one fall on one side; else the images are divided
    as `split_off_validation` does. Either way an image's place follows from contents and names alone.

    Returns:
        Train, validation, and what was kept together: "person", "sequence" or "image".

    Raises:
        ArchiveError: there are too few faces.
    """
    digests = content_digests(train.pixels)
    shown = people.of(digests)
    known = [item for item in shown if item is not None]
    if len(known) >= _LEAST_SHARE * len(train) and len(set(known)) > 1:
        groups = _groups(digests, shown)
        if len(groups) > 1:
            chosen = np.zeros(len(train), bool)
            chosen[_choose(groups, train.labels)] = True
            kinds = {item.kind for item in known}
            return train.take(~chosen), train.take(chosen), "person" if "person" in kinds else "sequence"
    return (*split_off_validation(train, source), "image")


def _groups(digests: list[bytes], shown: list[Shown | None]) -> Mapping[bytes, list[int]]:
    """Rows that belong together, by a key that orders the groups: of one person or sequence, or identical."""
    names: list[object] = [item or digest for item, digest in zip(shown, digests, strict=True)]
    groups: dict[object, list[int]] = {}
    for row, name in enumerate(names):
        groups.setdefault(name, []).append(row)
    return {
        hashlib.blake2b(min(digests[row] for row in rows), digest_size=16).digest(): rows for rows in groups.values()
    }


def _choose(groups: Mapping[bytes, list[int]], labels: np.ndarray) -> list[int]:
    """Rows of the groups that together come closest to a tenth of each class, gone through once in their order."""
    counts = {key: np.bincount(labels[rows], minlength=len(EMOTIONS)) for key, rows in groups.items()}
    wanted = VALIDATION_SHARE * np.bincount(labels, minlength=len(EMOTIONS))
    have = np.zeros(len(EMOTIONS))
    taken: list[bytes] = []
    for key in sorted(groups):
        # In shares of what is wanted, so that a rare emotion counts as much as a frequent one.
        before, after = (np.square(wanted - n) / np.maximum(wanted, 1) for n in (have, have + counts[key]))
        if after.sum() < before.sum():
            have = have + counts[key]
            taken.append(key)
    if not taken:  # each group is larger than what is wanted
        taken = [min(sorted(groups), key=lambda key: len(groups[key]))]
    return [row for key in taken for row in groups[key]]
