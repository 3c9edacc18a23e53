"""What opened pictures and videos have in common: facts from their heads, and frames with times."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from fer_core.files.timing import EVERY_FRAME, Sampling


@dataclass(frozen=True)
class TimedFrame:
    """One decoded frame.

    Attributes:
        index: its number in the file, from 0, whether or not the frames before it were asked for.
        time_s: when it is shown, in seconds since the file's start; rises from frame to frame.
        frame_bgr: uint8 (height, width, 3), upright and with square pixels. Its size may change within a file, as in
            recordings of a phone that is turned.
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
        duration_s: when its last picture ends, in seconds since the file's start; None where the file does not say,
            as in a browser's recordings. 0 for a picture.
        frame_count: an estimate for progress; None where there is none.
        rate: frames per second on average, as far as the file knows; 0 for a picture.
        start_s: when its first picture is shown; above 0 where sound begins before it.
    """

    path: Path
    is_picture: bool
    duration_s: float | None
    frame_count: int | None
    rate: float
    start_s: float = 0.0

    def interval_s(self, sampling: Sampling) -> float:
        """About how far apart, in seconds, the frames are that `MediaFile.frames` gives; 0 for a picture."""
        if not self.rate:
            return 0.0
        return sampling.every / self.rate if sampling.fps is None else 1 / min(sampling.fps, self.rate)

    def expected_frames(self, sampling: Sampling) -> int | None:
        """How many frames `MediaFile.frames` will about give; None where that is unknown."""
        if sampling.fps is not None and self.duration_s is not None:
            wanted = int((self.duration_s - self.start_s) * sampling.fps) + 1
            return wanted if self.frame_count is None else min(wanted, self.frame_count)
        return None if self.frame_count is None else -(-self.frame_count // sampling.every)


class MediaFile:
    """An opened file. Belongs to one thread; made by `fer_core.files.media.open_media`.

    Attributes:
        info: what the file says about itself.
        damage: after `frames` was read to its end: what was missing, broken or assumed, a sentence; else None.
    """

    info: MediaInfo
    damage: str | None = None

    def frames(self, sampling: Sampling = EVERY_FRAME) -> Iterator[TimedFrame]:
        """Decode the file, once; what cannot be decoded is skipped and reported in `damage`.

        Raises:
            MediaError: nothing at all could be decoded.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; frames that were handed out stay valid."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
