"""FER2013's csv, row by row: a checked vectorised parse of the digits, and a careful one for rows that do not fit it.

One row is one line: quotes may stand around a cell and carry nothing, for no cell of the format can hold a
delimiter. So a stray quote costs one row and never the rest of the file.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import IO, Final, NamedTuple

import numpy as np

from train.archive_rows import FaceCollector, SkipRow, Source
from train.archive_types import SIDE, SkipReason
from train.archive_words import emotion_index, split_of
from train.errors import ArchiveError
from train.limits import ArchiveLimits

PIXELS: Final = SIDE * SIDE
DELIMITERS: Final = (b",", b";", b"\t")
BLOCK_ROWS: Final = 4
_BLANK, _ZERO = 32, 48


@dataclass(frozen=True)
class CsvLayout:
    """Which column is what. `usage` is None for a csv without that column."""

    delimiter: bytes
    emotion: int
    pixels: int
    usage: int | None

    @property
    def source(self) -> Source:
        """How far the csv is to be trusted."""
        return Source.CSV if self.usage is None else Source.CSV_WITH_USAGE


def read_header(stream: IO[bytes], limits: ArchiveLimits) -> tuple[CsvLayout | None, str]:
    """Read the first line: its layout, None when it is not a header of faces, and the line's start for messages."""
    line = stream.readline(limits.line_bytes)
    text = line.decode("utf-8-sig", "replace")
    whole = line.endswith(b"\n") or len(line) < limits.line_bytes
    for delimiter in DELIMITERS if whole else ():
        cells = [cell.strip(' "\r\n').lower() for cell in text.split(delimiter.decode())]
        if "emotion" in cells and "pixels" in cells:
            usage = cells.index("usage") if "usage" in cells else None
            return CsvLayout(delimiter, cells.index("emotion"), cells.index("pixels"), usage), text[:60]
    return None, text[:60].strip()


def read_rows(
    stream: IO[bytes],
    layout: CsvLayout,
    collector: FaceCollector,
    limits: ArchiveLimits,
    *,
    prefix: str = "",
    split: str = "train",
) -> None:
    """Read all rows after the header into `collector`; unusable rows become skips.

    Args:
        prefix: stands before the line number in skips (the csv's name, when there may be several).
        split: of all rows where the csv has no Usage column.

    Raises:
        ArchiveError: the stream is damaged, or a limit is passed.
    """
    waiting: list[_Row] = []

    def flush() -> None:
        _add_rows(waiting, layout.source, collector, prefix)
        waiting.clear()

    for number, line in _lines(stream, limits):
        try:
            if line is None:
                raise SkipRow(SkipReason.LINE_TOO_LONG, f"more than {limits.line_bytes} bytes")
            waiting.append(_split_row(number, line, layout, split))
        except SkipRow as skip:
            flush()  # so that skips are listed in the order of their lines
            collector.skip(f"{prefix}line {number}", skip.reason, skip.detail)
        if len(waiting) == BLOCK_ROWS:
            flush()
    flush()


class _Row(NamedTuple):
    """A line whose label and split are known and whose pixels are still text, without white space around it."""

    number: int
    label: int
    split: str
    cell: bytes


def _add_rows(rows: list[_Row], source: Source, collector: FaceCollector, prefix: str) -> None:
    block = parse_block([row.cell for row in rows])
    for index, row in enumerate(rows):
        try:
            pixels = parse_pixels(row.cell) if block is None else block[index]
        except SkipRow as skip:
            collector.skip(f"{prefix}line {row.number}", skip.reason, skip.detail)
        else:
            collector.add(source, row.split, row.label, pixels.reshape(SIDE, SIDE))


def _lines(stream: IO[bytes], limits: ArchiveLimits) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each line that is not blank, from 2; None for one that is too long."""
    number = 1
    most = limits.faces + limits.skips
    while line := stream.readline(limits.line_bytes):
        number += 1
        if number > most:
            raise ArchiveError(f"The csv has more than {most} lines, the most that are read. Use a smaller archive.")
        if len(line) == limits.line_bytes and not line.endswith(b"\n"):
            while (rest := stream.readline(limits.line_bytes)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif not line.isspace():
            yield number, line


def _split_row(number: int, line: bytes, layout: CsvLayout, split: str) -> _Row:
    """The cells of a line; raises SkipRow."""
    if b'"' in line:
        line = line.replace(b'"', b"")
    cells = line.split(layout.delimiter)
    if len(cells) <= max(layout.emotion, layout.pixels, layout.usage or 0):
        raise SkipRow(SkipReason.TOO_FEW_COLUMNS, f"{len(cells)} columns")
    label = _label(cells[layout.emotion])
    if label is None:
        raise SkipRow(SkipReason.WRONG_LABEL, f"got {_word(cells[layout.emotion])!r}, expected 0-6")
    if layout.usage is not None:
        known = _split(cells[layout.usage])
        if known is None:
            word = _word(cells[layout.usage])
            raise SkipRow(SkipReason.UNKNOWN_USAGE, f"got {word!r}, expected Training, PublicTest or PrivateTest")
        split = known
    return _Row(number, label, split, cells[layout.pixels].strip())


@lru_cache(maxsize=64)
def _label(cell: bytes) -> int | None:
    return emotion_index(_word(cell))


@lru_cache(maxsize=64)
def _split(cell: bytes) -> str | None:
    return split_of(_word(cell))


def _word(cell: bytes) -> str:
    return cell[:40].decode("utf-8", "replace").strip()


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
    """Any run of white space between numbers, leading zeros; raises SkipRow, naming what is wrong."""
    words = cell.split()
    if len(words) != PIXELS:
        raise SkipRow(SkipReason.PIXEL_COUNT, f"got {len(words)}, expected {PIXELS}")
    values = np.empty(PIXELS, np.uint8)
    for index, word in enumerate(words):
        number = word.lstrip(b"+-")
        if not number.isdigit():
            raise SkipRow(SkipReason.NOT_A_NUMBER, f"got {_word(word)!r} at pixel {index}")
        # The length is asked first: int() refuses thousands of digits.
        if word.startswith(b"-") or len(number.lstrip(b"0")) > 3 or int(number) > 255:
            raise SkipRow(SkipReason.OUT_OF_RANGE, f"got {_word(word)!r} at pixel {index}")
        values[index] = int(number)
    return values
