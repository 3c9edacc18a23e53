"""Frames of a file with what is known of their neighbours, as a face is best confirmed by a second look."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fer_core.files.media_file import TimedFrame

SPARSE_S: Final = 0.5
"""Frames further apart than this, in seconds, count each by itself: nothing can confirm what one of them shows."""

FEW_LOOKS: Final = 8
"""Where a video gives no more frames than this, each counts by itself, too: each frame of a short animation may show
something else. So many are read ahead, unless they are large or lie far apart."""

LEAST_AHEAD: Final = 4
"""Frames that are read ahead in any case."""
MOST_BYTES_AHEAD: Final = 64 << 20
MOST_SECONDS_AHEAD: Final = FEW_LOOKS * SPARSE_S


@dataclass(frozen=True)
class Look:
    """A frame to be analysed.

    Attributes:
        frame: as the file gave it.
        is_alone: no other look near it can confirm what it shows.
        is_only: it is the file's only one.
    """

    frame: TimedFrame
    is_alone: bool
    is_only: bool


def looks(frames: Iterator[TimedFrame]) -> Iterator[Look]:
    """The same frames, in order; a few are read ahead.

    Raises:
        Exception: what `frames` raised, after the frames before it.
    """
    ahead = _Ahead(frames)
    ahead.fill(LEAST_AHEAD)
    ahead.fill(FEW_LOOKS + 1, within_limits=True)
    are_few, is_only = ahead.is_over and len(ahead.waiting) <= FEW_LOOKS, ahead.is_over and len(ahead.waiting) == 1
    before_s = -math.inf
    while ahead.waiting:
        frame = ahead.waiting.popleft()
        ahead.fill(1)
        after_s = ahead.waiting[0].time_s if ahead.waiting else math.inf
        yield Look(frame, are_few or min(frame.time_s - before_s, after_s - frame.time_s) > SPARSE_S, is_only)
        before_s = frame.time_s
    if ahead.error is not None:
        raise ahead.error


class _Ahead:
    """Frames that were read and not yet handed out."""

    def __init__(self, frames: Iterator[TimedFrame]) -> None:
        self.waiting: deque[TimedFrame] = deque()
        self.error: Exception | None = None
        self.is_over = False
        self._frames = frames

    def fill(self, count: int, *, within_limits: bool = False) -> None:
        """Have `count` frames waiting, if there are so many, or fewer that stay within the limits.

        An error is kept for later.
        """
        while len(self.waiting) < count and not self.is_over and not (within_limits and self._is_much()):
            try:
                self.waiting.append(next(self._frames))
            except StopIteration:
                self.is_over = True
            except Exception as error:  # noqa: BLE001 - whatever it is, `looks` raises it after the frames before it
                self.error, self.is_over = error, True

    def _is_much(self) -> bool:
        size = sum(frame.frame_bgr.nbytes for frame in self.waiting)
        return size > MOST_BYTES_AHEAD or self.waiting[-1].time_s - self.waiting[0].time_s > MOST_SECONDS_AHEAD
