"""Still pictures: read them upright, within limits, what is there of one that was cut off too, and write them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from fer_core import limits
from fer_core.errors import MediaError
from fer_core.files.pictures.heads import PictureHead, png_chunks, read_head
from fer_core.files.pictures.kinds import HEAD_BYTES, UNREADABLE, PictureKind, kind_of
from fer_core.files.pictures.size import check_size
from fer_core.names import shown_name
from fer_core.whole_files import write_whole

JPEG_END: Final = b"\xff\xd9"
READABLE: Final = "JPEG, PNG, WebP, TIFF, BMP, AVIF or JPEG 2000"
_REDUCED: Final = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}
_MAX_CHUNK: Final = 64 << 20
_PNG_EXTRAS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt", b"iCCP"})
_FEW_BYTES: Final = 4096
"""So little, packed a thousandfold, is unpacked in no time."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    Attributes:
        frame_bgr: uint8 (height, width, 3), blue-green-red, upright.
        notes: what is missing of it or was left out, sentences without capital and full stop; empty when it is whole.
    """

    frame_bgr: np.ndarray
    notes: tuple[str, ...] = ()


def is_picture_file(path: Path, head: bytes) -> bool:
    """Whether a file's content, whatever its name, is a still picture or an animation that is read here.

    An animated GIF is read as a video.

    Args:
        path: an existing file.
        head: its first bytes.
    """
    kind = kind_of(head)
    if kind is PictureKind.JPEG and path.suffix.lower() in (".mjpeg", ".mjpg"):
        return False  # a video of JPEG pictures, one after the other, begins like a single one
    return kind is not None and kind is not PictureKind.GIF and kind not in UNREADABLE


def read_picture(path: Path) -> tuple[np.ndarray, str | None]:
    """Read a picture, turned as it says itself: by EXIF, or by AVIF's own properties.

    Returns:
        uint8 (height, width, 3), blue-green-red; and what is missing of it, a sentence, or None when it is whole.

    Raises:
        MediaError: it cannot be decoded, or is larger than `fer_core.limits` allow.
    """
    picture = decode_picture(read_bytes(path), shown_name(path))
    return picture.frame_bgr, "; ".join(picture.notes) or None


def read_bytes(path: Path) -> bytes:
    """A picture file's content.

    Raises:
        MediaError: it cannot be read, or has more bytes than `fer_core.limits` allow.
    """
    try:
        size = path.stat().st_size
        if size > limits.MAX_PICTURE_BYTES:
            at_most = limits.MAX_PICTURE_BYTES >> 20
            raise MediaError(
                f"{shown_name(path)}: the picture's file has {size >> 20} MB, at most {at_most} can be read. Shrink it."
            )
        return path.read_bytes()
    except OSError as error:
        raise MediaError(
            f"{shown_name(path)}: cannot be read: {error.strerror or error}. Check its permissions."
        ) from error


def decode_picture(data: bytes, name: str) -> Picture:
    """Decode a picture file's content; its size is looked at first.

    Args:
        data: the whole file.
        name: what messages call it.

    Raises:
        MediaError: it is no picture, damaged, or larger than `fer_core.limits` allow.
    """
    head = read_head(data)
    if head is None:
        if kind_of(data[:HEAD_BYTES]) in {None, *UNREADABLE}:
            raise MediaError(f"{name}: {unreadable_reason(data[:HEAD_BYTES])}")
        raise MediaError(f"{name}: the picture is damaged and cannot be decoded. Copy or save it again.")
    check_size(head, name)
    if head.kind is PictureKind.PNG and any(length > max(len(data), _MAX_CHUNK) for _, _, length in png_chunks(data)):
        raise MediaError(f"{name}: the picture is damaged and cannot be decoded. Copy or save it again.")
    try:
        return _decode(_without_texts(data) if head.kind is PictureKind.PNG else data, head, name)
    except cv2.error as error:
        raise MediaError(f"{name}: the picture is damaged or too large ({error.err}). Save it again.") from error


def _decode(data: bytes, head: PictureHead, name: str) -> Picture:
    notes = _left_out(head)
    reduction = _jpeg_reduction(head)
    frame_bgr = _decoded(data, head, reduction)
    if frame_bgr is None and head.kind is PictureKind.JPEG:
        # OpenCV refuses a JPEG without its end mark; with one it shows the part that is there.
        frame_bgr = _decoded(data + JPEG_END, head, reduction)
        notes.append("the picture was cut off; the missing part is grey")
    if frame_bgr is None:
        raise MediaError(f"{name}: the picture is damaged and cannot be decoded. Copy or save it again.")
    frame_bgr = _turned(frame_bgr, head.orientation)
    height, width = frame_bgr.shape[:2]
    scale = limits.work_scale(width, height)
    if scale < 1:
        width, height = max(1, int(width * scale)), max(1, int(height * scale))
        frame_bgr = cv2.resize(frame_bgr, (width, height), interpolation=cv2.INTER_AREA)
    if scale < 1 or reduction > 1:
        shown = limits.megapixels(head.width, head.height)
        notes.append(f"it has {shown} and was scaled down to {width} x {height}; boxes refer to that size")
    return Picture(frame_bgr, tuple(notes))


def _without_texts(data: bytes) -> bytes:
    """A PNG without its texts and colour profile, which nothing here uses and OpenCV would unpack, however long."""
    chunks = list(png_chunks(data))
    if sum(length for name, _, length in chunks if name in _PNG_EXTRAS) < _FEW_BYTES:
        return data
    kept = (data[start - 8 : start + length + 4] for name, start, length in chunks if name not in _PNG_EXTRAS)
    return b"".join([data[:8], *kept])


def _left_out(head: PictureHead) -> list[str]:
    if head.is_preview:
        return [f"only its preview of {head.width} x {head.height} pixels was read, as from a raw photograph"]
    if head.pages > 1:
        return [f"only the first of its {head.pages} pages was read"]
    return []


def _jpeg_reduction(head: PictureHead) -> int:
    """By how much a JPEG is shrunk while it is decoded: 1, 2, 4 or 8."""
    scale = limits.work_scale(head.width, head.height)
    if head.kind is not PictureKind.JPEG or scale >= 1:
        return 1
    return next((factor for factor in _REDUCED if 1 / factor <= scale), 8)


def _decoded(data: bytes, head: PictureHead, reduction: int) -> np.ndarray | None:
    """uint8 (height, width, 3) BGR, or None where OpenCV gives up."""
    flags = _REDUCED.get(reduction, cv2.IMREAD_COLOR)
    if head.kind is PictureKind.AVIF:  # of which OpenCV knows EXIF's orientation at best, which does not count there
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    buffer = np.frombuffer(data, np.uint8)
    if head.sample_bits <= 16:
        return cv2.imdecode(buffer, flags)
    # At 8 bits OpenCV refuses such pictures or makes them black.
    frame = cv2.imdecode(buffer, flags | cv2.IMREAD_ANYDEPTH)
    if frame is None:  # grey ones, which it decodes only without colours
        frame = cv2.imdecode(buffer, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_ANYDEPTH)
    if frame is None:
        return None
    if frame.ndim == 2:
        frame = cv2.merge([frame, frame, frame])
    return frame if frame.dtype == np.uint8 else _eight_bits(frame)


def _eight_bits(frame: np.ndarray) -> np.ndarray:
    """uint8 of the same shape: whole numbers by the 8, 16 or 32 bits they need, fractions by 0-1 or else by 0-255."""
    if np.issubdtype(frame.dtype, np.integer):
        # Programs that write 32 bits seldom use them: most such pictures hold values up to 255 or 65,535.
        bits = next((bits for bits in (8, 16) if frame.max(initial=0) < 1 << bits), frame.dtype.itemsize * 8)
        return (frame.clip(0) >> (bits - 8)).astype(np.uint8)
    frame = np.nan_to_num(frame, nan=0.0, posinf=255.0, neginf=0.0)
    eight: np.ndarray = np.clip(frame * (255 if frame.max(initial=0) <= 1 else 1), 0, 255).astype(np.uint8)
    return eight


def _turned(frame_bgr: np.ndarray, orientation: int) -> np.ndarray:
    """Turned and mirrored as EXIF's number says."""
    if orientation >= 5:
        frame_bgr = cv2.transpose(frame_bgr)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return frame_bgr if flip is None else cv2.flip(frame_bgr, flip)


