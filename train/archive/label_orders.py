"""What numbers mean as labels: each data set counts the emotions in an order of its own."""

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS
from train.archive.label_words import CONTEMPT, label_number, named_emotion
from train.errors import ArchiveError, ConfigError

LABEL_ORDERS: Final[Mapping[str, tuple[str, Mapping[int, str]]]] = {
    "fer2013": ("FER2013", dict(enumerate((*EMOTIONS, CONTEMPT)))),  # CK+'s csv in this form (ckextended.csv) has a 7
    "rafdb": ("RAF-DB", dict(enumerate(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), start=1))),
    "affectnet": (
        "AffectNet",
        dict(enumerate(("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", CONTEMPT))),
    ),
    "ferplus": (
        "FER+",
        dict(enumerate(("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", CONTEMPT))),
    ),
    "ckplus": (
        "CK+",
        dict(enumerate(("neutral", "angry", CONTEMPT, "disgust", "fear", "happy", "sad", "surprise"))),
    ),
}
"""By the name that `--label-order` takes: the data set's name for people, and its emotion by number."""

CONTEMPT_CODE: Final = len(EMOTIONS)
_FIRST_NUMBER_CODE: Final = 16
_CODES: Final = 32
LEFT_OUT: Final = -1
"""In the table of `labels_of_codes`: a number that the order does not have."""
_TELLING: Final = range(8)  # what some order counts; larger numbers are wrong in all of them


def check_label_order(name: str) -> None:
    """Raises ConfigError: `name` is neither empty nor one of LABEL_ORDERS."""
    if name and name not in LABEL_ORDERS:
        raise ConfigError(f"label_order must be one of {', '.join(LABEL_ORDERS)}, got {name}")


def label_code(word: str) -> int | None:
    """A folder name or csv cell as a code: an index into `EMOTIONS`, CONTEMPT_CODE, or a number yet to be read.

    What a number means is known only when all numbers of the archive are; see `labels_of_codes`. None for words that
    are no label.
    """
    emotion = named_emotion(word)
    if emotion is not None:
        return CONTEMPT_CODE if emotion == CONTEMPT else EMOTIONS.index(emotion)
    number = label_number(word)
    return _FIRST_NUMBER_CODE + number if number is not None and number in _TELLING else None


def is_number_code(code: int) -> bool:
    """Whether a code of `label_code` is a number."""
    return code >= _FIRST_NUMBER_CODE


def labels_of_codes(codes: Collection[int], order: str, source: str) -> tuple[np.ndarray, str]:
    """What each code means.

    Args:
        codes: all those that occur.
        order: a name of LABEL_ORDERS; empty to read numbers in FER2013's order if they are plainly that.
        source: the archive's name, for messages.

    Returns:
        int64 table from code to label, with CONTEMPT_CODE for contempt and LEFT_OUT for what the order lacks; and the
        name of the order that numbers were read in, empty where there are none.

    Raises:
        ArchiveError: the numbers may belong to several orders, or not to the one that was chosen.
    """
    numbers = sorted(code - _FIRST_NUMBER_CODE for code in codes if is_number_code(code))
    table = np.full(_CODES, LEFT_OUT, np.int64)
    table[: CONTEMPT_CODE + 1] = range(CONTEMPT_CODE + 1)
    if not numbers:
        return table, ""
    order = order or _order_of(numbers, source, beside_names=any(not is_number_code(code) for code in codes))
    words = LABEL_ORDERS[order][1]
    foreign = [number for number in numbers if number not in words]
    if foreign:
        named = f"the label {'number' if len(foreign) == 1 else 'numbers'} {_listed(foreign)}"
        raise ArchiveError(
            f"{source} has {named}, which {describe_order(order)} does not have. Choose another label order."
        )
    for number, word in words.items():
        table[_FIRST_NUMBER_CODE + number] = CONTEMPT_CODE if word == CONTEMPT else EMOTIONS.index(word)
    return table, order


def describe_order(name: str, *, contempt: bool = True) -> str:
    """For people: `RAF-DB's order (1 surprise, 2 fear, …)`, with or without contempt."""
    title, words = LABEL_ORDERS[name]
    shown = (f"{number} {word}" for number, word in words.items() if contempt or word != CONTEMPT)
    return f"{title}'s order ({', '.join(shown)})"


def _order_of(numbers: list[int], source: str, *, beside_names: bool) -> str:
    """FER2013 for numbers 0-6 with 0 among them, or without it where names stand beside them.

    Without a 0 they may just as well count from 1, as RAF-DB's do; a 7 is in no file of FER2013.
    """
    if numbers[-1] < len(EMOTIONS) and (numbers[0] == 0 or beside_names):
        return "fer2013"
    fitting = [name for name, (_, words) in LABEL_ORDERS.items() if words.keys() >= set(numbers)]
    fitting.sort(key=lambda name: len(LABEL_ORDERS[name][1]))  # a set of just these numbers first
    orders = "; ".join(f"{name} for {describe_order(name)}" for name in fitting)
    raise ArchiveError(
        f"{source} labels its faces with the numbers {_listed(numbers)}, which are not FER2013's 0-6, and other data "
        f"sets number the emotions differently. Choose its label order (option --label-order): {orders}. "
        "Or give the emotions' names instead of numbers."
    )


def _listed(numbers: list[int]) -> str:
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]}-{numbers[-1]}"
    return ", ".join(map(str, numbers))
