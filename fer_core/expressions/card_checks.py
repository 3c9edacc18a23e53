"""Checks of each value of a model card, which may come from a stranger."""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from fer_core.names import shown_name

MAX_TEXT: Final = 20_000
MAX_FILES: Final = 32
MAX_COUNT: Final = 10**12
SMALLEST_PRIOR: Final = 1e-9

Check = Callable[[Any], bool]


def is_text(value: Any) -> bool:
    """A text of at most `MAX_TEXT` characters."""
    return isinstance(value, str) and len(value) <= MAX_TEXT


def is_name(value: Any) -> bool:
    """A short text on one line, of which something can be seen."""
    return isinstance(value, str) and len(value) <= 200 and bool(value.strip()) and shown_name(value) == value


def is_number(value: Any) -> bool:
    """A finite number, below `MAX_COUNT` where it is whole; True and False are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < MAX_COUNT if isinstance(value, int) else math.isfinite(value)


def is_share(value: Any) -> bool:
    """A number from 0 to 1."""
    return is_number(value) and 0 <= value <= 1


def is_prior(value: Any) -> bool:
    """A class's share of the training images: a number from 0 to 1, and no divisor that makes answers overflow."""
    return is_share(value) and (value == 0 or value >= SMALLEST_PRIOR)


def is_count(value: Any) -> bool:
    """A whole number from 0 to below `MAX_COUNT`; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT


def is_file_name(value: Any) -> bool:
    """The plain name of a file in the model's own folder: no path, drive, hidden or reserved name, on any system."""
    return (
        isinstance(value, str)
        and re.fullmatch(r"\w[\w. +-]{0,99}", value) is not None
        and not value.endswith((".", " "))
        and re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?|card\.json", value) is None
    )


def list_of(check: Check, *, at_most: int = 1000) -> Check:
    """A check for lists and tuples of at most `at_most` values that all pass `check`."""
    return lambda value: isinstance(value, list | tuple) and len(value) <= at_most and all(map(check, value))


def mapping_of(check: Check, keys: Check = is_name, *, at_most: int = 1000) -> Check:
    """A check for dicts of at most `at_most` entries whose keys pass `keys` and whose values pass `check`."""
    return lambda value: (
        isinstance(value, dict) and len(value) <= at_most and all(keys(k) and check(v) for k, v in value.items())
    )


def _is_shape(value: Any) -> bool:
    return list_of(is_count)(value) and len(value) == 3


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _is_golden(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and is_text(value.get("pixels"))
        and list_of(is_number)(value.get("probabilities"))
        and is_number(value.get("tolerance", 0.0))
    )


def _is_anything(value: Any) -> bool:
    return True


def _or_nothing(check: Check) -> Check:
    return lambda value: value is None or check(value)


FIELDS: Final[Mapping[str, tuple[str, Check]]] = {
    "name": ("a text on one line", is_name),
    "architecture": ("a text on one line", is_name),
    "labels": ("a list of texts", list_of(is_name, at_most=100)),
    "input_shape": ("three whole numbers", _is_shape),
    "crop_geometry": ("a text on one line", is_name),
    "temperature": ("a temperature, which is a finite number", is_number),
    "unsure_below": ("a number from 0 to 1", is_share),
    "sha256": (
        "plain file names, without folders, and their SHA-256",
        mapping_of(_is_sha256, is_file_name, at_most=MAX_FILES),
    ),
    "golden": ("a golden sample: pixels as text, probabilities as numbers", _is_golden),
    "parameters": ("a whole number", is_count),
    "created": ("a date", is_name),
    "dataset": ("values by name", mapping_of(_is_anything)),
    "metrics": ("figures by split", mapping_of(mapping_of(_is_anything))),
    "training": ("values by name", mapping_of(_is_anything)),
    "versions": ("texts by name", mapping_of(is_text)),
    "notes": ("texts by name", mapping_of(is_text)),
    "outputs": ("a list of texts", list_of(is_name, at_most=10)),
    "label_temperature": ("a temperature, which is a finite number", is_number),
    "named_from": ("a number from 0 to 1, or nothing", _or_nothing(is_share)),
    "mirror_average": ("true or false", lambda value: isinstance(value, bool)),
}
"""What each field of a card must be, in words and as a check."""

PARTS: Final[Mapping[tuple[str, str], tuple[str, Check]]] = {
    ("dataset", "source"): ("a text", _or_nothing(is_text)),
    ("dataset", "sha256"): ("a text", _or_nothing(is_text)),
    ("dataset", "rows"): ("a whole number by split", mapping_of(is_count)),
    ("dataset", "cleaned"): ("a list of texts", list_of(is_name)),
    ("dataset", "class_priors"): ("a number from 0 to 1 by emotion", _or_nothing(mapping_of(is_prior))),
    ("training", "pretrained"): ("texts by name", _or_nothing(mapping_of(is_text))),
    ("training", "init_from"): ("a text", _or_nothing(is_text)),
    ("training", "join_with"): ("a text", _or_nothing(is_text)),
}
"""The same for parts that may be missing and that pages read."""


def problem_of(values: Mapping[str, Any]) -> tuple[str, str] | None:
    """What was expected and what was found, of the first field that is wrong; None where all are right.

    Args:
        values: card.json, read. Fields that are missing are not looked at.
    """
    for name, (expected, check) in FIELDS.items():
        if name in values and not check(values[name]):
            return f"{expected} as {name!r}", _short(values[name])
    for (name, part), (expected, check) in PARTS.items():
        if part in values.get(name, {}) and not check(values[name][part]):
            return f"{expected} as {name}.{part}", _short(values[name][part])
    return None


def golden_problem(pixels: str, probabilities: tuple[float, ...], tolerance: float, labels: int) -> str:
    """Why a golden sample proves nothing; empty where it does prove something.

    Args:
        pixels: base64 of uint8 (48, 48).
        probabilities: its answer.
        tolerance: that the answer may be off by.
        labels: how many there are.
    """
    try:
        size = len(base64.b64decode(pixels, validate=True))
    except (binascii.Error, ValueError):
        return "pixels that are not base64"
    if size != 48 * 48:
        return f"{size} pixels"
    if len(probabilities) != labels or not all(map(is_share, probabilities)) or abs(sum(probabilities) - 1) > 0.02:
        return f"probabilities {_short(probabilities)}"
    return "" if 0 < tolerance <= 0.25 else f"a tolerance of {tolerance}"


def _short(value: Any) -> str:
    # Only its beginning is written out: a whole one may have millions of characters.
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_short(k)}: {_short(v)}' for k, v in list(value.items())[:3])}, ...}}"[:160]
    if isinstance(value, list | tuple) and len(value) > 8:
        return f"[{', '.join(_short(part) for part in value[:3])}, ...]"[:160]
    if isinstance(value, str):
        return ascii(value[:80])
    return repr(value)[:160] if not isinstance(value, int) or abs(value) < 10**18 else "a number of many digits"
