"""Frames of the live video: what fits them, and how they go back. Imports no Streamlit."""

from typing import Final

import av
import cv2
import numpy as np

from fer_core.results import FrameResult

SAME_SHAPE: Final = 0.02
"""A result fits a frame whose ratio of width to height differs by no more than this share."""


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
