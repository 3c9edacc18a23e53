"""Write frames to an MP4 file that any browser plays, each at its own time."""

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import cv2
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter

from fer_core.errors import MediaError
from fer_core.files.fragments import FRAGMENT_S, IN_FRAGMENTS, INDEX_IN_FRONT, new_half, rescue
from fer_core.whole_files import replacing

TICKS_PER_S: Final = 90_000
ENCODER_OPTIONS: Final = {"preset": "superfast", "crf": "21"}
LONGEST_FRAGMENT: Final = 250
"""In frames; fragments end by time before."""


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
            survives_kill: write in fragments, so that `rescue` can make a video of what a killed program leaves of the
                temporary file; it lacks about the last `FRAGMENT_S`. When a frame cannot be written, as on a full disk,
                what was written until then becomes the video all the same, which takes an older one's place.

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
        self._has_failed = False

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
                height, width = frame_bgr.shape[:2]
                size_wh = (width + width % 2, height + height % 2)
                self._encoder = _Encoder(self._temporary(), size_wh, self._threads, in_fragments=self._survives_kill)
            self._encoder.write(frame_bgr, time_s)
        except (av.FFmpegError, OSError) as error:
            self._has_failed = True
            raise self._cannot_write(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._survives_kill:
            self._leave_fragments(error)
            return
        try:
            if self._encoder is not None:
                self._encoder.close(discard=error is not None)
        except (av.FFmpegError, OSError) as late:
            self._stack.__exit__(type(late), late, late.__traceback__)
            raise self._cannot_write(late) from late
        try:
            self._stack.__exit__(kind, error, trace)
        except OSError as late:
            raise self._cannot_write(late) from late

    def _temporary(self) -> Path:
        if not self._survives_kill:
            return self._stack.enter_context(replacing(self._path))
        return new_half(self._path)

    def _leave_fragments(self, error: BaseException | None) -> None:
        """Make them the video, even when the last ones could not be written; not after an error of the caller's."""
        if self._encoder is None:
            return
        is_wanted, late = error is None or self._has_failed, None
        try:
            self._encoder.close(discard=not is_wanted or self._has_failed)
        except (av.FFmpegError, OSError) as failure:
            late = failure
        if not is_wanted:
            self._encoder.path.unlink(missing_ok=True)
            return
        try:
            rescue(self._encoder.path, self._path)
        except OSError as failure:
            late = failure
        if late is not None and error is None:
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
        options = IN_FRAGMENTS if in_fragments else INDEX_IN_FRONT
        # "file:" keeps a colon in a name from being taken for a protocol.
        self._container = av.open(f"file:{path}", "w", format="mp4", options=options)
        # No frames that lean on later ones: their times would all be late by two in a file without an end.
        pace = {"g": str(LONGEST_FRAGMENT), "bf": "0", "forced-idr": "1"} if in_fragments else {}
        self._in_fragments, self._fragment_from_tick = in_fragments, 0
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
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            threads=1,
        )
        self._last_tick = max(round(time_s * TICKS_PER_S), self._last_tick + 1)
        frame.pts, frame.time_base = self._last_tick, Fraction(1, TICKS_PER_S)
        if self._in_fragments and frame.pts - self._fragment_from_tick >= FRAGMENT_S * TICKS_PER_S:
            # By time, as slow cameras give few frames: this one ends the fragment before it.
            frame.pict_type, self._fragment_from_tick = PictureType.I, frame.pts
        self._container.mux(self._stream.encode(frame))

    def close(self, *, discard: bool) -> None:
        try:
            if not discard:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def _fitted(self, frame_bgr: np.ndarray) -> np.ndarray:
        """Fit a frame to this video's size.

        The last row or column is repeated where the frame's size is odd; a frame of another size is scaled, between
        black bars.
        """
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
