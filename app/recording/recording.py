"""A recording of the live page: results into the store, pictures into a video, markers, and the neutral baseline.

    analysis ── on_result ──► Recorder (its own writing thread) ──► store
    video ──── on_picture ──► VideoTrack (its own encoding thread) ──► store.videos

A thread of its own watches over it, so that it is closed properly when the camera or the browser's tab is gone, whether
or not anybody looks at the page. Imports no Streamlit.
"""

import atexit
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import numpy as np

from app.formatting import counted
from app.live.types import RecordingProgress
from app.recording.baseline import BaselineTry, BaselineView
from app.recording.consent import CONSENT_VERSION
from app.recording.markers import SessionMarkers
from app.recording.neutral_face import NeutralFace
from app.recording.types import MAX_RECORDING_S, RecordingChoices, RecordingView
from app.recording.video import VideoTrack, rescue_half_video
from app.recording.watch import attempt, start_watch
from app.store import records
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.participants import add_baseline, find_or_add
from app.store.recorder import Recorder, RecorderStatus
from app.store.records import NewSession
from app.store.session_parts import markers
from app.store.sessions import session
from app.store.taking_over import TakenOver
from fer_core.expressions.baseline import Baseline
from fer_core.expressions.card import ModelCard
from fer_core.results import FrameResult

GRACE_S: Final = 20.0
"""Without pictures for this long, a recording is closed; before, it goes on when they return."""
GRACE_ELSEWHERE_S: Final = 60.0
"""So long a recording waits that goes on at another server: somebody has to see first what happened."""
FRAMES_LOST_S: Final = 2.5


