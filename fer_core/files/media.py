"""Image and video files as timed frames: real time stamps, upright, one frame in memory at a time.

with open_media(path) as media:
    for frame in media.frames():
        ...
if media.damage:
    print(media.damage)
"""

from collections.abc import Iterator
from pathlib import Path

from fer_core.errors import MediaError
from fer_core.files.containers import CONTAINERS, VIDEO_SUFFIXES
from fer_core.files.content import foreign_content
from fer_core.files.media_file import MediaFile, MediaInfo, TimedFrame
from fer_core.files.pictures.animations import Animation, open_animation
from fer_core.files.pictures.kinds import HEAD_BYTES, UNREADABLE, kind_of
from fer_core.files.pictures.still import is_picture_file, read_picture, unreadable_reason
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.files.video_file import VideoFile
from fer_core.names import shown_name

__all__ = ["CONTAINERS", "VIDEO_SUFFIXES", "MediaFile", "MediaInfo", "TimedFrame", "open_media", "probe"]


def open_media(path: Path, *, decoder_threads: int | None = None) -> MediaFile:
    """Open a picture or a video.

    Args:
        path: the file.
        decoder_threads: how many may decode a video; None for what suits a machine that does nothing else.

    Raises:
        MediaError: it is missing, empty, no picture or video, or has sound only.
    """
    head = _head(path)
    if is_picture_file(path, head):
        animation = open_animation(path)
        return _PictureFile(path) if animation is None else _AnimationFile(animation)
    if kind_of(head) in UNREADABLE:  # of a picture in tiles FFmpeg would decode the first one alone
        raise MediaError(f"{shown_name(path)}: {unreadable_reason(head)}")
    foreign = foreign_content(head)
    if foreign is not None:
        raise MediaError(
            f"{shown_name(path)}: expected a picture or a video, found {foreign}. Choose JPEG, PNG, MP4, MOV or WebM."
        )
    return VideoFile(path, head, decoder_threads)


def _head(path: Path) -> bytes:
    """A file's first bytes.

    Raises:
        MediaError: there is no such file, or nothing in it.
    """
    name = shown_name(path)
    try:
        if not path.exists():
            raise MediaError(f"{name}: no such file. Check the name.")
        if not path.is_file():
            raise MediaError(f"{name}: expected a picture or a video, found a folder or a device. Name a file.")
        with path.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise MediaError(f"{name}: cannot be read: {error.strerror}. Check its name and permissions.") from error
    except ValueError as error:
        raise MediaError(f"{name}: no file can have this name: {error}. Check the name.") from error
    if not head:
        raise MediaError(f"{name}: the file is empty (0 bytes). Copy or record it again.")
    return head


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
    """An animated picture: a video, shown once."""

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
            self.damage = str(error).removeprefix(f"{shown_name(self.info.path)}: ").removesuffix(".")
