"""Show a video's frames as they were meant: turned as the phone was held, with square pixels."""

from dataclasses import dataclass, field
from typing import Any, SupportsFloat

import av
import cv2
import numpy as np
from av.sidedata import sidedata
from av.video.reformatter import VideoReformatter

from fer_core.limits import MAX_FRAME_PIXELS


@dataclass(frozen=True)
class View:
    """How a frame is to be shown. Most videos have one view for all frames; it may change, as a phone is turned.

    Attributes:
        width: in pixels before turning, with square pixels.
        height: likewise.
        transpose: swap rows and columns; done first.
        flip_x: then mirror left and right.
        flip_y: then mirror top and bottom.
    """

    width: int
    height: int
    transpose: bool
    flip_x: bool
    flip_y: bool
    _reformatter: VideoReformatter = field(default_factory=VideoReformatter, repr=False, compare=False)

    @classmethod
    def of(cls, frame: av.VideoFrame, sample_aspect_ratio: SupportsFloat | None) -> "View":
        """The view of a frame, from its size and the display matrix that it carries.

        Args:
            frame: decoded, in any pixel format.
            sample_aspect_ratio: a pixel's width over its height; None or 0 for square pixels. Values that are not
                between 0.1 and 10 are taken for square ones.
        """
        ratio = float(sample_aspect_ratio or 1)
        width = max(1, round(frame.width * ratio)) if 0.1 < ratio < 10 else frame.width
        # Square pixels must not make a large frame several times as large.
        scale = min(1.0, (MAX_FRAME_PIXELS / max(1, width * frame.height)) ** 0.5)
        width, height = max(1, int(width * scale)), max(1, int(frame.height * scale))
        a, b, c, d = display_matrix(frame)
        if abs(a) + abs(d) >= abs(b) + abs(c):
            return cls(width, height, transpose=False, flip_x=a < 0, flip_y=d < 0)
        return cls(width, height, transpose=True, flip_x=c < 0, flip_y=b < 0)

    def upright_bgr(self, frame: av.VideoFrame) -> np.ndarray:
        """Convert a frame to uint8 (height, width, 3), blue-green-red, contiguous, upright, with square pixels."""
        # One converter for all frames and no threads of its own: a tenth of what frame.to_ndarray takes by default.
        bgr = self._reformatter.reformat(frame, self.width, self.height, "bgr24", threads=1)
        image: np.ndarray = np.ascontiguousarray(bgr.to_ndarray())
        if self.transpose:
            image = cv2.transpose(image)
        if self.flip_x or self.flip_y:
            image = cv2.flip(image, -1 if self.flip_x and self.flip_y else int(self.flip_x))
        return image


IDENTITY = (1, 0, 0, 1)


def _unknown_type(types: Any, value: int) -> Any:
    """A stand-in for a kind of side data that FFmpeg knows and PyAV does not."""
    kind = object.__new__(types)
    kind._name_, kind._value_ = f"UNKNOWN_{value}", value
    return kind


# PyAV 18 lists FFmpeg's kinds of side data as an enumeration that lags behind FFmpeg. One unknown kind, such as Exif in
# a frame, would make all of a frame's side data unreadable, how it is turned among it.
setattr(sidedata.Type, "_missing_", classmethod(_unknown_type))  # noqa: B010 - no type checker allows for it


def display_matrix(frame: av.VideoFrame) -> tuple[int, int, int, int]:
    """a, b, c, d of x' = a x + c y, y' = b x + d y, as phones record how they were held; the identity without one.

    PyAV's `frame.rotation` would lose mirroring, which front cameras record.
    """
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return IDENTITY
    values = np.frombuffer(bytes(matrix), np.int32).tolist()
    return values[0], values[1], values[3], values[4]
