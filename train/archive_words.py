"""The words of FER2013 archives: which names mean which emotion and which split. Defined here, nowhere else."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from fer_core.emotions import EMOTIONS

SPLIT_OF_WORD: Final = {
    "train": "train", "training": "train",
    "publictest": "validation", "validation": "validation", "valid": "validation", "val": "validation",
    "dev": "validation",
    "privatetest": "test", "test": "test", "testing": "test",
}  # fmt: skip
"""Usage values, folder names and csv names, in lower case without blanks, hyphens and underscores, to splits."""

EMOTION_SYNONYMS: Final = {
    "anger": "angry",
    "disgusted": "disgust", "disgusting": "disgust",
    "fearful": "fear", "afraid": "fear", "scared": "fear",
    "happiness": "happy", "joy": "happy",
    "sadness": "sad", "unhappy": "sad",
    "surprised": "surprise",
    "neutrality": "neutral",
}  # fmt: skip


@lru_cache(maxsize=1024)
def emotion_index(word: str) -> int | None:
    """The label of a folder name or csv cell: a name, a synonym or 0-6, in any case; None for other words."""
    word = word.strip().lower()
    # isdigit alone also holds for superscripts, which int() refuses.
    if word.isascii() and word.isdigit() and len(word) == 1 and int(word) < len(EMOTIONS):
        return int(word)
    word = EMOTION_SYNONYMS.get(word, word)
    return EMOTIONS.index(word) if word in EMOTIONS else None


@lru_cache(maxsize=1024)
def split_of(word: str) -> str | None:
    """The split that a Usage value or folder name means; None for other words."""
    return SPLIT_OF_WORD.get(word.strip().lower().translate({ord(c): None for c in " -_"}))


def emotion_of_folders(folders: Sequence[str]) -> int | None:
    """The label that a path's folders mean, outermost first; None without one.

    Names go before digits, so that `happy/1/` is happy; then the innermost folder goes first.
    """
    found = [(part, label) for part in reversed(folders) if (label := emotion_index(part)) is not None]
    named = [label for part, label in found if not part.strip().isdigit()]
    return next(iter(named), found[0][1] if found else None)


def split_of_folders(folders: Sequence[str]) -> str | None:
    """The split that a path's folders mean, the innermost first; None without one."""
    return next((split for part in reversed(folders) if (split := split_of(part)) is not None), None)


def split_of_csv(name: str) -> str | None:
    """The split that a csv's own name or folders mean (`train.csv`, `test/faces.csv`); None without one."""
    place = PurePosixPath(name)
    return split_of_folders([*place.parts[:-1], place.stem])
