"""Sizes from the boxes of AVIF and JPEG 2000 files; nothing is decoded."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

START_OF_CODESTREAM: Final = b"\xff\x4f\xff\x51"
_TO_SAMPLES: Final = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
_ORIENTATIONS: Final = {
    # (quarter turns against the clock, mirrored: None, 0 upside down, 1 left to right) to EXIF's number
    (0, None): 1,
    (1, None): 8,
    (2, None): 3,
    (3, None): 6,
    (0, 0): 4,
    (1, 0): 5,
    (2, 0): 2,
    (3, 0): 7,
    (0, 1): 2,
    (1, 1): 7,
    (2, 1): 4,
    (3, 1): 5,
}


@dataclass(frozen=True)
class AvifHead:
    """Size in pixels before turning, frames of an animation, EXIF's number for how it is to be turned."""

    width: int
    height: int
    frames: int
    orientation: int


def boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Boxes within data[start:end]: name, where the content begins and ends."""
    at = start
    while at + 8 <= end:
        (size,), content = struct.unpack_from(">I", data, at), at + 8
        if size == 1:
            (size,), content = struct.unpack_from(">Q", data, at + 8), at + 16
        stop = end if size == 0 else min(end, at + size)
        if stop < content:
            return
        yield data[at + 4 : at + 8], content, stop
        at = stop


def avif_head(data: bytes) -> AvifHead | None:
    """Of the primary picture; None where the file does not say its size."""
    meta = _find(data, (b"meta",), 0, len(data))
    if meta is None:
        return None
    start, end = meta[0] + 4, meta[1]  # after version and flags
    properties = _find(data, (b"iprp", b"ipco"), start, end)
    if properties is None:
        return None
    listed = list(boxes(data, *properties))
    mine = [listed[index - 1] for index in _associated(data, start, end) if 0 < index <= len(listed)]
    size: tuple[int, int] | None = None
    turns, mirror = 0, None
    for name, at, _ in mine or listed:
        if name == b"ispe" and size is None:
            size = struct.unpack_from(">II", data, at + 4)
        elif name == b"irot":
            turns = data[at] & 3
        elif name == b"imir":
            mirror = data[at] & 1
    return None if size is None else AvifHead(size[0], size[1], _frames(data), _ORIENTATIONS[turns, mirror])


def jpeg_2000_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the code stream's own head, which is what a decoder goes by."""
    at = 0 if data.startswith(START_OF_CODESTREAM) else -1
    if at < 0:
        stream = _find(data, (b"jp2c",), 0, len(data))
        if stream is None or data[stream[0] : stream[0] + 4] != START_OF_CODESTREAM:
            return None
        at = stream[0]
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return right - left, bottom - top


def _find(data: bytes, names: tuple[bytes, ...], start: int, end: int) -> tuple[int, int] | None:
    """Where the content of the first box at that path lies."""
    for name, content, stop in boxes(data, start, end):
        if name == names[0]:
            return (content, stop) if len(names) == 1 else _find(data, names[1:], content, stop)
    return None


def _associated(data: bytes, start: int, end: int) -> list[int]:
    """Numbers, from 1, of the properties that belong to the primary picture."""
    primary, table = _find(data, (b"pitm",), start, end), _find(data, (b"iprp", b"ipma"), start, end)
    if primary is None or table is None:
        return []
    wanted = int.from_bytes(data[primary[0] + 4 : primary[0] + (8 if data[primary[0]] else 6)], "big")
    has_long_ids, has_long_numbers = data[table[0]] > 0, data[table[0] + 3] & 1
    (count,), at = struct.unpack_from(">I", data, table[0] + 4), table[0] + 8
    id_size, number_size = 4 if has_long_ids else 2, 2 if has_long_numbers else 1
    for _ in range(count):
        if at + id_size >= table[1]:
            break
        item, amount = int.from_bytes(data[at : at + id_size], "big"), data[at + id_size]
        at += id_size + 1
        if item == wanted:
            pieces = (data[at + i * number_size : at + (i + 1) * number_size] for i in range(amount))
            # The highest bit says "essential".
            return [int.from_bytes(piece, "big") & (0x7FFF if has_long_numbers else 0x7F) for piece in pieces]
        at += amount * number_size
    return []


def _frames(data: bytes) -> int:
    """Of an image sequence; 1 for a still picture."""
    sizes = _find(data, _TO_SAMPLES, 0, len(data))
    return 1 if sizes is None else max(1, struct.unpack_from(">I", data, sizes[0] + 8)[0])
