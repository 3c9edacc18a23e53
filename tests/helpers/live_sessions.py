"""Live sessions without a page: a pipeline that can be slow or fail, and frames."""

import threading
import time
from collections.abc import Callable
from typing import Any, cast

import av
import numpy as np

from app.live.session import LiveSession
from app.live.types import LiveState
from fer_core.errors import FerError
from fer_core.pipeline import EmotionPipeline, PipelineSettings
from fer_core.results import FaceEmotion, FrameResult
from tests.helpers.faces import make_emotion, make_result, wait_until

FACE = make_emotion("happy")


class FakePipeline:
    """Answers with `faces`; may be slow, be held at a gate, or fail."""

    def __init__(self) -> None:
        self.settings = PipelineSettings()
        self.min_hits = 2
        self.faces: tuple[FaceEmotion, ...] = (FACE,)
        self.takes_s = 0.0
        self.error: BaseException | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.greys: list[int] = []
        self.answers = 0
        """How many of them are answered; the history keeps fewer results where they come fast."""
        self.settings_seen: list[PipelineSettings] = []
        self.threads: set[threading.Thread] = set()
        self.entered = threading.Event()
        self.held = threading.Event()
        """Set once it stands at the closed gate."""

    def process(self, frame_bgr: np.ndarray, captured_at_s: float) -> FrameResult:
        self.greys.append(round(float(frame_bgr.mean())))
        self.settings_seen.append(self.settings)
        self.threads.add(threading.current_thread())
        self.entered.set()
        if not self.gate.is_set():
            self.held.set()
        assert self.gate.wait(10)
        time.sleep(self.takes_s)
        if self.error:
            raise self.error
        height, width = frame_bgr.shape[:2]
        self.answers += 1
        return make_result(*self.faces, at_s=captured_at_s, resolution_wh=(width, height))


class Factory:
    """Builds pipelines, notes from what and on which thread."""

    def __init__(self, pipeline: FakePipeline) -> None:
        self.pipeline = pipeline
        self.error: FerError | None = None
        self.built: list[tuple[Any, str]] = []
        self.threads: list[threading.Thread] = []

    def __call__(self, detector: Any, model: str) -> EmotionPipeline:
        self.built.append((detector, model))
        self.threads.append(threading.current_thread())
        if self.error:
            raise self.error
        return cast(EmotionPipeline, self.pipeline)


def video_frame(grey: int = 90, *, width: int = 320, height: int = 240) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((height, width, 3), grey, np.uint8), format="bgr24")


def pixels(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="bgr24")


def is_drawn(frame: av.VideoFrame) -> bool:
    """Whether something stands out of the even grey."""
    return bool(np.ptp(pixels(frame)) > 40)


def feed(session: LiveSession, until: Callable[[], bool]) -> None:
    """Frames at 100 per second until something holds."""

    def step() -> bool:
        session.on_frame(video_frame())
        return until()

    wait_until(step)


def state_of(session: LiveSession) -> LiveState:
    return session.status().state


def workers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "live-analysis"}
