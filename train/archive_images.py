"""An image file's bytes to a grey 48 x 48 face, its size looked at before anything is decoded."""

import io
import re
import struct
import warnings
from typing import Final

import cv2
import numpy as np
from PIL import Image

from train.archive_skips import SkipRow
from train.archive_types import SIDE, SkipReason
from train.limits import ArchiveLimits

IMAGE_SUFFIXES: Final = frozenset(
    [
        ".png",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".bmp",
        ".dib",
        ".webp",
        ".tif",
        ".tiff",
        ".gif",
        ".jp2",
        ".pgm",
        ".ppm",
        ".avif",
        ".heic",
        ".heif",
    ]
)
"""AVIF and HEIC are skipped as images that are not read: their decoders do not keep to the size in the header."""
_BY_PILLOW: Final = ("BMP", "DIB", "WEBP", "TIFF", "GIF", "PPM")  # formats whose size Pillow reads; the others' is ours
PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC: Final = b"\xff\xd8\xff"
JP2_MAGIC: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
START_OF_SCAN: Final = b"\xff\xda"
MAX_SCANS: Final = 64
"""A progressive jpg has about ten scans. Each is a pass over the whole image, and an empty one takes 40 bytes."""

_HUGE: Final = (1 << 20, 1 << 20)
_CODESTREAM: Final = re.compile(rb"\xff\x4f\xff\x51", re.DOTALL)
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header of an image; None when `data` is of no known format or cut off."""
    try:
        if data.startswith(PNG_MAGIC) and data[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", data, 16)
            return width, height
        if data.startswith(JPEG_MAGIC):
            return _jpeg_size(data)
        if data.startswith(JP2_MAGIC):
            return _jp2_size(data)
    except (struct.error, IndexError):
        return None  # the header is cut off
    return _size_by_pillow(data)


def _jp2_size(data: bytes) -> tuple[int, int] | None:
    """The largest image of any codestream within: the decoder goes by that, whatever the file's own header says."""
    found = [struct.unpack_from(">IIII", data, match.end() + 4) for match in _CODESTREAM.finditer(data)]
    sizes = [(max(0, right - left), max(0, bottom - top)) for right, bottom, left, top in found]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _size_by_pillow(data: bytes) -> tuple[int, int] | None:
    """Pillow's word; it reads no pixels yet, but of a damaged header it raises nearly anything."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_BY_PILLOW) as image:
                return image.size
    except Image.DecompressionBombError:
        return _HUGE
    except Exception:
        return None


def decode_face(data: bytes, limits: ArchiveLimits) -> tuple[np.ndarray, int]:
    """Decode an image of any size and colour; of several pages or moments the first.

    Returns:
        pixels uint8 (48, 48), and how many pixels were decoded for it: width x height of the image as it was, for
        each of its scans.

    Raises:
        SkipRow: it is no readable image, or larger than the limits allow.
    """
    size = image_size(data)
    if size is None:
        raise SkipRow(SkipReason.NOT_AN_IMAGE, _what_it_is(data))
    width, height = size
    if width * height > limits.image_pixels:
        raise SkipRow(SkipReason.IMAGE_TOO_LARGE, f"{width} x {height}, at most {limits.image_pixels} pixels")
    scans = data.count(START_OF_SCAN) if data.startswith(JPEG_MAGIC) else 1
    if scans > MAX_SCANS:
        raise SkipRow(SkipReason.IMAGE_TOO_LARGE, f"{scans} scans, at most {MAX_SCANS}")
    if data.startswith(PNG_MAGIC) and not _has_whole_chunks(data):
        raise SkipRow(SkipReason.NOT_AN_IMAGE, "cut off or damaged")
    try:
        grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        raise SkipRow(SkipReason.NOT_AN_IMAGE, "cannot be decoded") from error
    if grey is None or grey.size == 0 or grey.dtype != np.uint8:
        raise SkipRow(SkipReason.NOT_AN_IMAGE, "cannot be decoded")
    return to_side(grey), max(width * height, grey.size) * max(scans, 1)


def _what_it_is(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "AVIF or HEIC, which is not read: convert it to png or jpg"
    return "no image of a known format" if data else "empty file"


def to_side(grey: np.ndarray) -> np.ndarray:
    """uint8 (h, w) to uint8 (48, 48): averaged where it shrinks, interpolated where it grows."""
    if grey.shape == (SIDE, SIDE):
        return grey
    shrinks = min(grey.shape) >= SIDE
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _has_whole_chunks(data: bytes) -> bool:
    """Whether a png's chunks lie within it, up to its end mark; OpenCV allocates what a chunk claims, up to 2 GB."""
    at = len(PNG_MAGIC)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + length
    return False


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
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
            return width, height
        if marker not in _STANDALONE:
            at += max(2, struct.unpack_from(">H", data, at)[0])
