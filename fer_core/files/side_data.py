"""What a video says of each frame beside its pixels, read in spite of what PyAV does not know."""

from typing import Any

import av
import numpy as np
from av.sidedata import sidedata

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
