"""A video file, decoded one frame at a time."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, SupportsFloat

import av
import numpy as np
from av.container import InputContainer

from fer_core.errors import MediaError
from fer_core.files.containers import FRAME_LIMIT, is_bare_stream, open_container
from fer_core.files.main_stream import main_stream
from fer_core.files.media_file import MediaFile, MediaInfo, TimedFrame
from fer_core.files.pictures.size import check_frame_size
from fer_core.files.timing import EVERY_FRAME, FrameStart, RisingClock, Sampling
from fer_core.files.upright import View
from fer_core.names import shown_name

MAX_DECODER_THREADS: Final = 4
"""More of them cost memory for each frame in flight and bring little: the analysis is the slower side."""
DEFAULT_RATE: Final = 25.0
"""Frames per second where the file says nothing."""
MAX_RATE: Final = 1000.0
"""What a file states above this is its clock's rate."""


_GIF_TAIL: Final = 64
"""Bytes at a GIF's end in which its end mark stands; some programs add blanks or zeros."""


@dataclass(frozen=True)
class Stamps:
    """What a video's container says of its frames.

    Attributes:
        pts: of each frame in the order in which they are shown, in ticks.
        keys: the numbers of those that can be decoded without the ones before.
        tick_s: a tick in seconds.
    """

    pts: tuple[int, ...]
    keys: tuple[int, ...]
    tick_s: Fraction


