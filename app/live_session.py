"""One viewer's live analysis: the video never waits for it.

    camera ──► on_frame (WebRTC's thread) ──► newest frame ──► worker ──► newest result ──┐
                   └── draws the newest known result on this frame and returns it ◄───────┘

Nothing queues: a frame that comes while the worker is busy replaces the one before. Imports no Streamlit.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

import av
import av.video.reformatter
import cv2
import numpy as np

from app.live_types import LiveListener, LiveSettings, LiveState, LiveStatus
from app.tidy import give_memory_back_soon
from fer_core.annotate import annotate
from fer_core.detector import DetectorName
from fer_core.errors import FerError
from fer_core.history import EmotionHistory
from fer_core.limits import live_size
from fer_core.model import EmotionModel
from fer_core.pipeline import EmotionPipeline
from fer_core.results import FrameResult

log = logging.getLogger(__name__)

MAX_RESULTS_PER_S = 16.0
"""More would cost processor time that no eye sees."""
IDLE_S = 3.0
"""A worker without frames for this long ends; the next frame starts another."""
STALE_S = 1.0
"""An older result is no longer drawn: the face has moved on."""
RECENT_S = 3.0
"""Rates and delays are those of so long."""
NO_FACE_S = 5.0
FRAMES_LOST_S = 2.5
RETRY_S = 2.0
MODEL_CHECK_S = 1.0
"""How often a worker looks whether the model of that name is another by now, as when one is put live."""

# One analysis at a time per core but one, over all viewers, so that decoding and drawing always get their turn.
_analysis_slots = threading.BoundedSemaphore(max(1, (os.cpu_count() or 2) - 1))


class LiveSession:
    """Frame callback, worker, history and counters of one viewer. Thread-safe."""

    def __init__(
        self,
        make_pipeline: Callable[[DetectorName | None, str], EmotionPipeline],
        *,
        newest_model: Callable[[str], EmotionModel] | None = None,
    ) -> None:
        """Start without a thread; the first frame starts it.

        Args:
            make_pipeline: builds the analysis from a detector's and a model's name; called on the worker's thread,
                as detectors belong to one thread.
            newest_model: gives the model of that name as it is on disk now, cheaply when it is the same; None never
                looks.
        """
        self.history = EmotionHistory()
        self.listener: LiveListener | None = None
        """Told of each result and each picture; may be set and taken away at any time, from any thread."""
        # Results are stamped with the monotonic clock; this added gives the time of day.
        self.wall_clock_offset_s = time.time() - time.monotonic()
        self._make_pipeline = make_pipeline
        self._newest_model = newest_model
        self._settings = LiveSettings()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._frame: tuple[np.ndarray, float] | None = None
        self._result: FrameResult | None = None
        self._error = ""
        self._face_seen_at_s = 0.0
        self._started_at_s = 0.0
        self._to_bgr = av.video.reformatter.VideoReformatter()
        self._frame_times: deque[float] = deque(maxlen=90)
        self._result_times: deque[tuple[float, float]] = deque(maxlen=60)

    @property
    def settings(self) -> LiveSettings:
        """The newest settings."""
        return self._settings

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        self._settings = settings

    @property
    def latest(self) -> FrameResult | None:
        """The newest result; None when it is stale and the analysis is not paused."""
        result = self._result
        if result is None or (not self._settings.paused and time.monotonic() - result.captured_at_s > STALE_S):
            return None
        return result

    def on_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Take a frame for analysis and give it back with the newest known result drawn on it.

        Called on WebRTC's thread for each frame that is shown; anything raised here would end the video.
        """
        # One of three broad excepts: whatever goes wrong in drawing, the picture must go on.
        try:
            # A converter that is kept, with one thread: `frame.to_ndarray` sets up a new one for each frame.
            width, height = live_size(frame.width, frame.height)
            frame_bgr = self._to_bgr.reformat(frame, width, height, "bgr24", threads=1).to_ndarray()
            now_s = time.monotonic()
            self._offer(frame_bgr, now_s)
            settings = self._settings
            result = None if settings.paused else self.latest
            shown_bgr = annotate(frame_bgr, result, overlay=settings.overlay, mirror=settings.mirror)
            self._tell(lambda listener: listener.on_picture(shown_bgr, now_s))
            return _to_video_frame(shown_bgr)
        except Exception:
            log.exception("Drawing failed; the frame is shown as it came")
            return frame

    def status(self) -> LiveStatus:
        """What to tell the viewer now."""
        now_s = time.monotonic()
        with self._changed:
            frame_times, result_times = list(self._frame_times), list(self._result_times)
        recent = [(at, latency) for at, latency in result_times if now_s - at < RECENT_S]
        latencies = sorted(latency for _, latency in recent)
        result = self.latest
        return LiveStatus(
            state=self._state(now_s, frame_times, has_results=bool(recent)),
            message=self._error,
            faces=len(result.faces) if result else 0,
            faces_left_out=result.faces_left_out if result else 0,
            results_per_s=rate_per_s([at for at, _ in recent]),
            frames_per_s=rate_per_s([at for at in frame_times if now_s - at < RECENT_S]),
            latency_ms=latencies[len(latencies) // 2] * 1000 if latencies else None,
        )

    def close(self) -> None:
        """End the worker soon; a later frame starts another. Returns at once, from any thread."""
        with self._changed:
            self._frame = None
            self._frame_times.clear()
            self._worker = None
            self._changed.notify_all()
        give_memory_back_soon()

    def _state(self, now_s: float, frame_times: list[float], *, has_results: bool) -> LiveState:
        if not frame_times:
            return LiveState.NO_FRAMES
        if now_s - frame_times[-1] > FRAMES_LOST_S:
            return LiveState.LOST
        if self._error:
            return LiveState.FAILED
        if self._settings.paused:
            return LiveState.PAUSED
        if not has_results:
            return LiveState.STARTING
        result = self._result
        if result is None or not result.faces:
            waited_s = now_s - max(self._face_seen_at_s, self._started_at_s)
            return LiveState.NO_FACE if waited_s > NO_FACE_S else LiveState.FINE
        poor = all(any(doubt != "not confident" for doubt in face.doubts) for face in result.faces)
        return LiveState.POOR_VIEW if poor else LiveState.FINE

    def _offer(self, frame_bgr: np.ndarray, now_s: float) -> None:
        """Put the frame where the worker looks, in place of the one before."""
        with self._changed:
            self._frame_times.append(now_s)
            self._frame = (frame_bgr, now_s)
            if self._worker is None:
                self._started_at_s = now_s
                self._worker = threading.Thread(target=self._work, name="live-analysis", daemon=True)
                self._worker.start()
            self._changed.notify_all()

    def _take(self, pause_until_s: float) -> tuple[np.ndarray, float] | None:
        """Wait for the newest frame, but not before `pause_until_s`; None when this worker should end."""
        me = threading.current_thread()
        with self._changed:
            deadline_s = time.monotonic() + IDLE_S
            while self._worker is me:
                now_s = time.monotonic()
                if now_s >= pause_until_s and self._frame is not None:
                    frame, self._frame = self._frame, None
                    return frame
                if now_s > deadline_s:
                    self._worker = None
                    break
                self._changed.wait(max(0.001, pause_until_s - now_s) if now_s < pause_until_s else deadline_s - now_s)
        return None

    def _work(self) -> None:
        """The worker: analyse the newest frame, again and again."""
        pipeline: EmotionPipeline | None = None
        built_from: tuple[DetectorName | None, str] | None = None
        pause_until_s = looked_at_s = 0.0
        while (taken := self._take(pause_until_s)) is not None:
            frame_bgr, captured_at_s = taken
            pause_until_s = time.monotonic() + 1 / MAX_RESULTS_PER_S
            settings = self._settings
            if settings.paused:
                continue
            try:
                if pipeline is None or built_from != (settings.detector, settings.model):
                    built_from = (settings.detector, settings.model)
                    pipeline = self._make_pipeline(*built_from)
                    looked_at_s = time.monotonic()
                elif time.monotonic() - looked_at_s > MODEL_CHECK_S:
                    self._renew_model(pipeline, settings.model)
                    looked_at_s = time.monotonic()
                pipeline.settings = settings.pipeline
                with _analysis_slots:
                    result = pipeline.process(frame_bgr, captured_at_s)
                self._publish(result)
                self._tell(partial(_hand_over, result, pipeline))
            # The second broad except: an error that ended this thread would end the analysis without a word.
            except Exception as error:
                if isinstance(error, FerError):
                    log.warning("Analysis failed and is tried again: %s", error)
                    self._error = str(error)
                else:
                    log.exception("Analysis failed and is tried again")
                    self._error = f"The analysis stopped: {str(error) or type(error).__name__}"
                self._result = None
                pipeline = None
                pause_until_s = time.monotonic() + RETRY_S

    def _renew_model(self, pipeline: EmotionPipeline, name: str) -> None:
        """Go on with the newest model of that name; faces stay tracked. A damaged one leaves the last good one."""
        if self._newest_model is None:
            return
        try:
            pipeline.model = self._newest_model(name)
        except FerError as error:
            log.warning("The model in use stays: %s", error)

    def _tell(self, word: Callable[[LiveListener], None]) -> None:
        """Tell the listener, if there is one."""
        listener = self.listener
        if listener is None:
            return
        try:
            word(listener)
        # The third broad except: what goes wrong in a recording must end neither the video nor the analysis.
        except Exception:
            log.exception("The recording could not take this")

    def _publish(self, result: FrameResult) -> None:
        now_s = time.monotonic()
        with self._changed:
            self._result_times.append((now_s, now_s - result.captured_at_s))
        if result.faces:
            self._face_seen_at_s = now_s
        self._error = ""
        self._result = result
        self.history.add(result)


def _hand_over(result: FrameResult, pipeline: EmotionPipeline, listener: LiveListener) -> None:
    listener.on_result(result, pipeline.model.card)


def _to_video_frame(frame_bgr: np.ndarray) -> av.VideoFrame:
    """As the encoder wants it: OpenCV converts to planar YUV faster than the encoder's own scaler would."""
    height, width = frame_bgr.shape[:2]
    if height % 2 or width % 2:
        return av.VideoFrame.from_ndarray(frame_bgr, format="bgr24")
    planes = cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2YUV_I420).astype(np.uint8, copy=False)
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def rate_per_s(times_s: list[float]) -> float:
    """Events per second from their times: gaps, not events, over the time they span; 0 for fewer than two."""
    span = times_s[-1] - times_s[0] if len(times_s) > 1 else 0.0
    return (len(times_s) - 1) / span if span > 0 else 0.0
