"""The text of a face in a csv to pixels: a checked vectorised parse, and a careful one for what does not fit it."""

import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

import numpy as np

from train.archive.skips import SkipRow, shown
from train.archive.types import SIDE, SkipReason

PIXELS: Final = SIDE * SIDE
_BLANK, _ZERO = 32, 48
_TO_BLANKS: Final = bytes.maketrans(b"[](),;", b"      ")
_BRACKETS_TO_BLANKS: Final = bytes.maketrans(b"[],\r\n", b"     ")
_NUMPY: Final = re.compile(rb"(?:np\.)?array\(|,?\s*dtype=\w+\s*\)|(?<=\])\s*\)")
_WHOLE_NUMBER: Final = re.compile(rb"([+-]?)([0-9]+)(?:\.0*)?")


def without_quotes(line: bytes, delimiter: bytes) -> bytes:
    """A csv's line without quotes, and with blanks for the delimiters that stood between two of them."""
    parts = line.split(b'"')
    if len(parts) % 2:  # quotes come in pairs: a delimiter between two of them divides nothing
        parts[1::2] = [part.replace(delimiter, b" ") for part in parts[1::2]]
    return b"".join(parts)


def without_brackets(line: bytes, delimiter: bytes) -> bytes:
    """A csv's line without the brackets of a list or of NumPy's text, and with blanks for delimiters within them."""
    line = _NUMPY.sub(b"", line)
    start, end = line.find(b"["), line.rfind(b"]") + 1
    if end <= start:
        return line
    inside = line[start:end].translate(_BRACKETS_TO_BLANKS).replace(delimiter, b" ")
    return line[:start] + b"  " + inside + line[end:]


def parse_pixels(cell: bytes) -> np.ndarray:
    """2,304 numbers as text to uint8 (2304,).

    Raises:
        SkipRow: the count is another, or a value is no number or not within 0-255.
    """
    block = parse_block([cell.strip()])
    return _parse_careful(cell) if block is None else block[0]


def parse_block(cells: Sequence[bytes]) -> np.ndarray | None:
    """Rows of 2,304 numbers of one to three digits with one blank between, to uint8 (n, 2304).

    None when any row is anything else, right or wrong; then each has to be looked at by itself.

    Every byte is accounted for: there are exactly as many blanks as the counts ask, those after each row stand where
    the row ends, all other bytes are digits, and no number is empty or longer than three digits. Such a text has one
    reading. A row takes some 25 microseconds where splitting and converting it takes 250. `BLOCK_ROWS` rows at once
    spread NumPy's cost per call; more of them would make arrays above 128 kB, which malloc maps anew each time.
    """
    count = len(cells) * PIXELS
    # Three blanks in front, so that the two places before the first number's last digit exist.
    text = b"   " + b" ".join(cells) + b" "
    codes = np.frombuffer(text, np.uint8)
    is_blank = codes == _BLANK
    blanks = np.flatnonzero(is_blank)
    digits = codes - _ZERO  # wraps: bytes below "0" become large
    is_digit = digits <= 9
    if count == 0 or len(blanks) != count + 3 or np.count_nonzero(is_digit) != len(text) - len(blanks):
        return None
    row_ends = list(accumulate((len(cell) + 1 for cell in cells), initial=2))[1:]
    two = is_digit[1:] & is_digit[:-1]
    if (
        blanks[PIXELS + 2 :: PIXELS].tolist() != row_ends
        or (two[2:] & two[:-2]).any()
        or (is_blank[3:] & is_blank[2:-1]).any()
    ):
        return None
    digits *= is_digit  # blanks become 0
    tens_and_ones = digits[1:] + digits[:-1] * np.uint8(10)
    hundreds = digits[:-2] * two[1:]
    # All three slices begin so that one index, the place three before a number's end, serves them.
    at = blanks[3:] - 3
    low, high = tens_and_ones[1:].take(at), hundreds.take(at)
    if ((high > 2) | ((high == 2) & (low > 55))).any():
        return None
    return (high * np.uint8(100) + low).reshape(-1, PIXELS)


def _parse_careful(cell: bytes) -> np.ndarray:
    """Any blanks, commas or brackets between numbers, leading zeros, `12.0`; raises SkipRow, naming what is wrong."""
    words = cell.translate(_TO_BLANKS).split()
    if b"..." in words:
        raise SkipRow(SkipReason.PIXEL_COUNT, "shortened by '...' when it was written: most pixels are not in the file")
    if len(words) != PIXELS:
        raise SkipRow(SkipReason.PIXEL_COUNT, f"got {len(words)}, expected {PIXELS}")
    values = np.empty(PIXELS, np.uint8)
    for index, word in enumerate(words):
        match = _WHOLE_NUMBER.fullmatch(word)
        if match is None:
            raise SkipRow(SkipReason.NOT_A_NUMBER, f"got {_shown(word)} at pixel {index}, expected whole numbers 0-255")
        # The length is asked first: int() refuses thousands of digits.
        digits = match[2].lstrip(b"0")
        if match[1] == b"-" or len(digits) > 3 or int(digits or b"0") > 255:
            raise SkipRow(SkipReason.OUT_OF_RANGE, f"got {_shown(word)} at pixel {index}")
        values[index] = int(digits or b"0")
    return values


def _shown(word: bytes) -> str:
    return repr(shown(word[:40].decode("utf-8", "replace")))
