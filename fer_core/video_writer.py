"""Write frames to an MP4 file that any browser plays, each at its own time."""

import contextlib
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from fer_core.errors import MediaError
from fer_core.files import replacing

TICKS_PER_S: Final = 90_000
ENCODER_OPTIONS: Final = {"preset": "superfast", "crf": "21"}


FRAGMENT_FRAMES: Final = 15
"""A file that survives a kill is whole up to the last so many frames."""
_INDEX_IN_FRONT: Final = {"movflags": "+faststart"}  # so that a browser starts playing at once
_IN_FRAGMENTS: Final = {"movflags": "+frag_keyframe+empty_moov+default_base_moof", "flush_packets": "1"}


def finish(source: Path, target: Path) -> None:
    """Make a video with its index in front of a file in fragments, cut off or not, without encoding it anew.

    Args:
        source: what a `VideoWriter` that survives a kill has written, or left.
        target: where to; may be the same.

    Raises:
        MediaError: there is not one whole fragment, or the file cannot be written.
    """
    packets = 0
    try:
        with replacing(target) as whole, av.open(f"file:{source}") as old:
            with av.open(f"file:{whole}", "w", format="mp4", options=_INDEX_IN_FRONT) as new:
                stream = new.add_stream_from_template(old.streams.video[0])
                for packet in _as_far_as_they_go(old):
                    packet.stream = stream
                    new.mux(packet)
                    packets += 1
            if not packets:
                raise MediaError(f"{source}: expected a video, found no picture in it. Record it again.")
    except (av.FFmpegError, IndexError, OSError) as error:
        raise MediaError(f"{source}: cannot be made a whole video: {error}.") from error


def _as_far_as_they_go(container: InputContainer) -> Iterator[av.Packet]:
    with contextlib.suppress(av.FFmpegError):  # the cut
        for packet in container.demux(video=0):
            if packet.dts is not None:
                yield packet


class VideoWriter:
    """H.264 in MP4. The file appears under its name when the `with` block ends without an error, never half written.

    with VideoWriter(path) as writer:
        writer.write(frame_bgr, time_s)
    """

    def __init__(self, path: Path, *, threads: int | None = None, survives_kill: bool = False) -> None:
        """Nothing is written before the first frame.

        Args:
            path: ending in .mp4.
            threads: how many may encode; None for as many as the encoder likes.
            survives_kill: write so that `finish` can make a video of what a killed program leaves of the temporary
                file; it lacks about the last `FRAGMENT_FRAMES`.

        Raises:
            MediaError: another suffix.
        """
        if path.suffix.lower() != ".mp4":
            raise MediaError(f"{path}: expected a name ending in .mp4 for a video, found {path.suffix or 'none'}.")
        self._path = path
        self._threads = threads or 0
        self._survives_kill = survives_kill
        self._stack = ExitStack()
        self._encoder: _Encoder | None = None

    def write(self, frame_bgr: np.ndarray, time_s: float) -> None:
        """Add a frame.

        Args:
            frame_bgr: uint8 (height, width, 3). The first one gives the size, made even as H.264 needs it; others are
                fitted into it in their own shape, between black bars.
            time_s: when it is shown, in seconds, rising from call to call.

        Raises:
            MediaError: the file cannot be written.
        """
        try:
            if self._encoder is None:
                temporary = self._stack.enter_context(replacing(self._path))
                height, width = frame_bgr.shape[:2]
                size_wh = (width + width % 2, height + height % 2)
                self._encoder = _Encoder(temporary, size_wh, self._threads, in_fragments=self._survives_kill)
            self._encoder.write(frame_bgr, time_s)
        except (av.FFmpegError, OSError) as error:
            raise self._cannot_write(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._encoder is not None:
                self._encoder.close(discard=error is not None)
                if self._survives_kill and error is None:
                    finish(self._encoder.path, self._encoder.path)
        except (av.FFmpegError, OSError) as late:
            self._stack.__exit__(type(late), late, late.__traceback__)
            raise self._cannot_write(late) from late
        try:
            self._stack.__exit__(kind, error, trace)
        except OSError as late:
            raise self._cannot_write(late) from late

    def _cannot_write(self, error: Exception) -> MediaError:
        return MediaError(f"{self._path}: cannot be written: {error}. Check the folder and the space left.")


class _Encoder:
    """One MP4 file being written."""

    def __init__(self, path: Path, size_wh: tuple[int, int], threads: int, *, in_fragments: bool) -> None:
        self.path = path
        self._size_wh = size_wh
        self._last_tick = -1
        self._reformatter = VideoReformatter()
        options = _IN_FRAGMENTS if in_fragments else _INDEX_IN_FRONT
        # "file:" keeps a colon in a name from being taken for a protocol.
        self._container = av.open(f"file:{path}", "w", format="mp4", options=options)
        # No frames that lean on later ones: their times would all be late by two in a file without an end.
        pace = {"g": str(FRAGMENT_FRAMES), "bf": "0"} if in_fragments else {}
        self._stream = self._container.add_stream("libx264", rate=30, options=ENCODER_OPTIONS | pace)
        self._stream.width, self._stream.height = size_wh
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.thread_count = threads
        context.time_base = Fraction(1, TICKS_PER_S)
        # Said outright, as players guess by the size and show wrong colours.
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709

    def write(self, frame_bgr: np.ndarray, time_s: float) -> None:
        frame = self._reformatter.reformat(
            av.VideoFrame.from_ndarray(self._fitted(frame_bgr), format="bgr24"),
            format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG, threads=1,
        )  # fmt: skip
        self._last_tick = max(round(time_s * TICKS_PER_S), self._last_tick + 1)
        frame.pts, frame.time_base = self._last_tick, Fraction(1, TICKS_PER_S)
        self._container.mux(self._stream.encode(frame))

    def close(self, *, discard: bool) -> None:
        try:
            if not discard:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def _fitted(self, frame_bgr: np.ndarray) -> np.ndarray:
        """The frame at this video's size: a row or column repeated where it is odd, scaled between bars where it has
        another."""
        width, height = self._size_wh
        down, right = height - frame_bgr.shape[0], width - frame_bgr.shape[1]
        if (down, right) == (0, 0):
            return np.ascontiguousarray(frame_bgr)
        if down in (0, 1) and right in (0, 1):
            return cv2.copyMakeBorder(frame_bgr, 0, down, 0, right, cv2.BORDER_REPLICATE)
        scale = min(width / frame_bgr.shape[1], height / frame_bgr.shape[0])
        inner_wh = [
            max(1, min(limit, round(side * scale)))
            for side, limit in zip(frame_bgr.shape[1::-1], self._size_wh, strict=True)
        ]
        scaled_bgr = cv2.resize(frame_bgr, inner_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        left, top = (width - inner_wh[0]) // 2, (height - inner_wh[1]) // 2
        canvas_bgr = np.zeros((height, width, 3), np.uint8)
        canvas_bgr[top : top + inner_wh[1], left : left + inner_wh[0]] = scaled_bgr
        return canvas_bgr
