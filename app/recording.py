"""A recording of the live page: results into the store, pictures into a video, markers, and the neutral baseline.

    analysis ── on_result ──► Recorder (its own writing thread) ──► store
    video ──── on_picture ──► VideoTrack (its own encoding thread) ──► store.videos

A thread of its own watches over it, so that it is closed properly when the camera or the browser's tab is gone, whether
or not anybody looks at the page. Imports no Streamlit.
"""

import atexit
import logging
import threading
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Self

import numpy as np

from app.consent import CONSENT_VERSION
from app.recording_baseline import BaselineTry, BaselineView, OwnFaces
from app.recording_markers import SessionMarkers
from app.recording_types import RecordingView, Wish
from app.recording_video import VideoTrack
from app.store import records
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.participants import add_baseline, find_or_add
from app.store.recorder import Recorder
from app.store.records import NewSession
from app.store.sessions import session
from fer_core.baseline import Baseline
from fer_core.card import ModelCard
from fer_core.results import FaceEmotion, FrameResult

log = logging.getLogger(__name__)

GRACE_S: Final = 20.0
"""Without pictures for this long, a recording is closed; before, it goes on when they return."""
FRAMES_LOST_S: Final = 2.5
WATCH_EACH_S: Final = 0.25


class Recording:
    """One recording, and the `LiveListener` that feeds it. Thread-safe."""

    def __init__(self, store: Store, recorder: Recorder, participant_id: int, wish: Wish, card: ModelCard) -> None:
        """`start` makes one."""
        self.session_id = recorder.session_id
        self.participant_id = participant_id
        self.wish = wish
        self.model_sha256 = model_sha256(card)
        self.markers = SessionMarkers(store, recorder.session_id, lambda: recorder.time_ms)
        self._store = store
        self._recorder = recorder
        self._started_s = self._picture_at_s = self._waits_from_s = time.monotonic()
        self._ended_s: float | None = None
        self._reason = ""
        self._lock = threading.Lock()
        self._stopping = threading.Lock()
        self._over = threading.Event()
        self._own_faces = OwnFaces()
        self._baseline: Baseline | None = None
        self._try: BaselineTry | None = None
        self._baseline_problems: tuple[str, ...] = ()
        file = session(store, self.session_id).video_file
        self._video = VideoTrack(store.videos / file) if file else None
        atexit.register(self.stop)  # a server that is asked to end, as by Ctrl-C, closes it properly
        threading.Thread(target=self._watch, name="session-watch", daemon=True).start()

    @classmethod
    def start(cls, store: Store, wish: Wish, card: ModelCard) -> Self:
        """Begin now: to be called when the person has agreed.

        Args:
            store: where to.
            wish: what they agreed to.
            card: of the model that judges.

        Raises:
            StoreError: the session cannot be stored; nothing was begun.
        """
        now = datetime.now(UTC)
        with store.write() as connection:
            participant_id = find_or_add(connection, wish.participant)
        new = NewSession(
            participant_id=participant_id, title=wish.title, source="live", model_name=card.name,
            model_sha256=model_sha256(card), consent_at=now, consent_version=CONSENT_VERSION,
            rate_per_s=wish.rate_per_s, utc_offset_min=wish.utc_offset_min,
            video_file=f"{uuid.uuid4().hex}.mp4" if wish.with_video else None,
            video_consent_at=now if wish.with_video else None,
        )  # fmt: skip
        return cls(store, Recorder.start(store, new), participant_id, wish, card)

    def on_result(self, result: FrameResult, card: ModelCard) -> None:
        """Keep a result; one of another model ends the recording, as a session belongs to one."""
        if self._over.is_set() or self._reason:
            return
        if model_sha256(card) != self.model_sha256:
            self._reason = "The model was changed, so the recording was closed: a session belongs to one model."
            return
        with self._lock:
            self._own_faces.see(result)
            if self._try is not None:
                self._try.add(result)
        self._recorder.add(result)

    def on_picture(self, shown_bgr: np.ndarray, at_s: float) -> None:
        """Note that the camera lives, and offer the picture to the video where one is wanted."""
        if self._over.is_set():
            return
        self._picture_at_s = at_s
        if self._video is not None:
            self._video.offer(shown_bgr, at_s - self._started_s)

    def view(self) -> RecordingView:
        """How it goes, or went."""
        now_s = time.monotonic()
        status = self._recorder.status
        silent_s = now_s - self._picture_at_s
        video_problem = self._video.problem if self._video is not None else ""
        return RecordingView(
            seconds=max(0.0, (now_s if self._ended_s is None else self._ended_s) - self._started_s),
            samples=status.written,
            problem=" ".join(filter(None, (status.error, _lost(status.lost), video_problem))),
            closes_in_s=self._closes_in_s(now_s) if silent_s > FRAMES_LOST_S and self._ended_s is None else None,
            ended=self._over.is_set(),
            reason=self._reason,
        )

    def wait_anew(self) -> None:
        """Give the camera the whole time once more, as when its page was reloaded and has to start it again."""
        self._waits_from_s = time.monotonic()

    def stop(self) -> RecordingView:
        """End it properly, once; a second call waits for the first."""
        self._close(time.monotonic())
        return self.view()

    def measure_baseline(self) -> None:
        """Begin a try: the participant relaxes the face, then the measuring runs; `baseline_view` tells."""
        with self._lock:
            self._baseline_problems = ()
            self._try = BaselineTry(time.monotonic())

    def use_baseline(self, baseline: Baseline) -> None:
        """Take it off the participant's face from now on."""
        with self._lock:
            self._baseline, self._try, self._baseline_problems = baseline, None, ()
        self._recorder.correct = self._correct

    def baseline_view(self) -> BaselineView:
        """Where the baseline stands."""
        with self._lock:
            if self._try is not None:
                return self._try.view(time.monotonic())
            if self._baseline_problems:
                return BaselineView("failed", problems=self._baseline_problems)
            return BaselineView("in use", good_views=self._baseline.samples) if self._baseline else BaselineView()

    def _correct(self, face: FaceEmotion) -> Mapping[str, float] | None:
        with self._lock:
            baseline = self._baseline if face in self._own_faces else None
        return None if baseline is None else baseline.correct_face(face)

    def _watch(self) -> None:
        """Until it is over: measure, keep an open range open, and close it when the camera is gone."""
        while not self._over.wait(WATCH_EACH_S):
            try:
                self._look()
            except StoreError as error:  # the recorder meets it too, and says it
                log.warning("Recording: %s", error)

    def _look(self) -> None:
        now_s = time.monotonic()
        self._judge_baseline(now_s)
        if self._closes_in_s(now_s) <= 0:
            self._reason = f"No pictures came from the camera for {GRACE_S:.0f} s, so the recording was closed."
            self._close(self._picture_at_s)
        elif self._reason or self._recorder.status.ended:
            self._close(now_s)
        else:
            self.markers.keep_open_range()

    def _closes_in_s(self, now_s: float) -> float:
        return max(0.0, GRACE_S - (now_s - max(self._picture_at_s, self._waits_from_s)))

    def _judge_baseline(self, now_s: float) -> None:
        with self._lock:
            tried = self._try
            if tried is None or not tried.is_over(now_s):
                return
            baseline, quality, problems = tried.outcome()
            self._try, self._baseline_problems = None, problems
        if baseline is None:
            return
        try:
            add_baseline(self._store, self._as_stored(baseline, quality))
        except StoreError as error:
            with self._lock:
                self._baseline_problems = (str(error),)
            return
        self.use_baseline(baseline)

    def _as_stored(self, baseline: Baseline, quality: float) -> records.Baseline:
        return records.Baseline(
            self.participant_id, datetime.now(UTC), dict(baseline.mean), baseline.samples, quality,
            self.model_sha256, self.session_id,
        )  # fmt: skip

    def _close(self, ended_s: float) -> None:
        with self._stopping:
            if self._over.is_set():
                return
            self._ended_s = ended_s
            try:
                self.markers.close()
            except StoreError as error:
                log.warning("Recording: an open marker stays open: %s", error)
            self._recorder.close(ended_s=ended_s)
            if self._video is not None:
                self._video.close(discard=self._was_deleted())
            self._over.set()
            atexit.unregister(self.stop)

    def _was_deleted(self) -> bool:
        try:
            session(self._store, self.session_id)
        except NoSuchRecordError:
            return True
        except StoreError:
            pass  # not known: kept, as it was asked for
        return False


def model_sha256(card: ModelCard) -> str:
    """Of the network that judges live."""
    return card.sha256.get("model.tflite", "")


def _lost(count: int) -> str:
    return f"{count} samples could not be stored." if count else ""
