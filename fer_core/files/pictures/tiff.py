"""Size and number of pages of a TIFF file, from its directories; nothing is decoded."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_PAGES: Final = 10_000
"""More are not counted."""
_KIND_OF_PAGE, _WIDTH, _HEIGHT, _BITS, _STRIP_ROWS, _TILE_WIDTH, _TILE_HEIGHT = 254, 256, 257, 258, 278, 322, 323
_FORMATS: Final = {1: "B", 3: "H", 4: "I", 16: "Q"}
_REDUCED: Final = 1


@dataclass(frozen=True)
class TiffHead:
    """What the directories say.

    Attributes:
        width: of the first picture, in pixels.
        height: likewise.
        pages: pictures that are not reduced copies of another one.
        is_preview: whether the first picture is a reduced copy.
        block_pixels: pixels of a tile or strip, the larger one.
        sample_bits: for each colour of a pixel.
    """

    width: int
    height: int
    pages: int
    is_preview: bool
    block_pixels: int
    sample_bits: int


def tiff_head(data: bytes) -> TiffHead | None:
    """Walk the directories; None without one that has a size."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in (b"+\0", b"\0+")
    (at,) = struct.unpack_from(order + ("Q" if is_big else "I"), data, 8 if is_big else 4)
    first: Mapping[int, int] | None = None
    pages, seen = 0, set[int]()
    while at and at not in seen and len(seen) < MAX_PAGES:
        seen.add(at)
        try:
            tags, at = _directory(data, at, order, is_big=is_big)
        except struct.error:
            break  # cut off; the pages before it count
        first = first or tags
        pages += not tags.get(_KIND_OF_PAGE, 0) & _REDUCED
    if first is None:
        return None
    width, height = first.get(_WIDTH, 0), first.get(_HEIGHT, 0)
    tile = first.get(_TILE_WIDTH, 0) * first.get(_TILE_HEIGHT, 0)
    strip = width * min(first.get(_STRIP_ROWS, 0), height)
    is_preview = bool(first.get(_KIND_OF_PAGE, 0) & _REDUCED)
    return TiffHead(width, height, max(1, pages), is_preview, max(tile, strip), first.get(_BITS, 1))


def _directory(data: bytes, at: int, order: str, *, is_big: bool) -> tuple[dict[int, int], int]:
    """The tags that are whole numbers, of lists the first where it matters, and where the next directory is."""
    count_format, entry_size, offset_format = ("Q", 20, "Q") if is_big else ("H", 12, "I")
    (count,) = struct.unpack_from(order + count_format, data, at)
    at += struct.calcsize(order + count_format)
    tags = {}
    for index in range(min(count, 4096)):
        entry = at + index * entry_size
        tag, kind, amount = struct.unpack_from(order + "HH" + offset_format, data, entry)
        if kind not in _FORMATS:
            continue
        value_at = entry + entry_size - struct.calcsize(offset_format)
        if struct.calcsize(_FORMATS[kind]) * amount > struct.calcsize(offset_format):
            if tag != _BITS:
                continue  # a list, which stands elsewhere
            (value_at,) = struct.unpack_from(order + offset_format, data, value_at)
        (tags[tag],) = struct.unpack_from(order + _FORMATS[kind], data, value_at)
    (following,) = struct.unpack_from(order + offset_format, data, at + count * entry_size)
    return tags, following
