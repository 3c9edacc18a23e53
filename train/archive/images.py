"""An image file's bytes to a grey 48 x 48 face, its size looked at before anything is decoded."""

import re
import struct
from typing import Final

import cv2
import numpy as np

from fer_core.files.pictures.boxes import START_OF_CODESTREAM
from fer_core.files.pictures.heads import START_OF_SCAN, read_head
from fer_core.files.pictures.kinds import UNREADABLE, PictureKind
from fer_core.limits import MAX_JPEG_SCANS
from train.archive.limits import ArchiveLimits
from train.archive.skips import SkipRow
from train.archive.types import SIDE, SkipReason

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
_KINDS: Final = frozenset(PictureKind) - {PictureKind.AVIF} - UNREADABLE
_CODESTREAM: Final = re.compile(START_OF_CODESTREAM + b"(?=.{20})", re.DOTALL)
PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC: Final = b"\xff\xd8\xff"


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header of an image; None when `data` is of no known format or cut off."""
    head = read_head(data)
    if head is None or head.kind not in _KINDS:
        return None
    if head.kind is PictureKind.JPEG_2000:
        return _largest_codestream(data)
    if head.block_pixels > head.pixels:  # a TIFF's tile may be larger than its picture, and is decoded whole
        return head.block_pixels, 1
    return head.width, head.height


def _largest_codestream(data: bytes) -> tuple[int, int] | None:
    """A JPEG 2000 decoder goes by a codestream's size, whatever the file's own header says."""
    found = [struct.unpack_from(">IIII", data, match.end() + 4) for match in _CODESTREAM.finditer(data)]
    sizes = [(max(0, right - left), max(0, bottom - top)) for right, bottom, left, top in found]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


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
    if scans > MAX_JPEG_SCANS:
        raise SkipRow(SkipReason.IMAGE_TOO_LARGE, f"{scans} scans, at most {MAX_JPEG_SCANS}")
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
