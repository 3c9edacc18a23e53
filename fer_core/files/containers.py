"""Which video files are read, and how they are opened."""

from pathlib import Path
from typing import Final

import av
from av.container import InputContainer

from fer_core.errors import MediaError
from fer_core.files.pictures.heads import read_head
from fer_core.files.pictures.size import check_frame_size
from fer_core.files.pictures.still import unreadable_reason
from fer_core.limits import MAX_FRAME_PIXELS
from fer_core.names import shown_name

RAW_SUFFIXES: Final = {
    ".mjpeg": "mjpeg",
    ".mjpg": "mjpeg",
    ".h264": "h264",
    ".264": "h264",
    ".avc": "h264",
    ".hevc": "hevc",
    ".h265": "hevc",
    ".265": "hevc",
    ".m1v": "mpegvideo",
    ".m2v": "mpegvideo",
    ".mpv": "mpegvideo",
    ".m4v": "m4v",
    ".obu": "obu",
}
"""Names of bare picture streams, without a container around them, and FFmpeg's reader for each."""

VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".qt", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".vob", ".ts", ".mts", ".m2ts", ".3gp"}
    | {".3g2", ".ogv", ".wmv", ".asf", ".flv", ".f4v", ".gif", ".ivf", ".dv"}
    | set(RAW_SUFFIXES)
)

CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,mjpeg,mpjpeg,h264,hevc,obu,ivf,"
    "dv,m4v,mp3,wav,flac,aac"
)
"""What files are taken for. FFmpeg's other readers draw letters as pictures and follow playlists to other files; the
last four have sound only, which deserves its own sentence."""

FRAME_LIMIT: Final[dict[str, str]] = {"max_pixels": str(MAX_FRAME_PIXELS)}
"""FFmpeg's own limit, for its decoders too: frames may turn out larger than the file says."""

_START_CODES: Final = (b"\0\0\1", b"\0\0\0\1")
_RAW_STARTS: Final[dict[str, tuple[bytes, ...]]] = {
    "mjpeg": (b"\xff\xd8\xff",),
    "h264": _START_CODES,
    "hevc": _START_CODES,
    "mpegvideo": _START_CODES,
    "m4v": _START_CODES,
    "obu": (b"\x12\0", b"\x0a", b"\x16\0"),
    "mp3": (b"ID3", b"\xff"),
    "aac": (b"ID3", b"\xff"),
}
"""How a stream of each raw format begins. FFmpeg finds them in the middle of anything."""


def is_bare_stream(container: InputContainer) -> bool:
    """Whether the file is a bare stream of pictures, which carries no times."""
    return container.format.name in set(RAW_SUFFIXES.values()) | {"mpjpeg"}


def open_container(path: Path, head: bytes) -> InputContainer:
    """Open a video file for reading.

    Args:
        path: an existing file.
        head: its first bytes.

    Raises:
        MediaError: it is none that is read, or its frames are larger than `fer_core.limits` allow.
    """
    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, **FRAME_LIMIT}
    _check_gif(path, head)
    # A stream of JPEGs begins like a single one: only its name tells that it is a video.
    formats = [None, RAW_SUFFIXES.get(path.suffix.lower())]
    error: Exception | None = None
    for name in dict.fromkeys(formats):
        try:
            # "file:" keeps a colon in a name from being taken for a protocol. Titles in an old encoding are no reason
            # to refuse a file.
            container = av.open(f"file:{path}", format=name, metadata_errors="ignore", options=options)
        except (av.FFmpegError, OSError, ValueError) as reason:
            error = reason
            continue
        if _is_plausible(container.format.name, path, head):
            return container
        container.close()
    raise MediaError(f"{shown_name(path)}: {unreadable_reason(head)}") from error


def _check_gif(path: Path, head: bytes) -> None:
    """Refuse a GIF whose frames are too large, with their size, of which FFmpeg would only say that it is invalid."""
    gif = read_head(head) if head.startswith(b"GIF8") else None
    if gif is not None:
        check_frame_size(gif.width, gif.height, shown_name(path))


def _is_plausible(name: str, path: Path, head: bytes) -> bool:
    """Whether the file is what FFmpeg takes it for; bare streams must begin as such or be named so."""
    starts = _RAW_STARTS.get(name)
    return starts is None or head.startswith(starts) or RAW_SUFFIXES.get(path.suffix.lower()) == name
