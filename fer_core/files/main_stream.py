"""Find the stream of a file that is the video itself: not its cover, thumbnail or preview."""

from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition

from fer_core.errors import MediaError
from fer_core.names import shown_name

STILL_CODECS: Final = frozenset({"mjpeg", "png", "apng", "bmp", "gif", "webp", "tiff", "jpeg2000", "jpegxl"})
"""Codecs of thumbnails; the video itself, among several streams, hardly ever uses them."""


def main_stream(container: InputContainer, path: Path) -> av.VideoStream:
    """The video stream to analyse.

    Args:
        container: an opened file.
        path: its place, for messages.

    Raises:
        MediaError: there is none, or none whose codec is known.
    """
    moving = [stream for stream in container.streams.video if Disposition.attached_pic not in stream.disposition]
    known = [stream for stream in moving if stream.codec_context is not None]
    if known:
        best = container.streams.best("video")
        return max(known, key=lambda stream: (*_rank(stream), stream == best, -stream.index))
    name = shown_name(path)
    if moving:
        raise MediaError(f"{name}: its video codec is unknown to this program. Convert it to MP4 (H.264).")
    if container.streams.audio:
        raise MediaError(f"{name}: it has sound but no picture. Choose a video or an image.")
    raise MediaError(f"{name}: there is no picture in it. Choose a video or an image.")


def _rank(stream: av.VideoStream) -> tuple[bool, bool, bool]:
    """Higher for a stream that looks more like the video. Where the container counts no frames, that part is equal."""
    is_marked_still = bool(stream.disposition & (Disposition.still_image | Disposition.timed_thumbnails))
    return not is_marked_still, stream.frames != 1, stream.codec_context.name not in STILL_CODECS
