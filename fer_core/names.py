"""File names that can be printed and encoded, whatever bytes they are made of.

A name on disk is bytes, and old archives and USB sticks bring bytes that are not UTF-8. Python carries these as lone
surrogates, which no encoder takes and which crash OpenCV. Control characters are as bad on a terminal. Line separators
break a row in two, and marks of writing direction show `photo<U+202E>gpj.exe` as `photoexe.jpg`.
"""

import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_UNPRINTABLE: Final = {"Cc", "Cs", "Zl", "Zp"}
_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    r"""The same text, with bytes that are not UTF-8 written as `\xe9`; all else stays, line ends included."""
    if text.isascii():
        return text
    return "".join(_escaped(character) if unicodedata.category(character) == "Cs" else character for character in text)


def shown_name(path: Path | str) -> str:
    r"""A name to show and to store: `printable`, with control characters and marks of direction written as `\x1b`."""
    text = str(path)
    if text.isprintable():
        return text
    return "".join(_escaped(character) if _misleads(character) else character for character in text)


def distinct_names(names: Iterable[str]) -> list[str]:
    """The same names in the same order; those that came before get a number, as in `a.jpg (2)`."""
    used: set[str] = set()
    distinct = []
    for name in names:
        free, count = name, 1
        while free in used:
            count += 1
            free = f"{name} ({count})"
        used.add(free)
        distinct.append(free)
    return distinct


def _misleads(character: str) -> bool:
    return character in _DIRECTIONS or unicodedata.category(character) in _UNPRINTABLE


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # where Python keeps a byte that it could not decode
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
