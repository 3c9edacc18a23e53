"""Frames of the live video: what fits them, and how they go back. Imports no Streamlit."""

from typing import Final

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter

from fer_core.limits import live_size
from fer_core.results import FrameResult

SAME_SHAPE: Final = 0.02
"""A result fits a frame whose ratio of width to height differs by no more than this share."""


class FrameConverter:
    """Frames of the video to BGR. Belongs to one thread."""

    def __init__(self) -> None:
        """Set up once: `frame.to_ndarray` would set up a converter, with threads, for each frame."""
        self._reformatter = VideoReformatter()

    def convert(self, frame: av.VideoFrame) -> np.ndarray:
        """The frame as uint8 (height, width, 3), BGR; one that is larger than a live frame may be, scaled down."""
        width, height = live_size(frame.width, frame.height)
        return self._reformatter.reformat(frame, width, height, "bgr24", threads=1).to_ndarray()


def fits(result: FrameResult, frame_bgr: np.ndarray) -> bool:
    """Whether boxes of the result can be drawn on the frame: it has that shape, in whatever size."""
    height, width = frame_bgr.shape[:2]
    result_w, result_h = result.resolution_wh
    return bool(abs(result_w * height - width * result_h) <= SAME_SHAPE * width * result_h)


def to_video_frame(frame_bgr: np.ndarray) -> av.VideoFrame:
    """As the encoder wants it: OpenCV converts to planar YUV faster than the encoder's own scaler would."""
    height, width = frame_bgr.shape[:2]
    if height % 2 or width % 2:
        return av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")
    planes = cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")
