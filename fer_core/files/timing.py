"""Which frames of a file are taken, and time stamps that never fall."""

from dataclasses import dataclass
from typing import Final

TICK_S: Final = 0.001
"""What a time stamp that does not rise is moved on by."""

RESTART_S: Final = 1.0
"""A time stamp that falls by more than this begins a new count, as in recordings that were joined."""

MAX_EARLY_S: Final = 10.0
"""A first time stamp that is earlier than this before the file's start is none."""


@dataclass(frozen=True)
class Sampling:
    """Which frames to take.

    Attributes:
        every: each n-th one.
        fps: at most so many per second of the file, evenly spaced; replaces `every` where it is not None.
    """

    every: int = 1
    fps: float | None = None

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(f"every must be at least 1, got {self.every}")
        if self.fps is not None and not 0 < self.fps <= 1000:
            raise ValueError(f"fps must be above 0 and at most 1000, got {self.fps}")

    def chooser(self) -> "FrameChooser":
        """A new chooser, for one pass through a file."""
        return FrameChooser(self)


EVERY_FRAME: Final = Sampling()


@dataclass(frozen=True)
class FrameStart:
    """Where to begin within a video, so that its frames have the numbers and times that they have from its start on.

    Attributes:
        key_pts: time stamp, in the stream's own ticks, of the key frame to decode from.
        key_index: that frame's number in the video.
        from_index: the first frame to give; the ones before it are only decoded.
        first_stamp_s: time stamp of the video's first frame, in seconds.
    """

    key_pts: int
    key_index: int
    from_index: int
    first_stamp_s: float


class FrameChooser:
    """Says of each frame, in order, whether it is taken."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._last_slot = -1

    def takes(self, index: int, time_s: float) -> bool:
        """Whether to take the frame with this number and time in seconds."""
        if self._sampling.fps is None:
            return index % self._sampling.every == 0
        # One frame per slot of 1 / fps seconds; the small term keeps rounding from pushing a frame one slot back.
        slot = int(time_s * self._sampling.fps + 1e-4)
        if slot <= self._last_slot:
            return False
        self._last_slot = slot
        return True


class RisingClock:
    """Turns a file's time stamps into seconds since its start that rise from frame to frame."""

    def __init__(self, start_s: float | None, interval_s: float) -> None:
        """Begin a file.

        Args:
            start_s: the file's own time at its start, seconds; None where the first frame is the start.
            interval_s: between frames, for frames without a time stamp.
        """
        self._offset_s = -(start_s or 0.0)
        self._is_start_known = start_s is not None
        self._interval_s = interval_s
        self._last_s: float | None = None

    def rising(self, stamp_s: float | None) -> float:
        """The next frame's time in seconds, from its time stamp or, without one, from the frame before."""
        last_s = self._last_s
        if stamp_s is None:
            time_s = 0.0 if last_s is None else last_s + self._interval_s
        else:
            time_s = stamp_s + self._offset_s
            if last_s is None and not self._is_start_known:
                self._offset_s, time_s = -stamp_s, 0.0
            elif last_s is None:
                # Some files say that they begin a little later than they do: the distances between frames stay.
                self._offset_s += min(MAX_EARLY_S, max(0.0, -time_s))
                time_s = max(0.0, time_s)
            elif time_s < last_s - RESTART_S:
                self._offset_s += last_s + self._interval_s - time_s
                time_s = last_s + self._interval_s
            elif time_s <= last_s:
                time_s = last_s + TICK_S
        self._last_s = time_s
        return time_s
