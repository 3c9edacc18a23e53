"""The words of FER2013 archives' paths: which folders and csv names mean which split, and which label."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final, NamedTuple

from train.archive.label_orders import is_number_code, label_code
from train.archive.label_words import is_filler, is_no_label, plain, splits_in, tokens

_EXACT: Final = frozenset(
    {
        "train",
        "training",
        "publictest",
        "validation",
        "valid",
        "val",
        "dev",
        "privatetest",
        "test",
        "testing",
    }
)
"""Names that are a split and nothing else; they go before names that only hold such a word."""

_SHORT: Final = {"tr": "train", "te": "test"}
"""Too short to be looked for within names."""


class SplitOfPath(NamedTuple):
    """What a path says of the split.

    Attributes:
        split: "train", "validation" or "test"; None where no name says so.
        in_doubt: whether its names speak of a test or validation split besides, or of several splits at once.
    """

    split: str | None
    in_doubt: bool = False


@lru_cache(maxsize=1024)
def split_of(word: str) -> str | None:
    """The split that a Usage value, a folder or a csv's name means, by a word within it; None for no or several."""
    if (short := _SHORT.get(plain(word))) is not None:
        return short
    found = splits_in(tokens(word))
    if found == {"train", "validation"}:
        return "train"  # `trainval` and `train_val` hold what is left of the test split
    return next(iter(found)) if len(found) == 1 else None


def split_of_folders(folders: Sequence[str]) -> SplitOfPath:
    """The split that a path's folders mean.

    A folder that is just a split's name goes before one that holds such a word (`train/happy/test_person_3` is of
    train), then the innermost goes first.
    """
    named = [(name, split) for name in reversed(folders) if (split := split_of(name)) is not None]
    exact = [split for name, split in named if _is_exact(name)]
    found = exact or [split for _, split in named]
    if not found:
        return SplitOfPath(None, any(len(splits_in(tokens(name))) > 1 for name in folders))
    return SplitOfPath(found[0], found[0] == "train" and len(set(found)) > 1)


def split_of_csv(name: str) -> SplitOfPath:
    """The split that a csv's own name or folders mean (`train.csv`, `test/faces.csv`)."""
    place = PurePosixPath(name)
    return split_of_folders([*place.parts[:-1], place.stem])


def split_of_source(name: str) -> str | None:
    """The split that the name of a whole archive or folder means: only where it says nothing else (`test.csv`)."""
    stem = name.split(".")[0]
    own = stem[17:] if len(stem) > 17 and stem[16] == "-" else stem  # uploads have a hash before their name
    return split_of(own) if _is_exact(own) else None


def _is_exact(name: str) -> bool:
    return plain(name).replace(" ", "").replace("-", "").replace("_", "") in _EXACT


def label_of_folders(folders: Sequence[str]) -> int | None:
    """The code (see `label_code`) that a path's folders mean; None without one.

    Names go before numbers, so that `happy/1/` is happy; then the innermost folder goes first.
    """
    found = [code for part in reversed(folders) if (code := label_code(part)) is not None]
    named = [code for code in found if not is_number_code(code)]
    return next(iter(named), found[0] if found else None)


def is_unlabelled(folders: Sequence[str]) -> bool:
    """Whether an image in these folders has no label at all, rather than one that is not understood."""
    return not folders or is_no_label(folders[-1]) or is_filler(folders[-1])
