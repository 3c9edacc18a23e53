"""Animated WebP, PNG and AVIF pictures, one frame in memory at a time; FFmpeg reads none of them reliably."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image, ImageOps

from fer_core.errors import MediaError
from fer_core.files.pictures.heads import PictureHead, read_head
from fer_core.files.pictures.kinds import HEAD_BYTES, PictureKind, brands, kind_of
from fer_core.files.pictures.size import check_frame_size
from fer_core.files.pictures.still import read_bytes
from fer_core.names import shown_name

DEFAULT_FRAME_S: Final = 0.1
"""How long a frame lasts that says nothing or less than a hundredth of a second, as in browsers."""
_BEGINNING: Final = 256 << 10
"""Bytes in which a PNG says that it is animated: colour profiles and texts may stand before."""
_SURPRISES: Final = (OSError, ValueError, SyntaxError, EOFError, RuntimeError, MemoryError)
"""What Pillow's decoders raise at damaged files."""


@dataclass(frozen=True)
class Animation:
    """An animated picture's file.

    Attributes:
        path: the file.
        head: its size and number of frames.
        data: its content.
    """

    path: Path
    head: PictureHead
    data: bytes

    def frames(self) -> Iterator[tuple[float, np.ndarray]]:
        """Each frame's time in seconds and its picture: uint8 (height, width, 3), blue-green-red, upright.

        Raises:
            MediaError: a frame cannot be decoded; those before it count.
        """
        time_s = 0.0
        with _opened(self) as image:
            count = getattr(image, "n_frames", 1)
            for index in range(count):
                try:
                    image.seek(index)
                    frame_rgb = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
                except _SURPRISES as error:
                    raise MediaError(
                        f"{shown_name(self.path)}: frame {index + 1} of {count} is damaged. Copy or save it again."
                    ) from error
                yield time_s, np.ascontiguousarray(frame_rgb[..., ::-1])
                time_s += _duration_s(image)


def open_animation(path: Path) -> Animation | None:
    """The animation in a picture file; None for a still picture.

    Raises:
        MediaError: it cannot be read, or its frames are larger than `fer_core.limits` allow.
    """
    if not _may_be_animated(path):
        return None
    data = read_bytes(path)
    head = read_head(data)
    if head is None or head.frames < 2:
        return None
    check_frame_size(head.width, head.height, shown_name(path))
    return Animation(path, head, data)


def _may_be_animated(path: Path) -> bool:
    """By the file's beginning, so that a folder of photographs is not read twice."""
    try:
        with path.open("rb") as stream:
            start = stream.read(_BEGINNING)
    except OSError as error:
        raise MediaError(
            f"{shown_name(path)}: cannot be read: {error.strerror or error}. Check its permissions."
        ) from error
    match kind_of(start[:HEAD_BYTES]):
        case PictureKind.PNG:
            return b"acTL" in start  # it stands before the first picture
        case PictureKind.WEBP:
            return start[12:16] == b"VP8X" and len(start) > 20 and bool(start[20] & 2)
        case PictureKind.AVIF:
            return "avis" in brands(start)
    return False


def _opened(animation: Animation) -> Image.Image:
    try:
        return Image.open(io.BytesIO(animation.data), formats=["WEBP", "PNG", "AVIF"])
    except _SURPRISES as error:
        raise MediaError(
            f"{shown_name(animation.path)}: the picture is damaged and cannot be decoded. Save it again."
        ) from error


def _duration_s(image: Image.Image) -> float:
    """Of the frame that was decoded last."""
    milliseconds = image.info.get("duration", 0)
    seconds = float(milliseconds) / 1000 if isinstance(milliseconds, int | float) else 0.0
    return seconds if 0.01 <= seconds < 1e6 else DEFAULT_FRAME_S
