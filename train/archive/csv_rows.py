"""FER2013's csv, row by row, and its relatives: other column names, pixels as a list, one column per pixel.

One row is one line, but for a list of pixels that goes on over several. Quotes tell where a cell ends only when they
come in pairs; a stray one costs its row and never the rest of the file. How the text of one face becomes pixels stands
in `train.archive.pixels`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Final, NamedTuple

from train.archive.collector import FaceCollector
from train.archive.label_orders import label_code
from train.archive.label_words import is_no_label
from train.archive.limits import ArchiveLimits
from train.archive.pixels import PIXELS, parse_block, parse_pixels, without_brackets, without_quotes
from train.archive.skips import SkipRow, shown
from train.archive.splits import Source
from train.archive.types import SIDE, SkipReason
from train.archive.vocabulary import SplitOfPath, split_of
from train.errors import ArchiveError

DELIMITERS: Final = (b",", b";", b"\t")
BLOCK_ROWS: Final = 4
_LONGEST_LIST: Final = 1 << 16  # bytes of a list of pixels over several lines; 2,304 of them take some 12 kB
_EMOTION: Final = ("emotion", "emotions", "label", "labels", "expression", "class", "target")
_PIXELS: Final = ("pixels", "pixel", "pixel_values", "pixel0", "pixel_0", "pixel1", "pixel_1")
_USAGE: Final = ("usage", "split", "subset", "set", "partition")


@dataclass(frozen=True)
class CsvLayout:
    """Which column is what. `usage` is None for a csv without that column.

    Attributes:
        pixels: the column of the pixels, or of the first pixel where each has its own.
        columns: how many there are.
    """

    delimiter: bytes
    emotion: int
    pixels: int
    usage: int | None
    columns: int

    @property
    def row_cells(self) -> int:
        """How many cells a row has that gives each pixel a cell of its own."""
        return self.columns if self.columns > PIXELS else self.columns + PIXELS - 1

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
        cells = [cell.strip(" \"'\r\n").lower() for cell in text.split(delimiter.decode())]
        emotion, pixels = _column(cells, _EMOTION), _column(cells, _PIXELS)
        if emotion is not None and pixels is not None:
            return CsvLayout(delimiter, emotion, pixels, _column(cells, _USAGE), len(cells)), text[:60]
    return None, text[:60].strip()


def _column(cells: list[str], names: tuple[str, ...]) -> int | None:
    return next((cells.index(name) for name in names if name in cells), None)


def read_rows(
    stream: IO[bytes],
    layout: CsvLayout,
    collector: FaceCollector,
    limits: ArchiveLimits,
    *,
    name: str = "",
    split: SplitOfPath,
) -> None:
    """Read all rows after the header into `collector`; unusable rows become skips.

    Args:
        stream: the csv's bytes after the header.
        layout: which column holds what.
        collector: takes the faces and the skips.
        limits: on the length of a line and the number of rows.
        name: the csv's, where there may be several; it stands before the line number in skips.
        split: of all rows where the csv has no Usage column.

    Raises:
        ArchiveError: the stream is damaged, or a limit is passed.
    """
    waiting: list[_Row] = []
    prefix = f"{name}, " if name else ""

    def flush() -> None:
        _add_rows(waiting, layout.source, collector, prefix, name or collector.name)
        waiting.clear()

    for number, line in _lines(stream, limits):
        try:
            if line is None:
                raise SkipRow(SkipReason.LINE_TOO_LONG, f"more than {limits.line_bytes} bytes")
            waiting.append(_split_row(number, line, layout, split))
        except SkipRow as skip:
            flush()  # so that skips are listed in the order of their lines
            collector.skip(f"{prefix}line {number}", skip.reason, skip.detail, place=skip.place)
        if len(waiting) == BLOCK_ROWS:
            flush()
    flush()


class _Row(NamedTuple):
    """A line whose label and split are known and whose pixels are still text, without white space around it."""

    number: int
    code: int
    split: SplitOfPath
    cell: bytes


def _add_rows(rows: list[_Row], source: Source, collector: FaceCollector, prefix: str, place: str) -> None:
    block = parse_block([row.cell for row in rows])
    for index, row in enumerate(rows):
        try:
            pixels = parse_pixels(row.cell) if block is None else block[index]
        except SkipRow as skip:
            collector.skip(f"{prefix}line {row.number}", skip.reason, skip.detail)
        else:
            collector.add(source, row.split, row.code, pixels.reshape(SIDE, SIDE), place=place)


def _lines(stream: IO[bytes], limits: ArchiveLimits) -> Iterator[tuple[int, bytes | None]]:
    """Number and bytes of each row that is not blank, from 2; None for one that is too long."""
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
            continue
        # Looked for first: counting takes ten times as long, and hardly any csv has brackets.
        is_open = b"[" in line and line.count(b"[") > line.count(b"]")
        rows = _list_over_lines(line, stream, limits) if is_open else [line]
        for offset, row in enumerate(rows):
            if not row.isspace():
                yield number + offset, row
        number += len(rows) - 1 if len(rows) > 1 else rows[0].rstrip(b"\r\n").count(b"\n")


def _list_over_lines(line: bytes, stream: IO[bytes], limits: ArchiveLimits) -> list[bytes]:
    """A line whose list is still open, with those that follow: as one row if the list ends soon, else one by one."""
    lines = [line]
    opened = line.count(b"[") - line.count(b"]")
    length = len(line)
    while opened > 0 and length < _LONGEST_LIST and (more := stream.readline(limits.line_bytes)):
        lines.append(more)
        opened += more.count(b"[") - more.count(b"]")
        length += len(more)
    return lines if opened > 0 else [b"".join(lines)]


def _split_row(number: int, line: bytes, layout: CsvLayout, split: SplitOfPath) -> _Row:
    """The cells of a line; raises SkipRow."""
    cells, pixels = _cells(line, layout)
    if len(cells) <= max(layout.emotion, layout.pixels, layout.usage or 0):
        raise SkipRow(SkipReason.TOO_FEW_COLUMNS, f"{len(cells)} columns")
    code = _code(cells[layout.emotion])
    if code is None:
        raise _wrong_label(_word(cells[layout.emotion]))
    if layout.usage is not None:
        known = _split(cells[layout.usage])
        if known is None:
            raise _unknown_usage(_word(cells[layout.usage]))
        split = SplitOfPath(known)
    return _Row(number, code, split, pixels)


def _cells(line: bytes, layout: CsvLayout) -> tuple[list[bytes], bytes]:
    """The cells where the header has them, and the pixels' text, with one blank between where it was a list.

    A list of pixels may hold the delimiter: within quotes, within brackets, or bare; the last only where the number of
    cells leaves no doubt.
    """
    is_list = b'"' in line or b"[" in line
    if b'"' in line:
        line = without_quotes(line, layout.delimiter)
    if b"[" in line:
        line = without_brackets(line, layout.delimiter)
    cells = line.split(layout.delimiter)
    if len(cells) > PIXELS and len(cells) == layout.row_cells:
        return _merged(cells, layout)
    if len(cells) <= layout.pixels:
        return cells, b""
    pixels = cells[layout.pixels].strip()
    if is_list or b"," in pixels:
        pixels = b" ".join(pixels.replace(b",", b" ").split())
    return cells, pixels


def _merged(cells: list[bytes], layout: CsvLayout) -> tuple[list[bytes], bytes]:
    """For one cell per pixel: where the header has one column for all, the cells after them move to their places."""
    end = layout.pixels + PIXELS
    pixels = b" ".join(cell.strip() for cell in cells[layout.pixels : end])
    return cells if layout.columns > PIXELS else [*cells[: layout.pixels], b"", *cells[end:]], pixels


def _wrong_label(word: str) -> SkipRow:
    if is_no_label(word):
        return SkipRow(SkipReason.UNLABELLED, place="rows of the csv")
    word = shown(word)
    return SkipRow(SkipReason.WRONG_LABEL, f"got {word!r}, expected 0-6 or an emotion's name", place=word)


def _unknown_usage(word: str) -> SkipRow:
    word = shown(word)
    expected = "Training, PublicTest or PrivateTest"
    return SkipRow(SkipReason.UNKNOWN_USAGE, f"got {word!r}, expected {expected}", place=word)


@lru_cache(maxsize=64)
def _code(cell: bytes) -> int | None:
    return label_code(_word(cell))


@lru_cache(maxsize=64)
def _split(cell: bytes) -> str | None:
    return split_of(_word(cell))


def _word(cell: bytes) -> str:
    return cell[:40].decode("utf-8", "replace").strip(" '\r\n\t")