def write_picture(path: Path, frame_bgr: np.ndarray) -> None:
    """Write uint8 (height, width, 3) in the format of the suffix, whole or not at all.

    Raises:
        MediaError: the suffix is no picture's, or the file cannot be written.
    """
    try:
        done, data = cv2.imencode(path.suffix, frame_bgr)
    except cv2.error as error:
        raise MediaError(f"{shown_name(path)}: cannot write pictures of this kind. Use .png or .jpg.") from error
    if not done:
        raise MediaError(f"{shown_name(path)}: the picture could not be encoded. Use .png or .jpg.")
    try:
        write_whole(path, data.tobytes())
    except OSError as error:
        raise MediaError(
            f"{shown_name(path)}: cannot be written: {error.strerror or error}. Check the folder and the space left."
        ) from error


def unreadable_reason(head: bytes) -> str:
    """Why no decoder takes a file, for people, from its first bytes."""
    kind = kind_of(head)
    if kind in UNREADABLE:
        return f"{str(kind)[0].upper()}{str(kind)[1:]} pictures cannot be read. Save it as JPEG or PNG."
    if head[4:8] == b"ftyp" and kind is None:
        return "it begins like a video, but its index is missing: the recording or copy was cut off. Copy it again."
    return "expected a picture or a video, found something else or a damaged file. Choose JPEG, PNG, MP4, MOV or WebM."
