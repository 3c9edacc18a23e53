"""Check what callers hand in as frames and faces: a wrong shape or type must not become a wrong answer."""

import math
from typing import Any, Final

import numpy as np

from fer_core.errors import InputError

FRAME: Final = "uint8 (height, width, 3), blue-green-red, 0-255"
_GREY: Final = "Convert it with cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)."
_ALPHA: Final = "Convert it with cv2.cvtColor(frame, cv2.COLOR_BGRA2BGR)."
_FLOAT: Final = "Scale it to 0-255 and convert it: (frame * 255).round().astype(np.uint8) for values of 0-1."
_WIDE: Final = "Scale it to 0-255 and convert it: (frame // 257).astype(np.uint8) for values of 0-65535."


def checked_frame(frame_bgr: Any, name: str = "frame_bgr") -> np.ndarray:
    """The frame as it is, or a contiguous copy where it is a view that is not.

    Args:
        frame_bgr: expected as uint8 (height, width, 3).
        name: what the message calls it.

    Raises:
        InputError: it is anything else; a `ValueError`.
    """
    if not isinstance(frame_bgr, np.ndarray):
        raise InputError(f"{name}: expected a NumPy array, {FRAME}, got {_what(frame_bgr)}. {_not_an_array(frame_bgr)}")
    if frame_bgr.dtype != np.uint8 or frame_bgr.ndim != 3 or frame_bgr.shape[2] != 3 or not frame_bgr.size:
        raise InputError(f"{name}: expected {FRAME}, got {_what(frame_bgr)}. {_remedy(frame_bgr)}")
    return np.ascontiguousarray(frame_bgr)


def checked_time(seconds: Any, name: str = "captured_at_s") -> float:
    """The time as a float.

    Args:
        seconds: expected as one finite number, of Python or NumPy.
        name: what the message calls it.

    Raises:
        InputError: it is anything else; a `ValueError`.
    """
    is_number = isinstance(seconds, int | float | np.integer | np.floating) and not isinstance(seconds, bool)
    try:
        if is_number and math.isfinite(seconds):
            return float(seconds)
    except OverflowError:
        pass
    what = repr(seconds)[:40] if is_number else _what(seconds)
    raise InputError(
        f"{name}: expected a finite number of seconds, got {what}. Pass the frame's time, such as time.monotonic()."
    )


def checked_tiles(faces_u8: Any, side: int) -> np.ndarray:
    """A batch of faces, uint8 (n, side, side, 1), as it is.

    Raises:
        InputError: it is anything else; a `ValueError`.
    """
    is_array = isinstance(faces_u8, np.ndarray)
    if not is_array or faces_u8.dtype != np.uint8 or faces_u8.ndim != 4 or faces_u8.shape[1:] != (side, side, 1):
        raise InputError(
            f"faces must be uint8 (n, {side}, {side}, 1), got {_what(faces_u8)}. "
            "Cut them with fer_core.faces.crops.crop_faces."
        )
    tiles: np.ndarray = faces_u8
    return tiles


def _what(value: Any) -> str:
    """What came, in a few words."""
    if value is None:
        return "None"
    if not isinstance(value, np.ndarray):
        return f"a {type(value).__name__}"
    if value.dtype == object:
        return f"an array of Python objects, shape {value.shape}"
    span = ""
    if np.issubdtype(value.dtype, np.floating) and np.isfinite(value).any():
        span = f" with values from {np.nanmin(value):.3g} to {np.nanmax(value):.3g}"
    return f"{value.dtype} {value.shape}{span}"


def _not_an_array(value: Any) -> str:
    if value is None:
        return "cv2.imread and a camera's read give None where they fail: check the path or the camera."
    if isinstance(value, str | bytes) or hasattr(value, "__fspath__"):
        return "Read the picture first, for instance with cv2.imread."
    return "Convert it with np.asarray(..., dtype=np.uint8); of Pillow's pictures swap red and blue."


def _remedy(array: np.ndarray) -> str:
    """How to make a frame of it."""
    if not array.size:
        return "It has no pixels: check where it was cut out."
    if array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 1):
        return _GREY if array.dtype == np.uint8 else f"{_scaled(array)} Then three channels: {_GREY}"
    if array.ndim == 3 and array.shape[2] == 4:
        return _ALPHA if array.dtype == np.uint8 else f"{_scaled(array)} Then: {_ALPHA}"
    if array.ndim == 4:
        return "Hand in one frame at a time."
    if array.ndim == 3 and array.shape[2] == 3:
        return _scaled(array)
    if array.ndim == 3 and array.shape[0] == 3:
        return "The colours come last: np.moveaxis(frame, 0, 2)."
    return "Bring it into this shape first."


def _scaled(array: np.ndarray) -> str:
    if np.issubdtype(array.dtype, np.floating):
        return _FLOAT
    return _WIDE if array.dtype == np.uint16 else "Convert it: frame.clip(0, 255).astype(np.uint8)."