class VideoFile(MediaFile):
    """An opened video: its main picture stream, decoded in order. Made by `fer_core.files.media.open_media`."""

    def __init__(self, path: Path, head: bytes, decoder_threads: int | None) -> None:
        """Open it.

        Args:
            path: an existing file.
            head: its first bytes.
            decoder_threads: how many may decode; None for what suits a machine that does nothing else.

        Raises:
            MediaError: it is no video, or none whose picture can be decoded.
        """
        self._container = open_container(path, head)
        try:
            self._stream = main_stream(self._container, path)
            codec = self._stream.codec_context
            check_frame_size(codec.width, codec.height, shown_name(path))
        except MediaError:
            self._container.close()
            raise
        self._stream.thread_type = "AUTO"
        codec.options = FRAME_LIMIT
        codec.thread_count = decoder_threads or min(MAX_DECODER_THREADS, os.cpu_count() or 1)
        start = self._container.start_time
        self._start_s = None if start is None else start / av.time_base
        self._aspect_of_file = _aspect_of_file(self._stream)
        self._aspect: SupportsFloat | None = None
        self._view: View | None = None
        self._broken_packets = self._corrupt_frames = 0
        self._reached_s = 0.0
        self.info = _info(path, self._container, self._stream, self._start_s or 0.0)

    def frames(self, sampling: Sampling = EVERY_FRAME, start: FrameStart | None = None) -> Iterator[TimedFrame]:
        """Decode the video, once; see `MediaFile.frames`.

        Args:
            sampling: which frames to give.
            start: where to begin; None for the video's start.

        Raises:
            MediaError: not one frame could be decoded, or `start` cannot be reached.
        """
        clock = self.clock()
        chooser = sampling.chooser()
        is_bare = is_bare_stream(self._container)
        count, time_s, from_index = 0, 0.0, 0
        if start is not None:
            count, from_index = start.key_index, start.from_index
            if count:
                clock.rising(start.first_stamp_s)
        for frame in self._decoded() if start is None else self._decoded_from(start.key_pts):
            time_s = clock.rising(None if is_bare or frame.pts is None else frame.time)
            self._corrupt_frames += frame.is_corrupt
            if chooser.takes(count, time_s) and count >= from_index:
                yield TimedFrame(count, time_s, self._upright_bgr(frame))
            count += 1
        if not count:
            name = shown_name(self.info.path)
            raise MediaError(f"{name}: no frame of it could be decoded. Copy or record it again.")
        self.damage = self._damage(count, time_s)

    def clock(self) -> RisingClock:
        """A new clock that makes the frames' times of their stamps."""
        return RisingClock(self._start_s, 1 / self.info.rate)

    def stamps(self) -> Stamps | None:
        """Read the file through without decoding it; then nothing else can be read from it.

        Returns:
            The frames' time stamps; None where they are missing, not distinct or damaged, so that only decoding tells
            which frames there are.
        """
        packets: list[tuple[int, bool]] = []
        try:
            for packet in self._container.demux([self._stream]):
                if packet.pts is None and not packet.size:  # the end
                    continue
                if packet.pts is None or packet.is_corrupt:
                    return None
                if not packet.is_discard:
                    packets.append((packet.pts, packet.is_keyframe))
        except av.FFmpegError:
            return None
        base = self._stream.time_base
        if base is None or is_bare_stream(self._container) or len({pts for pts, _ in packets}) < len(packets):
            return None
        packets.sort()
        return Stamps(
            tuple(pts for pts, _ in packets), tuple(i for i, (_, is_key) in enumerate(packets) if is_key), base
        )

    @property
    def is_damaged_so_far(self) -> bool:
        """Whether something could not be decoded until now."""
        return bool(self._broken_packets or self._corrupt_frames)

    def close(self) -> None:
        """Close the file; its frames cannot be read any more."""
        self._container.close()

    def _upright_bgr(self, frame: av.VideoFrame) -> np.ndarray:
        """Convert a frame as it is to be shown.

        Size, turn and shape of the pixels are the frame's own: a phone may be turned while it records.
        """
        if frame.key_frame or self._view is None:  # frames come out late: before this one, the news is not for them
            self._aspect = self._aspect_of_file or self._stream.codec_context.sample_aspect_ratio
        view = View.of(frame, self._aspect)
        if view != self._view:
            self._view = view
        return self._view.upright_bgr(frame)

    def _decoded_from(self, key_pts: int) -> Iterator[av.VideoFrame]:
        """Every frame from this key frame on.

        Raises:
            MediaError: the container leads elsewhere.
        """
        try:
            self._container.seek(key_pts, stream=self._stream)
        except av.FFmpegError as error:
            raise MediaError(f"{shown_name(self.info.path)}: its key frames cannot be reached: {error}.") from error
        is_reached = False
        for frame in self._decoded():
            if not is_reached and (frame.pts is None or frame.pts < key_pts):
                continue  # of an earlier key frame, or shown before this one and not decodable without those before
            if not is_reached and frame.pts != key_pts:
                break
            is_reached = True
            yield frame
        if not is_reached:
            raise MediaError(f"{shown_name(self.info.path)}: its key frame at {key_pts} cannot be reached.")

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Every frame that decodes; counts packets that do not, and ends where the file cannot be read further."""
        # Only with its sound can be told whether a file was cut off: a picture may end, or stand still, before that.
        others = () if self._stream.frames else self._container.streams.audio[:1]
        packets = self._container.demux([self._stream, *others])
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                self._broken_packets += 1
                return
            if packet is None:
                return
            if packet.pts is not None and packet.time_base:
                end_s = float((packet.pts + (packet.duration or 0)) * packet.time_base) - (self._start_s or 0.0)
                self._reached_s = max(self._reached_s, end_s)
            if packet.stream is not self._stream:
                continue
            try:
                frames = self._stream.codec_context.decode(packet)
            except av.FFmpegError:
                self._broken_packets += 1
                continue
            yield from frames

    def _damage(self, count: int, last_s: float) -> str | None:
        """What was missing, compared with what the file says of itself, and what had to be assumed."""
        sentences = []
        expected_s = self.info.duration_s
        reached_s = last_s if self._stream.frames else max(last_s, self._reached_s)
        ends_early = expected_s is not None and expected_s - reached_s > max(1.0, 3 / self.info.rate)
        if ends_early and (not self._stream.frames or count < self._stream.frames):
            sentences.append(
                f"its picture ends after {last_s:.1f} s of {expected_s:.1f} s; the file was cut off or is damaged there"
            )
        elif self._broken_packets:
            pieces = (
                "1 piece of it is damaged and was"
                if self._broken_packets == 1
                else f"{self._broken_packets} pieces of it are damaged and were"
            )
            sentences.append(f"{pieces} skipped")
        if _is_cut_gif(self.info.path, self._container):
            sentences.append("it was cut off: its end is missing, and frames may be")
        if self._corrupt_frames:
            sentences.append(
                f"{self._corrupt_frames} of its {count} frames are damaged, as parts of the file were lost; the "
                "results for them and for the frames after them may be wrong"
            )
        if is_bare_stream(self._container):
            sentences.append(f"it stores no times, so {self.info.rate:g} frames a second were assumed")
        return "; ".join(sentences) or None


def _is_cut_gif(path: Path, container: InputContainer) -> bool:
    """Whether a GIF, which says neither its length nor its number of frames, lacks its end mark."""
    if container.format.name != "gif":
        return False
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - _GIF_TAIL))
        return not stream.read().rstrip(b"\0\r\n ").endswith(b";")


def _aspect_of_file(stream: av.VideoStream) -> float | None:
    """The shape of the pixels that the container states over the codec's head; None where it leaves it to that."""
    stated, coded = stream.sample_aspect_ratio, stream.codec_context.sample_aspect_ratio
    return None if not stated or stated == coded else float(stated)


def _info(path: Path, container: InputContainer, stream: av.VideoStream, start_s: float) -> MediaInfo:
    rates = (float(rate) for rate in (stream.average_rate, stream.guessed_rate) if rate)
    rate = next((rate for rate in rates if rate <= MAX_RATE), DEFAULT_RATE)
    own_start_s = 0.0
    if stream.start_time is not None and stream.time_base:
        own_start_s = max(0.0, float(stream.start_time * stream.time_base) - start_s)
    end_s = None
    if stream.duration and stream.time_base:
        end_s = own_start_s + float(stream.duration * stream.time_base)
    elif container.duration:  # which sound may make longer
        end_s = max(own_start_s, container.duration / av.time_base)
    count = stream.frames or (None if end_s is None else round((end_s - own_start_s) * rate))
    return MediaInfo(path, is_picture=False, duration_s=end_s, frame_count=count, rate=rate, start_s=own_start_s)
