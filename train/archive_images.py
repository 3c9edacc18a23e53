"""An image file's bytes to a grey 48 x 48 face, its size looked at before anything is decoded."""

import struct
from typing import Final

import cv2
import numpy as np

from fer_core.limits import MAX_JPEG_SCANS
from fer_core.picture_heads import START_OF_SCAN, read_head
from fer_core.picture_kinds import PictureKind
from train.archive_rows import SkipRow
from train.archive_types import SIDE, SkipReason
from train.limits import ArchiveLimits

PNG_MAGIC: Final = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC: Final = b"\xff\xd8\xff"


def image_size(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels from the header of a png or jpg; None when `data` is neither or has no header."""
    head = read_head(data)
    if head is None or head.kind not in (PictureKind.PNG, PictureKind.JPEG):
        return None
    return head.width, head.height


def decode_face(data: bytes, limits: ArchiveLimits) -> tuple[np.ndarray, int]:
    """Decode a png or jpg of any size and colour.

    Returns:
        pixels uint8 (48, 48), and how many pixels were decoded for it: width x height of the image as it was, for
        each of its scans.

    Raises:
        SkipRow: it is no readable image, or larger than the limits allow.
    """
    size = image_size(data)
    if size is None:
        raise SkipRow(SkipReason.NOT_AN_IMAGE, "no png or jpg header" if data else "empty file")
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
    if grey is None or grey.size == 0:
        raise SkipRow(SkipReason.NOT_AN_IMAGE, "cannot be decoded")
    return to_side(grey), width * height * max(scans, 1)


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
