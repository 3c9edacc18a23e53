"""How large pictures and frames may be; asked before anything is decoded.

A file of a hundred bytes can claim gigabytes. All limits of pictures, videos, live frames and
archives' images are here.
"""

from typing import Final

MEGA: Final = 1_000_000

MAX_PICTURE_BYTES: Final = 512 << 20
"""Of a picture's file, which is read as a whole."""
MAX_PICTURE_PIXELS: Final = 120 * MEGA
"""Width x height of a still picture: 108-megapixel phones are below it."""
MAX_SHRUNK_JPEG_PIXELS: Final = 250 * MEGA
"""Of a baseline JPEG, which can be shrunk while it is decoded, so that the whole is never in memory."""
MAX_JPEG_2000_PIXELS: Final = 40 * MEGA
"""JPEG 2000 is decoded to four bytes for each colour of a pixel, all of them at once."""
MAX_JPEG_SCANS: Final = 64
"""A progressive JPEG has about ten scans. Each is a pass over the whole picture, and an empty one takes 40 bytes."""
MAX_FRAME_PIXELS: Final = 36 * MEGA
"""Of a video's or an animation's frame: 8K video has 35.4 megapixels at most, and a decoder holds several frames."""
MAX_LIVE_PIXELS: Final = 1920 * 1088
"""Of a live frame. Larger ones are scaled down to it: the analysis sees 480 pixels of width anyway."""
MAX_ARCHIVE_IMAGE_PIXELS: Final = 25 * MEGA
"""Of a training archive's image, of which 48 x 48 pixels are kept."""

MAX_FACES: Final = 8
"""Faces of a video's or a live frame that are analysed, unless another number is chosen. In a picture, all are."""

MAX_WORK_PIXELS: Final = 50 * MEGA
"""What a picture has at most when it is analysed; larger ones are scaled down. 48-megapixel photographs stay whole."""
MAX_WORK_SIDE: Final = 32_000
"""Longest side of a picture that is analysed, in pixels: OpenCV's and JPEG's own limits lie just above."""


def megapixels(width: int, height: int) -> str:
    """Width x height for people, such as "30000 x 30000 pixels (900 megapixels)"."""
    return f"{width} x {height} pixels ({width * height / MEGA:.0f} megapixels)"


def work_scale(width: int, height: int) -> float:
    """The factor, at most 1, by which a picture of this size is scaled down before it is analysed."""
    by_area: float = (MAX_WORK_PIXELS / (width * height)) ** 0.5
    return min(1.0, by_area, MAX_WORK_SIDE / max(width, height))


def live_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which a live frame is worked on: its own, or even numbers below `MAX_LIVE_PIXELS`."""
    scale = (MAX_LIVE_PIXELS / (width * height)) ** 0.5
    if scale >= 1:
        return width, height
    return max(2, int(width * scale) // 2 * 2), max(2, int(height * scale) // 2 * 2)
