"""One viewer's live analysis: the video never waits for it.

    camera ──► take_frame (WebRTC's thread) ──► newest frame ──► worker ──► newest result ──► channel ──► browser
                                                                                               (draws it)

Where a browser cannot show the camera's own picture, `on_frame` takes the place of `take_frame`: it draws the newest
known result on the frame and returns it. Where no video connects, the page sends still pictures to `take_still`.
Nothing queues: a frame that comes while the worker is busy replaces the one before. Imports no Streamlit.
"""

import logging
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import av
import numpy as np

from app.live import messages
from app.live.analysis_slots import analysis_slots
from app.live.capture_clock import CaptureClock
from app.live.channel import Message, ResultsChannel
from app.live.counts import results_given
from app.live.frames import FrameConverter, fits, to_video_frame
from app.live.progress import Limits, LiveProgress, Shown
from app.live.release_memory import give_memory_back_soon
from app.live.types import LiveListener, LiveSettings, LiveStatus, TellsProgress, highest_face_of
from app.live.uplink import Uplink
from app.live.viewers import Viewers
from app.live.worker_pipeline import LiveAnalysis, MakePipeline, NewestModel, failure_words
from fer_core.annotate import LabelPlaces, annotate
from fer_core.faces.tracker import FaceNumbers
from fer_core.history import EmotionHistory
from fer_core.limits import MAX_FRAME_PIXELS, megapixels
from fer_core.pipeline import EmotionPipeline
from fer_core.results import FrameResult

log = logging.getLogger(__name__)

MAX_RESULTS_PER_S = 16.0
"""More would cost processor time that no eye sees."""
IDLE_S = 3.0
"""A worker without frames for this long ends; the next frame starts another."""
STALE_S = 1.0
"""An older result is drawn muted while the analysis is behind, and else no longer: the face has moved on."""
RECENT_S = 3.0
"""Rates and delays are those of so long."""
NO_FACE_S = 5.0
FRAMES_LOST_S = 2.5
STILLS_FACTOR = 3.0
"""Still pictures come once or twice a second, and over a slow network less often: they are late after so many times
what is late for frames."""
RETRY_S = 2.0
MODEL_CHECK_S = 1.0
"""How often a worker looks whether the model of that name is another by now, as when one is put live."""


_BLANK_BGR: Final = np.zeros((90, 160, 3), np.uint8)


