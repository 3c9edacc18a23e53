"""Image and video files as timed frames: real time stamps, upright, one frame in memory at a time.

with open_media(path) as media:
    for frame in media.frames():
        ...
if media.damage:
    print(media.damage)
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from av.stream import Disposition

from fer_core import limits
from fer_core.animations import Animation, open_animation
from fer_core.errors import MediaError
from fer_core.picture_heads import read_head
from fer_core.picture_size import check_frame_size
from fer_core.pictures import is_picture_file, read_picture, unreadable_reason
from fer_core.timing import EVERY_FRAME, RisingClock, Sampling
from fer_core.upright import View

VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".wmv"}
    | {".flv", ".gif", ".mjpeg", ".mjpg"}
)
CONTAINERS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,ogg,gif,mjpeg,h264,hevc,ivf,dv,m4v,"
    "mp3,wav,flac,aac"
)
"""What files are taken for. FFmpeg's other readers draw letters as pictures and follow playlists to other files; the
last four have sound only, which deserves its own sentence."""

MAX_DECODER_THREADS: Final = 4
"""More of them cost memory for each frame in flight and bring little: the analysis is the slower side."""


@dataclass(frozen=True)
class TimedFrame:
    """One decoded frame.

    Attributes:
        index: its number in the file, from 0, whether or not the frames before it were asked for.
        time_s: when it is shown, in seconds since the file's start; rises from frame to frame.
        frame_bgr: uint8 (height, width, 3), upright and with square pixels.
    """

    index: int
    time_s: float
    frame_bgr: np.ndarray


@dataclass(frozen=True)
class MediaInfo:
    """What a file says about itself before it is decoded.

    Attributes:
        path: the file.
        is_picture: a still picture, one frame at 0 s.
        duration_s: in seconds; None where the file does not say, as in a browser's recordings. 0 for a picture.
        frame_count: an estimate for progress; None where there is none.
        rate: frames per second on average, as far as the file knows; 0 for a picture.
    """

    path: Path
    is_picture: bool
    duration_s: float | None
    frame_count: int | None
    rate: float

    def interval_s(self, sampling: Sampling) -> float:
        """About how far apart, in seconds, the frames are that `MediaFile.frames` gives; 0 for a picture."""
        if not self.rate:
            return 0.0
        return sampling.every / self.rate if sampling.fps is None else 1 / min(sampling.fps, self.rate)

    def expected_frames(self, sampling: Sampling) -> int | None:
        """How many frames `MediaFile.frames` will about give; None where that is unknown."""
        if sampling.fps is not None and self.duration_s is not None:
            wanted = int(self.duration_s * sampling.fps) + 1
            return wanted if self.frame_count is None else min(wanted, self.frame_count)
        return None if self.frame_count is None else -(-self.frame_count // sampling.every)


class MediaFile:
    """An opened file. Belongs to one thread; made by `open_media`.

    Attributes:
        info: what the file says about itself.
        damage: after `frames` was read to its end: what was missing or broken in the file, a sentence; else None.
    """

    info: MediaInfo
    damage: str | None = None

    def frames(self, sampling: Sampling = EVERY_FRAME) -> Iterator[TimedFrame]:
        """Decode, once; what cannot be decoded is passed over and told in `damage`.

        Raises:
            MediaError: nothing at all could be decoded.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_media(path: Path, *, decoder_threads: int | None = None) -> MediaFile:
    """Open a picture or a video.

    Args:
        path: the file.
        decoder_threads: how many may decode a video; None for what suits a machine that does nothing else.

    Raises:
        MediaError: it is missing, empty, no picture or video, or has sound only.
    """
    if not path.exists():
        raise MediaError(f"{path}: no such file. Check the name.")
    if not path.is_file():
        raise MediaError(f"{path}: expected a picture or a video, found a folder or a device. Name a file.")
    try:
        with path.open("rb") as stream:
            head = stream.read(64)
    except OSError as error:
        raise MediaError(f"{path}: cannot be read: {error.strerror}. Check its permissions.") from error
    if not head:
        raise MediaError(f"{path}: the file is empty (0 bytes). Copy or record it again.")
    if is_picture_file(path, head):
        animation = open_animation(path)
        return _PictureFile(path) if animation is None else _AnimationFile(animation)
    return _VideoFile(path, head, decoder_threads)


def probe(path: Path) -> MediaInfo:
    """What a file says about itself, without decoding it.

    Raises:
        MediaError: as `open_media`.
    """
    with open_media(path) as media:
        return media.info


class _PictureFile(MediaFile):
    def __init__(self, path: Path) -> None:
        self.info = MediaInfo(path, is_picture=True, duration_s=0.0, frame_count=1, rate=0.0)

    def frames(self, sampling: Sampling = EVERY_FRAME) -> Iterator[TimedFrame]:
        frame_bgr, self.damage = read_picture(self.info.path)
        yield TimedFrame(0, 0.0, frame_bgr)


