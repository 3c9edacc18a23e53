"""Still pictures: read them upright, what is there of one that was cut off too, and write them."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from fer_core.errors import MediaError
from fer_core.files import name_for_c, write_whole

PICTURE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"})
JPEG_START: Final = b"\xff\xd8"
JPEG_END: Final = b"\xff\xd9"
HEIF_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis"})


def is_picture_file(path: Path, head: bytes) -> bool:
    """Whether a file's content, whatever its name, is a still picture that `read_picture` knows.

    Args:
        path: an existing file.
        head: its first bytes.
    """
    if head.startswith(b"GIF8"):
        return False
    with name_for_c(path) as name:
        return cv2.haveImageReader(name)


def read_picture(path: Path) -> tuple[np.ndarray, str | None]:
    """Read a picture, turned as its EXIF orientation says.

    Returns:
        uint8 (height, width, 3), blue-green-red; and what is missing of it, a sentence, or None when it is whole.

    Raises:
        MediaError: it cannot be decoded.
    """
    try:
        data = path.read_bytes()
        frame_bgr = _decoded(data)
        if frame_bgr is not None:
            return frame_bgr, None
        # OpenCV refuses a JPEG without its end mark; with one it shows the part that is there.
        if data.startswith(JPEG_START) and (frame_bgr := _decoded(data + JPEG_END)) is not None:
            return frame_bgr, "the picture was cut off; the missing part is grey"
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {error.strerror}. Check its permissions.") from error
    except cv2.error as error:
        raise MediaError(f"{path}: the picture is damaged or too large ({error.err}). Save it again.") from error
    raise MediaError(f"{path}: the picture is damaged and cannot be decoded. Copy or save it again.")


def _decoded(data: bytes) -> np.ndarray | None:
    """uint8 (height, width, 3) BGR, or None where OpenCV gives up."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def write_picture(path: Path, frame_bgr: np.ndarray) -> None:
    """Write uint8 (height, width, 3) in the format of the suffix, whole or not at all.

    Raises:
        MediaError: the suffix is no picture's, or the file cannot be written.
    """
    try:
        done, data = cv2.imencode(path.suffix, frame_bgr)
    except cv2.error as error:
        raise MediaError(f"{path}: cannot write pictures of this kind. Use .png or .jpg.") from error
    if not done:
        raise MediaError(f"{path}: the picture could not be encoded. Use .png or .jpg.")
    try:
        write_whole(path, data.tobytes())
    except OSError as error:
        raise MediaError(
            f"{path}: cannot be written: {error.strerror or error}. Check the folder and the space left."
        ) from error


def unreadable_reason(head: bytes) -> str:
    """What to tell about a file that no decoder takes, from its first bytes."""
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "HEIC and AVIF pictures cannot be read. Save it as JPEG."
    if head[4:8] == b"ftyp":
        return "it begins like a video, but its index is missing: the recording or copy was cut off. Copy it again."
    return "expected a picture or a video, found something else or a damaged file. Choose JPEG, PNG, MP4, MOV or WebM."
