"""Frames of a file with what is known of their neighbours, as a face is best confirmed by a second look."""

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fer_core.media_file import TimedFrame

SPARSE_S: Final = 0.5
"""Frames further apart than this, in seconds, are taken each on its own word."""

FEW_LOOKS: Final = 3
"""Up to so many looks at a film are taken each on its own word, too."""


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
    ahead.fill(FEW_LOOKS + 1)
    are_few, is_only = len(ahead.waiting) <= FEW_LOOKS, len(ahead.waiting) == 1
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
        self._frames = frames
        self._is_over = False

    def fill(self, count: int) -> None:
        """Have `count` frames waiting, if there are so many; keep an error for later."""
        while len(self.waiting) < count and not self._is_over:
            try:
                self.waiting.append(next(self._frames))
            except StopIteration:
                self._is_over = True
            except Exception as error:
                self.error, self._is_over = error, True