class LiveSession:
    """Frame callback, worker, history and counters of one viewer. Thread-safe."""

    def __init__(
        self,
        make_pipeline: MakePipeline,
        *,
        newest_model: NewestModel | None = None,
        viewers: Viewers | None = None,
    ) -> None:
        """Start without a thread; the first frame starts it.

        Args:
            make_pipeline: builds the analysis from a detector's and a model's name; called on the worker's thread,
                as detectors belong to one thread.
            newest_model: gives the model of that name as it is on disk now, cheaply when it is the same; None never
                looks.
            viewers: asked for a place before anything is analysed; None has places for all.
        """
        self._viewers = viewers
        self.account = ""
        """The viewer's, where people sign in with one."""
        self.history = EmotionHistory()
        # Weakly: a circle would be collected late, or never where `gc.freeze` comes first, and its key stay valid.
        self.channel = ResultsChannel(
            status=weakref.WeakMethod(self._status_message),
            history=weakref.WeakMethod(self._history_message),
            stills=weakref.WeakMethod(self.take_still),
        )
        """What the viewer's browser hears."""
        self._make_pipeline = make_pipeline
        self._newest_model = newest_model
        self._settings = LiveSettings()
        self._listener: LiveListener | None = None
        self._numbers = FaceNumbers()
        self._changed = threading.Condition()
        self._worker: threading.Thread | None = None
        self._frame: tuple[av.VideoFrame | np.ndarray, float] | None = None
        self._has_stills = False  # the newest frame is a still picture
        self._clock = CaptureClock()
        self._progress = LiveProgress()
        self._uplink = Uplink()
        self._frame_times = self._progress.frame_times
        self._places = LabelPlaces()
        self._to_bgr, self._recorded_to_bgr = FrameConverter(), FrameConverter()

    @property
    def settings(self) -> LiveSettings:
        """The viewer's choices; replaced whole, at any time, from any thread."""
        return self._settings

    @settings.setter
    def settings(self, settings: LiveSettings) -> None:
        changed, self._settings = settings != self._settings, settings
        if changed:
            self.channel.changed()

    @property
    def listener(self) -> LiveListener | None:
        """Told of each result and each picture; may be set and taken away at any time, from any thread.

        One that keeps face numbers, see `KeepsNumbers`, gets none of its own again for another face.
        """
        return self._listener

    @listener.setter
    def listener(self, listener: LiveListener | None) -> None:
        with self._changed:
            if self._numbers.skip(highest_face_of(listener)):
                self._worker = None  # its faces have numbers that the listener may know from elsewhere
                self._changed.notify_all()
            self._listener = listener
        self.channel.changed()

    @property
    def wall_clock_offset_s(self) -> float:
        """What the time of day is ahead of the monotonic clock that results are stamped with.

        Measured anew each time: the time of day may have been set, and only it runs on while a computer sleeps.
        """
        return time.time() - time.monotonic()

    @property
    def latest(self) -> FrameResult | None:
        """The newest result; None when it is stale and the analysis neither paused nor behind."""
        shown = self._shown()
        return shown.result if shown else None

    def take_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Take a frame for analysis; the browser shows the camera's own picture.

        Called on WebRTC's thread for each frame; anything raised here would end the video. Nothing is converted: most
        frames are neither analysed nor recorded.
        """
        # The first of four broad excepts: whatever goes wrong here, the next frame must come.
        try:
            if self._is_too_large(frame):
                return frame
            at_s = self._offer(frame, frame.time)
            shown = self._drawable()
            self._notify(lambda listener: listener.on_picture(partial(self._picture_of, frame, shown), at_s))
        except Exception:
            log.exception("A frame could not be taken")
        return frame

    def on_frame(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Take a frame for analysis and give it back with the newest known result drawn on it.

        Called on WebRTC's thread for each frame that is shown; anything raised here would end the video.
        """
        # The second broad except: whatever goes wrong in drawing, the picture must go on.
        try:
            if self._is_too_large(frame):
                return to_video_frame(_BLANK_BGR)  # to send it back would cost as much again
            frame_bgr = self._to_bgr.convert(frame)
            at_s = self._offer(frame_bgr, frame.time)
            shown_bgr = self._drawn(frame_bgr, self._drawable())
            self._notify(lambda listener: listener.on_picture(lambda: shown_bgr, at_s))
            return to_video_frame(shown_bgr)
        except Exception:
            log.exception("Drawing failed; the frame is shown as it came")
            return frame

    def take_still(self, frame_bgr: np.ndarray | None) -> None:
        """Take a still picture in the video's place, where no video connects; from any thread.

        Args:
            frame_bgr: uint8 (height, width, 3), BGR; None: no more will come.
        """
        if frame_bgr is None:
            if self._has_stills:
                self.close()
            return
        at_s = self._offer(frame_bgr, None, is_still=True)
        # Shown with its own result, see `_analyse`, as the one before it is old. Without one, the listener must still
        # hear that the camera lives.
        if self.settings.paused or self._progress.error:
            self._show_still(frame_bgr, None, at_s)

    def status(self) -> LiveStatus:
        """What to tell the viewer now."""
        with self._changed:
            status = self._progress.status(time.monotonic(), self._limits(), paused=self.settings.paused)
            return replace(status, asked_per_s=self._uplink.ask(status))

    def close(self) -> None:
        """End the worker soon; a later frame starts another. Returns at once, from any thread.

        What the worker has in hand is told to nobody.
        """
        with self._changed:
            self._frame = None
            self._progress.stop()
            self._worker = None
            self._clock = CaptureClock()
            self._has_stills = False
            self._leave()
            self._changed.notify_all()
        self.channel.changed()
        give_memory_back_soon()

    @property
    def busy_message(self) -> str:
        """Why this viewer cannot start now, a sentence, as others have all places; else empty."""
        return "" if self._viewers is None else self._viewers.refusal(self, self.account)

    def _leave(self) -> None:
        if self._viewers is not None:
            self._viewers.leave(self)

    def _shown(self) -> Shown | None:
        with self._changed:
            return self._progress.shown(time.monotonic(), self._limits(), paused=self.settings.paused)

    def _limits(self) -> Limits:
        factor = STILLS_FACTOR if self._has_stills else 1.0
        return Limits(STALE_S * factor, RECENT_S * factor, NO_FACE_S, FRAMES_LOST_S * factor)

    def _drawable(self) -> Shown | None:
        return None if self.settings.paused else self._shown()

    def _picture_of(self, frame: av.VideoFrame, shown: Shown | None) -> np.ndarray:
        """The frame as the viewer sees it; on the one thread that the listener uses for that."""
        return self._drawn(self._recorded_to_bgr.convert(frame), shown)

    def _drawn(self, frame_bgr: np.ndarray, shown: Shown | None) -> np.ndarray:
        settings = self.settings
        if shown is not None and not fits(shown.result, frame_bgr):
            shown = None  # the phone was turned: the boxes belong to a picture of another shape
        return annotate(
            frame_bgr,
            shown.result if shown else None,
            overlay=settings.overlay,
            mirror=settings.mirror,
            muted=shown is not None and shown.is_late,
            places=self._places,
        )

    def _is_too_large(self, frame: av.VideoFrame) -> bool:
        """Whether a frame is refused, of which the viewer is told: even to scale it down would cost too much."""
        if frame.width * frame.height <= MAX_FRAME_PIXELS:
            return False
        size = megapixels(frame.width, frame.height)
        with self._changed:
            self._progress.refused(
                time.monotonic(), f"The camera's pictures have {size}. Choose a smaller size for it."
            )
        return True

    def _show_still(self, frame_bgr: np.ndarray, shown: Shown | None, at_s: float) -> None:
        self._notify(lambda listener: listener.on_picture(lambda: self._drawn(frame_bgr, shown), at_s))

    def _offer(self, frame: av.VideoFrame | np.ndarray, own_s: float | None, *, is_still: bool = False) -> float:
        """Put the frame where the worker looks, in place of the one before; gives when it was taken."""
        now_s = time.monotonic()
        with self._changed:
            self._has_stills = is_still
            if self._worker is None:
                refusal = "" if self._viewers is None else self._viewers.enter(self, self.account)
                if refusal:
                    self._progress.refused(now_s, refusal)
                    return now_s
                self._progress.start(now_s)
                self._worker = threading.Thread(target=self._work, name="live-analysis", daemon=True)
                self._worker.start()
            at_s = self._clock.captured_at(own_s, now_s)
            self._progress.frame(now_s)
            self._frame = (frame, at_s)
            self._changed.notify_all()
            return at_s

    def _wait_for_frame(self, pause_until_s: float) -> bool:
        """Wait until there is a frame, but not before `pause_until_s`; False when this worker should end."""
        me = threading.current_thread()
        with self._changed:
            deadline_s = time.monotonic() + IDLE_S
            while self._worker is me:
                now_s = time.monotonic()
                if now_s >= pause_until_s and self._frame is not None:
                    return True
                if now_s > deadline_s:
                    self._worker = None
                    # A video ends with a word; until then its place is kept, as a camera may pause. A page that sends
                    # still pictures may be gone for good.
                    if self._has_stills:
                        self._leave()
                    break
                self._changed.wait(max(0.001, pause_until_s - now_s) if now_s < pause_until_s else deadline_s - now_s)
        return False

    def _take(self) -> tuple[av.VideoFrame | np.ndarray, float] | None:
        """The newest frame; None where it is not to be analysed.

        That is where another worker took this one's place, the video was closed, or it was paused: perhaps only while
        this worker waited in line.
        """
        with self._changed:
            if self._worker is not threading.current_thread():
                return None
            frame, self._frame = self._frame, None
            self._progress.taken()
            if self.settings.paused:
                self._progress.skipped()
                return None
            return frame

    def _work(self) -> None:
        """The worker: analyse the newest frame, again and again."""
        analysis = LiveAnalysis(self._make_pipeline, self._newest_model, self._numbers)
        to_bgr = FrameConverter()
        pause_until_s = 0.0
        while self._wait_for_frame(pause_until_s):
            pause_until_s = time.monotonic() + 1 / MAX_RESULTS_PER_S
            settings = self.settings
            if settings.paused:
                self._take()
                continue
            try:
                self._analyse(analysis, settings, to_bgr)
            except Exception as error:  # noqa: BLE001  # else this thread, and with it the analysis, would end silently
                self._fail(error)
                analysis.forget()
                pause_until_s = time.monotonic() + RETRY_S

    def _analyse(self, analysis: LiveAnalysis, settings: LiveSettings, to_bgr: FrameConverter) -> None:
        if self._listener is not None:  # what is recorded is judged anew each time
            settings = replace(settings, pipeline=replace(settings.pipeline, judge_every_s=0.0))
        has_stills = self._has_stills
        pipeline, is_new = analysis.pipeline(settings, check_each_s=MODEL_CHECK_S, has_stills=has_stills)
        if is_new:
            self._note(lambda progress: progress.ready(time.monotonic()))
        with analysis_slots().turn():
            taken = self._take()  # only now: a frame that waits in line would be an old one
            if taken is None:
                return
            frame, captured_at_s = taken
            frame_bgr = frame if isinstance(frame, np.ndarray) else to_bgr.convert(frame)
            result = pipeline.process(frame_bgr, captured_at_s)
        if self._note(lambda _: self._publish(result)):
            self.channel.publish(lambda: messages.result_message(result, time.monotonic()))
            self._notify(partial(_hand_over, result, pipeline))
            if has_stills:
                self._show_still(frame_bgr, Shown(result, is_late=False), captured_at_s)

    def _fail(self, error: Exception) -> None:
        message = failure_words(error)
        self._note(lambda progress: progress.failed(message))
        self.channel.changed()

    def _note(self, what: Callable[[LiveProgress], None]) -> bool:
        """From the worker's thread: note something, unless another worker took its place or the video was closed."""
        with self._changed:
            if self._worker is not threading.current_thread():
                return False
            what(self._progress)
            return True

    def _notify(self, word: Callable[[LiveListener], None]) -> None:
        """Tell the listener, if there is one."""
        listener = self._listener
        if listener is None:
            return
        try:
            word(listener)
        # The last broad except: what goes wrong in a recording must end neither the video nor the analysis.
        except Exception:
            log.exception("The recording could not take this")

    def _publish(self, result: FrameResult) -> None:
        with self._changed:
            self._progress.answered(result, time.monotonic())
            self.history.add(result)
        results_given().add()

    def _status_message(self) -> Message:
        listener = self._listener
        recording = listener.progress() if isinstance(listener, TellsProgress) else None
        return messages.status_message(self.status(), self.settings, recording)

    def _history_message(self) -> Message:
        return messages.history_message(self.history.snapshot(), time.monotonic())


def _hand_over(result: FrameResult, pipeline: EmotionPipeline, listener: LiveListener) -> None:
    listener.on_result(result, pipeline.model.card)