class _AnimationFile(MediaFile):
    """An animated picture: a film, shown once."""

    def __init__(self, animation: Animation) -> None:
        self._animation = animation
        count = animation.head.frames
        self.info = MediaInfo(animation.path, is_picture=False, duration_s=None, frame_count=count, rate=10.0)

    def frames(self, sampling: Sampling = EVERY_FRAME) -> Iterator[TimedFrame]:
        chooser = sampling.chooser()
        count = 0
        try:
            for time_s, frame_bgr in self._animation.frames():
                if chooser.takes(count, time_s):
                    yield TimedFrame(count, time_s, frame_bgr)
                count += 1
        except MediaError as error:
            if not count:
                raise
            self.damage = str(error).removeprefix(f"{self.info.path}: ").removesuffix(".")


class _VideoFile(MediaFile):
    def __init__(self, path: Path, head: bytes, decoder_threads: int | None) -> None:
        limit = {"max_pixels": str(limits.MAX_FRAME_PIXELS)}
        options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS, **limit}
        _check_gif(path, head)
        try:
            # "file:" keeps a colon in a name from being taken for a protocol. Titles in an old encoding are no reason
            # to refuse a file.
            self._container = av.open(f"file:{path}", metadata_errors="ignore", options=options)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise MediaError(f"{path}: {unreadable_reason(head)}") from error
        try:
            self._stream = _moving_picture(self._container, path)
            check_frame_size(self._stream.codec_context.width, self._stream.codec_context.height, str(path))
        except MediaError:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        self._stream.codec_context.options = limit  # for frames that turn out larger than the file said
        self._stream.codec_context.thread_count = decoder_threads or min(MAX_DECODER_THREADS, os.cpu_count() or 1)
        self._rate = float(self._stream.average_rate or self._stream.guessed_rate or 25)
        self._broken_packets = 0
        self._view: View | None = None
        duration_s = self._duration_s()
        count = self._stream.frames or (None if duration_s is None else round(duration_s * self._rate))
        self.info = MediaInfo(path, is_picture=False, duration_s=duration_s, frame_count=count, rate=self._rate)

    def frames(self, sampling: Sampling = EVERY_FRAME) -> Iterator[TimedFrame]:
        clock = RisingClock((self._container.start_time or 0) / av.time_base, 1 / self._rate)
        chooser = sampling.chooser()
        count, time_s = 0, 0.0
        for frame in self._decoded():
            time_s = clock.rising(None if frame.pts is None else frame.time)
            if chooser.takes(count, time_s):
                self._view = self._view or View.of(frame, self._stream.sample_aspect_ratio)
                yield TimedFrame(count, time_s, self._view.upright_bgr(frame))
            count += 1
        if not count:
            raise MediaError(f"{self.info.path}: not one picture in it could be decoded. Copy or record it again.")
        self.damage = self._damage(count, time_s)

    def close(self) -> None:
        self._container.close()

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Every frame that decodes; counts packets that do not, and ends where the file cannot be read further."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                self._broken_packets += 1
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._broken_packets += 1
                continue
            yield from frames

    def _duration_s(self) -> float | None:
        """The picture's duration where it is known, else the file's, which sound may make longer."""
        stream = self._stream
        if stream.duration and stream.time_base:
            return float(stream.duration * stream.time_base)
        return self._container.duration / av.time_base if self._container.duration else None

    def _damage(self, count: int, last_s: float) -> str | None:
        """What was missing, compared with what the file says of itself."""
        expected_s = self.info.duration_s
        ends_early = expected_s is not None and expected_s - last_s > max(1.0, 3 / self._rate)
        if ends_early and (not self._stream.frames or count < self._stream.frames):
            return (
                f"its picture ends after {last_s:.1f} s of {expected_s:.1f} s; the file was cut off or is damaged there"
            )
        if self._broken_packets:
            return f"{self._broken_packets} pieces of it are damaged and were passed over"
        return None


def _check_gif(path: Path, head: bytes) -> None:
    """Refuse a GIF whose frames are too large, with their size, of which FFmpeg would only say that it is invalid."""
    gif = read_head(head) if head.startswith(b"GIF8") else None
    if gif is not None:
        check_frame_size(gif.width, gif.height, str(path))


def _moving_picture(container: av.container.InputContainer, path: Path) -> av.VideoStream:
    """The first video stream that is no album cover."""
    for stream in container.streams.video:
        if Disposition.attached_pic in stream.disposition:
            continue
        if stream.codec_context is None:
            raise MediaError(f"{path}: its video codec is unknown to this program. Convert it to MP4 (H.264).")
        return stream
    if container.streams.audio:
        raise MediaError(f"{path}: it has sound but no picture. Choose a video or an image.")
    raise MediaError(f"{path}: there is no picture in it. Choose a video or an image.")
