"""The labelled copy of a file, and small pictures of it. Imports no Streamlit."""

import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import cv2
import numpy as np

from fer_core.annotate import LabelPlaces, annotate
from fer_core.files.media import open_media
from fer_core.files.pictures.kinds import WRITABLE_SUFFIXES
from fer_core.files.pictures.still import write_picture
from fer_core.files.video_writer import VideoWriter
from fer_core.results import FrameResult

PREVIEW_EVERY_S: Final = 1.0
PREVIEW_PX: Final = 480
THUMBNAIL_PX: Final = 160
"""Twice as large as it is shown, for screens with small pixels."""


class AnnotatedCopy:
    """Takes each analysed frame with its result. The copy appears whole when the `with` block ends."""

    def __init__(self, path: Path, *, is_wanted: bool, show: Callable[[bytes], None]) -> None:
        """Nothing is written before the first frame.

        Args:
            path: of the copy; a picture's or a video's name.
            is_wanted: else only previews are made.
            show: gets a JPEG of a frame now and then.
        """
        self.path = path
        self._is_wanted = is_wanted
        self._show = show
        self._shown_at_s = -PREVIEW_EVERY_S
        self._places = LabelPlaces()
        # One thread: the encoder would take every core from the live pages.
        self._video = VideoWriter(path, threads=1) if path.suffix.lower() not in WRITABLE_SUFFIXES else None

    def add(self, frame_bgr: np.ndarray, result: FrameResult) -> None:
        """Take a frame, uint8 (height, width, 3).

        Raises:
            MediaError: the copy cannot be written.
        """
        now_s = time.monotonic()
        is_preview_due = now_s - self._shown_at_s >= PREVIEW_EVERY_S
        if not self._is_wanted and not is_preview_due:
            return
        labelled_bgr = annotate(frame_bgr, result, places=self._places)
        if self._is_wanted and self._video is not None:
            self._video.write(labelled_bgr, result.captured_at_s)
        elif self._is_wanted:
            write_picture(self.path, labelled_bgr)
        if is_preview_due:
            self._shown_at_s = now_s
            self._show(small_jpeg(labelled_bgr, PREVIEW_PX))

    def __enter__(self) -> Self:
        if self._video is not None:
            self._video.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._video is not None:
            self._video.__exit__(kind, error, trace)


def first_picture(path: Path) -> bytes | None:
    """A file's first picture as a small JPEG; None where it shows none, which its analysis explains."""
    try:
        with open_media(path, decoder_threads=1) as media:
            frame = next(media.frames(), None)
            return None if frame is None else small_jpeg(frame.frame_bgr, THUMBNAIL_PX)
    except Exception:  # noqa: BLE001 - the border around a file, whatever a decoder makes of it
        return None


def small_jpeg(frame_bgr: np.ndarray, side_px: int) -> bytes:
    """A frame, uint8 (height, width, 3), as a JPEG no larger than `side_px` either way."""
    height, width = frame_bgr.shape[:2]
    scale = min(1.0, side_px / width, side_px / height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    _, data = cv2.imencode(".jpg", cv2.resize(frame_bgr, size, interpolation=cv2.INTER_AREA))
    return data.tobytes()
