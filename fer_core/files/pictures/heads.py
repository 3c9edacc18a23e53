"""A picture's size and its number of frames, read from its head alone; nothing is decoded."""

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from fer_core.files.pictures.boxes import avif_head, jpeg_2000_size
from fer_core.files.pictures.kinds import HEAD_BYTES, PictureKind, kind_of
from fer_core.files.pictures.tiff import tiff_head

START_OF_SCAN: Final = b"\xff\xda"
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_PNM_NUMBER: Final = re.compile(rb"(?:\s+|#[^\n]*\n)*(\d+)")
_PAM_LINE: Final = re.compile(rb"^(WIDTH|HEIGHT)\s+(\d+)\s*$", re.MULTILINE)
_HDR_SIZE: Final = re.compile(rb"\n[-+]([YX]) (\d+) [-+][YX] (\d+)\n")


@dataclass(frozen=True)
class PictureHead:
    """What a picture says about itself.

    Attributes:
        kind: by its content.
        width, height: in pixels, as it is stored.
        frames: of an animation; 1 for a still picture.
        pages: of a document; 1 where there is one picture.
        is_preview: the picture that a decoder takes is a reduced one beside the real one, as in raw photographs.
        is_progressive: a JPEG that can only be decoded as a whole.
        scans: passes over the whole picture.
        block_pixels: the largest piece that is decoded at once where it may be larger than the picture; else 0.
        sample_bits: for each colour of a pixel, where they may be more than 16; else 8.
        orientation: EXIF's number, 1 to 8, where the decoder does not turn the picture itself; else 1.
    """

    kind: PictureKind
    width: int
    height: int
    frames: int = 1
    pages: int = 1
    is_preview: bool = False
    is_progressive: bool = False
    scans: int = 1
    block_pixels: int = 0
    sample_bits: int = 8
    orientation: int = 1

    @property
    def pixels(self) -> int:
        """Number of pixels: width x height."""
        return self.width * self.height


def read_head(data: bytes) -> PictureHead | None:
    """The head of a picture that can be read here.

    Args:
        data: the whole file, as some formats keep their head at its end.

    Returns:
        None where there is no picture, none of a readable kind, or its head is damaged or without a size.
    """
    kind = kind_of(data[:HEAD_BYTES])
    reader = None if kind is None else _READERS.get(kind)
    if reader is None:
        return None
    try:
        head = reader(data)
    except (struct.error, IndexError, ValueError, OverflowError):
        return None  # the head is cut off
    return head if head is not None and head.width > 0 and head.height > 0 else None


def png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """A PNG's chunks: name, where the content begins, its length; the last one may claim more than there is."""
    at = 8
    while at + 8 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], at + 8, length
        at += 12 + length


def _jpeg(data: bytes) -> PictureHead | None:
    """Walk the segments up to the frame header; raises IndexError or struct.error when the data end before it."""
    at = 2
    while True:
        if data[at] != 0xFF:
            return None
        while data[at] == 0xFF:  # any number of fill bytes
            at += 1
        marker = data[at]
        at += 1
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 3)
            scans = max(1, data.count(START_OF_SCAN))
            is_progressive = marker in _PROGRESSIVE
            return PictureHead(PictureKind.JPEG, width, height, is_progressive=is_progressive, scans=scans)
        if marker not in _STANDALONE:
            at += max(2, struct.unpack_from(">H", data, at)[0])


def _png(data: bytes) -> PictureHead | None:
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    frames = 1
    for name, start, _ in png_chunks(data):
        if name == b"acTL":
            (frames,) = struct.unpack_from(">I", data, start)
        if name == b"IDAT":  # an animation says so before its first picture
            break
    return PictureHead(PictureKind.PNG, width, height, frames=max(1, frames))


def _gif(data: bytes) -> PictureHead:
    width, height = struct.unpack_from("<HH", data, 6)
    return PictureHead(PictureKind.GIF, width, height)


def _webp(data: bytes) -> PictureHead | None:
    size: tuple[int, int] | None = None
    frames, at = 0, 12
    while at + 8 <= len(data):
        name, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        size = size or _webp_size(name, data[at + 8 : at + 18])
        frames += name == b"ANMF"
        at += 8 + length + length % 2
    return None if size is None else PictureHead(PictureKind.WEBP, *size, frames=max(1, frames))


def _webp_size(name: bytes, start: bytes) -> tuple[int, int] | None:
    """Width and height from the chunk that has them."""
    if name == b"VP8X":
        return 1 + int.from_bytes(start[4:7], "little"), 1 + int.from_bytes(start[7:10], "little")
    if name == b"VP8L":
        bits = int.from_bytes(start[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", start, 6)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _tiff(data: bytes) -> PictureHead | None:
    head = tiff_head(data)
    if head is None:
        return None
    return PictureHead(
        PictureKind.TIFF,
        head.width,
        head.height,
        pages=head.pages,
        is_preview=head.is_preview,
        block_pixels=head.block_pixels,
        sample_bits=head.sample_bits,
    )


def _bmp(data: bytes) -> PictureHead:
    if struct.unpack_from("<I", data, 14)[0] == 12:
        return PictureHead(PictureKind.BMP, *struct.unpack_from("<HH", data, 18))
    width, height = struct.unpack_from("<ii", data, 18)
    return PictureHead(PictureKind.BMP, abs(width), abs(height))  # a negative height: the first line is the upper one


def _jpeg_2000(data: bytes) -> PictureHead | None:
    size = jpeg_2000_size(data)
    return None if size is None else PictureHead(PictureKind.JPEG_2000, *size)


def _avif(data: bytes) -> PictureHead | None:
    head = avif_head(data)
    if head is None:
        return None
    return PictureHead(PictureKind.AVIF, head.width, head.height, frames=head.frames, orientation=head.orientation)


def _pnm(data: bytes) -> PictureHead | None:
    if data[:2] == b"P7":
        lines = dict(_PAM_LINE.findall(data[:4096]))
        return PictureHead(PictureKind.PNM, int(lines.get(b"WIDTH", 0)), int(lines.get(b"HEIGHT", 0)))
    width = _PNM_NUMBER.match(data[:4096], 2)
    height = _PNM_NUMBER.match(data[:4096], width.end()) if width else None
    if width is None or height is None:
        return None
    sample_bits = 32 if data[1:2] in b"Ff" else 8
    return PictureHead(PictureKind.PNM, int(width[1]), int(height[1]), sample_bits=sample_bits)


def _hdr(data: bytes) -> PictureHead | None:
    found = _HDR_SIZE.search(data[:8192])
    if found is None:
        return None
    first, second = int(found[2]), int(found[3])
    return PictureHead(PictureKind.HDR, *((second, first) if found[1] == b"Y" else (first, second)))


def _sun_raster(data: bytes) -> PictureHead:
    return PictureHead(PictureKind.SUN_RASTER, *struct.unpack_from(">II", data, 4))


_READERS: Final[Mapping[PictureKind, Callable[[bytes], PictureHead | None]]] = {
    PictureKind.JPEG: _jpeg,
    PictureKind.PNG: _png,
    PictureKind.GIF: _gif,
    PictureKind.WEBP: _webp,
    PictureKind.TIFF: _tiff,
    PictureKind.BMP: _bmp,
    PictureKind.JPEG_2000: _jpeg_2000,
    PictureKind.AVIF: _avif,
    PictureKind.PNM: _pnm,
    PictureKind.HDR: _hdr,
    PictureKind.SUN_RASTER: _sun_raster,
}