class Recording:
    """One recording, and the `LiveListener` that feeds it. Thread-safe."""

    def __init__(
        self,
        store: Store,
        recorder: Recorder,
        participant_id: int,
        choices: RecordingChoices,
        card: ModelCard,
        *,
        taken: TakenOver | None = None,
    ) -> None:
        """`start` and `go_on` make one."""
        self.session_id = recorder.session_id
        self.goes_on = taken is not None
        """Whether another server began it, and has ended since."""
        self.participant_id = participant_id
        self.choices = choices
        self.model_sha256 = card.network_sha256
        earlier = markers(store, recorder.session_id) if taken is not None else []
        self.markers = SessionMarkers(store, recorder.session_id, lambda: recorder.time_ms, earlier)
        self._store = store
        self._recorder = recorder
        self._neutral = NeutralFace(self._keep_baseline)
        self._lock = threading.Lock()  # for the next four
        now_s = time.monotonic()
        self._waits_from_s = now_s if taken is None else now_s + GRACE_ELSEWHERE_S - GRACE_S
        self._ended_s: float | None = None
        self._reason = ""
        self._highest_face = 0 if taken is None else taken.highest_face
        # The samples' zero: making the session may have waited for the database since.
        self._started_s = now_s - recorder.time_ms / 1000
        self._picture_at_s = now_s if taken is None else self._started_s + taken.last_ms / 1000
        self._stopping = threading.Lock()
        self._over = threading.Event()
        stored = session(store, self.session_id)
        self.uid, self._started_at = stored.uid, stored.started_at
        # A video that another server began ends where that ended.
        is_wanted = stored.video_file is not None and taken is None
        self._video = VideoTrack(store.videos / str(stored.video_file)) if is_wanted else None
        atexit.register(self.stop)  # a server that is asked to end, as by Ctrl-C, closes it properly
        start_watch(self._over, self._look, self._give_up)

    @classmethod
    def start(cls, store: Store, choices: RecordingChoices, card: ModelCard) -> Self:
        """Begin now: to be called when the person has agreed.

        Args:
            store: where to, and for whom; the recording then goes on by itself, in everybody's store.
            choices: what they agreed to.
            card: of the model that judges.

        Raises:
            StoreError: the session cannot be stored; nothing was begun.
        """
        now = datetime.now(UTC)
        with store.write() as connection:
            participant_id = find_or_add(connection, choices.participant)
        new = NewSession(
            participant_id=participant_id,
            title=choices.title,
            source="live",
            model_name=card.name,
            model_sha256=card.network_sha256,
            consent_at=now,
            consent_version=CONSENT_VERSION,
            rate_per_s=choices.rate_per_s,
            utc_offset_min=choices.utc_offset_min,
            video_file=f"{uuid.uuid4().hex}.mp4" if choices.with_video else None,
            video_consent_at=now if choices.with_video else None,
        )
        return cls(store.everybodys, Recorder.start(store, new), participant_id, choices, card)

    @classmethod
    def go_on(cls, store: Store, taken: TakenOver, card: ModelCard) -> Self:
        """Go on with a session that another process recorded until it died.

        Its neutral face is to be measured or chosen again, as the face has a new number. A video is not continued.

        Args:
            store: where the session is; the recording goes on in everybody's.
            taken: of `take_over`.
            card: of the model that judges from now on.

        Raises:
            StoreError: what is stored cannot be read.
        """
        stored, store = taken.session, store.everybodys
        since_s = max((datetime.now(UTC) - stored.started_at).total_seconds(), (taken.last_ms + 1) / 1000)
        recorder = Recorder(store, stored.id, started_s=time.monotonic() - since_s, rate_per_s=stored.rate_per_s)
        choices = RecordingChoices(
            stored.participant, stored.title, stored.rate_per_s, utc_offset_min=stored.utc_offset_min
        )
        return cls(store, recorder, stored.participant_id, choices, card, taken=taken)

    @property
    def highest_face(self) -> int:
        """The highest number of a face in it; 0 before the first."""
        with self._lock:
            return self._highest_face

    def on_result(self, result: FrameResult, card: ModelCard) -> None:
        """Keep a result; one of another model ends the recording, as a session belongs to one."""
        with self._lock:
            if self._ended_s is not None or self._reason:
                return
            if card.network_sha256 != self.model_sha256:
                self._reason = "The model was changed, which ended the recording: a session has one model."
                return
            numbers = (face.face.track_id or 0 for face in result.faces)
            self._highest_face = max(self._highest_face, *numbers, 0)
        self._neutral.see(result)
        self._recorder.add(result)

    def on_picture(self, shown_bgr: Callable[[], np.ndarray], at_s: float) -> None:
        """Note that the camera lives, and offer the picture to the video where one is wanted."""
        with self._lock:
            if self._ended_s is not None:
                return
            self._picture_at_s = at_s
        if self._video is not None:
            self._video.offer(shown_bgr, at_s - self._started_s)

    def progress(self) -> RecordingProgress | None:
        """How it goes, for the stage; None once it has ended."""
        view = self.view()
        if view.ended:
            return None
        return RecordingProgress(
            view.seconds, view.samples, self.choices.participant, self._video is not None, view.closes_in_s
        )

    def view(self) -> RecordingView:
        """How it goes, or went."""
        status = self._recorder.status
        video_problem = self._video.problem if self._video is not None else ""
        with self._lock:
            now_s = time.monotonic()
            ended_s, is_silent = self._ended_s, now_s - self._picture_at_s > FRAMES_LOST_S
            return RecordingView(
                seconds=max(0.0, (now_s if ended_s is None else ended_s) - self._started_s),
                samples=status.written,
                problem=" ".join(filter(None, (status.error, *_not_stored(status), video_problem))),
                closes_in_s=self._closes_in_s(now_s) if is_silent and ended_s is None else None,
                ended=self._over.is_set(),
                reason=self._reason,
            )

    def wait_anew(self) -> None:
        """Give the camera the whole time once more, as when its page was reloaded and has to start it again."""
        with self._lock:
            self._waits_from_s = max(self._waits_from_s, time.monotonic())

    def stop(self) -> RecordingView:
        """End it properly, once; a second call waits for the first."""
        self._close(time.monotonic())
        return self.view()

    def measure_baseline(self) -> None:
        """Begin a try: the participant relaxes the face, then the measuring runs; `baseline_view` tells."""
        self._neutral.measure(time.monotonic())

    def use_baseline(self, baseline: Baseline) -> None:
        """Take it off the participant's face from now on: the largest in view."""
        self._neutral.use(baseline)
        self._recorder.correct = self._neutral.correct

    def is_participant(self, face: int) -> None:
        """The face of that number is the participant's too, and gets the baseline taken off from now on."""
        self._neutral.is_participant(face)

    def baseline_view(self) -> BaselineView:
        """Where the baseline stands."""
        return self._neutral.view(time.monotonic())

    @property
    def _try(self) -> BaselineTry | None:
        return self._neutral.tried

    def _look(self, now_s: float) -> None:
        self._close_when_due(now_s)  # first, so that nothing else keeps it from that
        if self._neutral.judge(now_s):
            self._recorder.correct = self._neutral.correct
        self.markers.keep_open_range()

    def _give_up(self, now_s: float, error: Exception) -> None:
        words = str(error) or type(error).__name__
        self._end_because(f"An unexpected error ended the recording: {words}.")
        self._close(now_s)

    def _close_when_due(self, now_s: float) -> None:
        with self._lock:
            is_due, picture_at_s = self._closes_in_s(now_s) <= 0, self._picture_at_s
            is_over = bool(self._reason)
        if now_s - self._started_s >= MAX_RECORDING_S:
            self._end_because(f"A recording lasts at most {MAX_RECORDING_S / 3600:.0f} hours, so it ended.")
            self._close(self._started_s + MAX_RECORDING_S)
        elif is_due:
            self._end_because(f"No video came from the camera for {GRACE_S:.0f} s, so the recording ended.")
            self._close(picture_at_s)
        elif is_over or self._recorder.status.ended:
            self._close(now_s)

    def _end_because(self, reason: str) -> None:
        with self._lock:
            self._reason = self._reason or reason

    def _closes_in_s(self, now_s: float) -> float:
        """To be called with the lock held."""
        return max(0.0, GRACE_S - (now_s - max(self._picture_at_s, self._waits_from_s)))

    def _keep_baseline(self, baseline: Baseline, quality: float) -> None:
        # By the session's own clock: the time of day may have been set since it began.
        measured_at = self._started_at + timedelta(milliseconds=self._recorder.time_ms)
        add_baseline(
            self._store,
            records.StoredBaseline(
                self.participant_id,
                measured_at,
                dict(baseline.mean),
                baseline.samples,
                quality,
                self.model_sha256,
                self.session_id,
            ),
        )

    def _close(self, ended_s: float) -> None:
        """End it at that time, or where somebody marked something later; whatever fails, the rest is closed."""
        with self._stopping:
            if self._over.is_set():
                return
            ended_s = max(ended_s, self._started_s + self.markers.last_ms / 1000)
            with self._lock:
                self._ended_s = ended_s
            attempt(lambda: self.markers.close(round((ended_s - self._started_s) * 1000)), "An open marker stays open")
            # The video first: of a session that is still open, the next start makes a half one whole.
            attempt(self._close_video, "The video could not be closed")
            if self.goes_on:
                attempt(lambda: rescue_half_video(self._store, self.session_id), "Its half video stays as it is")
            attempt(lambda: self._recorder.close(ended_s=ended_s), "The session could not be closed")
            self._over.set()
            atexit.unregister(self.stop)

    def _close_video(self) -> None:
        if self._video is not None:
            self._video.close(discard=self._was_deleted())

    def _was_deleted(self) -> bool:
        try:
            session(self._store, self.session_id)
        except NoSuchRecordError:
            return True
        except StoreError:
            pass  # not known: kept, as it was asked for
        return False


def _not_stored(status: RecorderStatus) -> list[str]:
    """Sentences on the samples that the store did not take; none where all is well."""
    said = []
    if status.error and status.waiting:
        said.append(f"Waiting in memory, to be stored when that works again: {counted(status.waiting, 'sample')}.")
    if status.lost:
        said.append(f"{counted(status.lost, 'sample')} could not be stored.")
    return said
