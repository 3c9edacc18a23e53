"""Frames in, results out: detect or follow, track, crop, predict, smooth."""

import copy
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fer_core.errors import InputError
from fer_core.expressions.affect import valence_arousal
from fer_core.expressions.balance import rebalance
from fer_core.expressions.card_checks import is_count, is_number, is_share
from fer_core.expressions.model import EmotionModel
from fer_core.expressions.smoothing import ProbabilitySmoother, SmoothingSettings
from fer_core.faces.crops import crop_faces
from fer_core.faces.detector import FaceDetector, LooksNear
from fer_core.faces.follow import FaceFollower
from fer_core.faces.quality import QualityLimits, doubts_about, measure_quality
from fer_core.faces.tracker import FaceNumbers, FaceTracker
from fer_core.faces.turns import find_turned
from fer_core.frames import checked_frame, checked_time
from fer_core.limits import MAX_FACES
from fer_core.pipeline_memory import PipelineMemory
from fer_core.results import Doubt, Face, FaceEmotion, FrameResult, Level
from fer_core.stage_clock import StageClock


@dataclass(frozen=True)
class PipelineSettings:
    """What may change while the pipeline runs.

    Attributes:
        smoothing: see `SmoothingSettings`.
        unsure_below: replaces the model card's threshold where it is not None.
        limits: when a view is too poor to name an expression.
        detect_every: the detector looks at every n-th frame, the first one among them; optical flow carries the faces
            between. While a new face awaits its second detection, it looks at each.
        max_follow_s: but at least this often, however few frames come.
        whole_frame_every_s: where the detector can, it looks at the whole frame only this often, and between only
            where the known faces were (`LooksNear`): somebody new is seen so much later; 0 for always the whole frame.
        judge_every_s: an expression is judged again only when its last judgement is so old, and stands as it is
            between, while the face's place is always new; 0 for each frame.
        max_faces: the largest ones are analysed, and `FrameResult.faces_left_out` counts the others; None for all.
        max_faces_alone: the same for a video that turns out to have one frame; see `fer_core.files.analyse`.
        balance: how far emotions that were rare in training are favoured, 0 (not at all) to 1; see
            `fer_core.expressions.balance`. A model whose card does not say how rare they were answers as it is.
        try_turns: also look at the frame turned by a quarter, a half and three quarters, and take the turn that shows
            faces clearly better, as in a picture that lies on its side; see `fer_core.faces.turns`. For single
            pictures.
        mirrored: the frames are shown as a mirror does; faces that come together are numbered from left to right as
            they are shown.
    """

    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    unsure_below: float | None = None
    limits: QualityLimits = field(default_factory=QualityLimits)
    detect_every: int = 3
    max_follow_s: float = 0.25
    whole_frame_every_s: float = 0.0
    judge_every_s: float = 0.0
    max_faces: int | None = MAX_FACES
    max_faces_alone: int | None = None
    balance: float = 0.0
    try_turns: bool = False
    mirrored: bool = False

    def __post_init__(self) -> None:
        """Raise InputError, a `ValueError`, where a value would give wrong answers without a word."""
        for name, expected, is_right in (
            ("unsure_below", "None or a number from 0 to 1", self.unsure_below is None or is_share(self.unsure_below)),
            ("detect_every", "a whole number from 1", _is_positive(self.detect_every)),
            ("max_follow_s", "a number of seconds from 0", _is_time(self.max_follow_s)),
            ("whole_frame_every_s", "a number of seconds from 0", _is_time(self.whole_frame_every_s)),
            ("judge_every_s", "a number of seconds from 0", _is_time(self.judge_every_s)),
            ("max_faces", "None or a whole number from 1", self.max_faces is None or _is_positive(self.max_faces)),
            (
                "max_faces_alone",
                "None or a whole number from 1",
                self.max_faces_alone is None or _is_positive(self.max_faces_alone),
            ),
            ("balance", "a number from 0 to 1", is_share(self.balance)),
        ):
            if not is_right:
                raise InputError(f"{name}: expected {expected}, got {getattr(self, name)!r}. Change the setting.")


def _is_positive(value: Any) -> bool:
    return is_count(value) and value >= 1


def _is_time(value: Any) -> bool:
    return is_number(value) and value >= 0


STILL = PipelineSettings(smoothing=SmoothingSettings(time_constant_s=0), detect_every=1, max_faces=None, try_turns=True)
"""For a picture that is no frame of a video."""


class EmotionPipeline:
    """One viewer's or one file's analysis. Belongs to one thread; the model may be shared."""

    def __init__(
        self,
        detector: FaceDetector,
        model: EmotionModel,
        settings: PipelineSettings | None = None,
        *,
        min_hits: int = 2,
    ) -> None:
        """Put the parts together.

        Args:
            detector: of this pipeline alone.
            model: may serve other pipelines too.
            settings: may be replaced at any time through the attribute of the same name.
            min_hits: detections before a face is reported; 1 for single pictures.
        """
        self.detector = detector
        self.model = model
        self.settings = settings or PipelineSettings()
        self._tracker = FaceTracker(min_hits=min_hits)
        self._follower = FaceFollower()
        self._smoothers: dict[int, ProbabilitySmoother] = {}
        self._frames = 0
        self._detected_at_s = self._whole_frame_at_s = -np.inf
        self._located: list[Face] = []
        self._judged: dict[int, tuple[FaceEmotion, float]] = {}
        self._size_wh: tuple[int, int] | None = None

    @property
    def min_hits(self) -> int:
        """Detections before a face is reported. May be changed between frames, as looks lie close or far apart."""
        return self._tracker.min_hits

    @min_hits.setter
    def min_hits(self, count: int) -> None:
        self._tracker.min_hits = count

    @property
    def numbers(self) -> FaceNumbers:
        """Where new faces get their numbers from; may be replaced by those that other pipelines use too."""
        return self._tracker.numbers

    @numbers.setter
    def numbers(self, numbers: FaceNumbers) -> None:
        self._tracker.numbers = numbers

    def memory(self) -> PipelineMemory:
        """What it goes on from, where the detector looks at the next frame in any case: see `PipelineMemory`."""
        return PipelineMemory(self._frames, self._size_wh, self._tracker.memory(), copy.deepcopy(self._smoothers))

    def recall(self, memory: PipelineMemory) -> None:
        """Go on from there, in a fresh pipeline with the same settings."""
        self._frames, self._size_wh = memory.frames, memory.size_wh
        self._tracker.recall(memory.faces)
        self._smoothers = copy.deepcopy(dict(memory.smoothers))

    def process(self, frame_bgr: np.ndarray, captured_at_s: float) -> FrameResult:
        """Analyse one frame.

        Args:
            frame_bgr: uint8 (height, width, 3); not modified. The size may change from call to call.
            captured_at_s: its time in seconds, rising from call to call. Back in time counts as no time.

        Returns:
            The faces, largest first; none is an ordinary answer.

        Raises:
            InputError: the frame has another type or shape, or the time is no finite number; a `ValueError`. Nothing
                of it is remembered.
        """
        frame_bgr = checked_frame(frame_bgr)
        captured_at_s = checked_time(captured_at_s)
        clock = StageClock()
        settings = self._effective_settings()
        height, width = frame_bgr.shape[:2]
        self._allow_for_size(width, height)
        seen = self._locate(frame_bgr, captured_at_s, settings, clock)
        faces = seen[: settings.max_faces]
        judged = self._judge_faces(frame_bgr, faces, captured_at_s, settings, clock)
        return FrameResult(captured_at_s, (width, height), judged, clock.milliseconds(), len(seen) - len(faces))

    def _allow_for_size(self, width: int, height: int) -> None:
        """Where frames change their size, as when a phone is turned, faces are looked for where they would be now."""
        if self._size_wh is not None and self._size_wh != (width, height):
            self._tracker.resize(width / self._size_wh[0], height / self._size_wh[1])
            self._whole_frame_at_s = -np.inf
        self._size_wh = width, height

    def _effective_settings(self) -> PipelineSettings:
        settings = self.settings
        card = self.model.card
        threshold = card.unsure_below if settings.unsure_below is None else settings.unsure_below
        named_from = threshold if card.named_from is None else max(threshold, card.named_from)
        return replace(settings, smoothing=replace(settings.smoothing, unsure_below=threshold, named_from=named_from))

    def _locate(self, frame_bgr: np.ndarray, now_s: float, settings: PipelineSettings, clock: StageClock) -> list[Face]:
        """The faces with their numbers: followed from the last frame, or detected anew."""
        is_turn = self._frames % settings.detect_every == 0  # of the frame alone, not of how the last ones went
        self._frames += 1
        faces = None
        if not is_turn and now_s - self._detected_at_s < settings.max_follow_s and not self._tracker.has_unconfirmed:
            with clock.stage("follow"):
                faces = self._follower.follow(frame_bgr)
        detected = faces is None
        if faces is None:
            with clock.stage("detect"):
                faces = self._look(frame_bgr, now_s, settings)
            self._detected_at_s = now_s
            with clock.stage("follow"):
                self._follower.start(frame_bgr, faces)
        with clock.stage("track"):
            self._tracker.mirrored = settings.mirrored
            self._located = self._tracker.update(faces, frame_bgr, now_s, detected=detected)
        return self._located

    def _look(self, frame_bgr: np.ndarray, now_s: float, settings: PipelineSettings) -> list[Face]:
        """Ask the detector: about the known faces alone where that will do, else about the whole frame."""
        if (
            isinstance(self.detector, LooksNear)
            and now_s - self._whole_frame_at_s < settings.whole_frame_every_s
            and not self._tracker.has_unconfirmed
        ):
            known = self.detector.detect_near(frame_bgr, self._located)
            if known is not None:
                return known
        self._whole_frame_at_s = now_s
        faces = self.detector.detect(frame_bgr)
        return find_turned(self.detector, frame_bgr, faces) if settings.try_turns else faces

    def _judge_faces(
        self,
        frame_bgr: np.ndarray,
        faces: list[Face],
        now_s: float,
        settings: PipelineSettings,
        clock: StageClock,
    ) -> tuple[FaceEmotion, ...]:
        """What each face shows: judged now, or a moment ago where that will do."""
        recent = {
            number: emotion
            for number, (emotion, at_s) in self._judged.items()
            if 0 <= now_s - at_s < settings.judge_every_s
        }
        due = [face for face in faces if face.track_id not in recent]
        with clock.stage("crop"):
            tiles = crop_faces(frame_bgr, due)
        with clock.stage("predict"):
            rows = self.model.predict(tiles)
            priors = self.model.card.class_priors
            if settings.balance and priors is not None:
                rows = rebalance(rows, priors, settings.balance)
        with clock.stage("smooth"):
            fresh = iter([self._judge(*one, now_s, settings) for one in zip(due, tiles, rows, strict=True)])
            judged = tuple(
                replace(recent[face.track_id], face=face) if face.track_id in recent else next(fresh) for face in faces
            )
            for emotion in judged:
                if emotion.face.track_id is not None and emotion.face.track_id not in recent:
                    self._judged[emotion.face.track_id] = emotion, now_s
            self._forget(now_s)
        return judged

    def _judge(
        self, face: Face, tile: np.ndarray, row: np.ndarray, now_s: float, settings: PipelineSettings
    ) -> FaceEmotion:
        """One face's smoothed probabilities, its label and what speaks against it."""
        smoother = self._smoothers.setdefault(face.track_id or 0, ProbabilitySmoother())
        mean, index = smoother.update(row, now_s, settings.smoothing)
        labels = self.model.card.labels
        probabilities = dict(zip(labels, mean.tolist(), strict=True))
        confidence = float(mean[index])
        quality = measure_quality(face, tile)
        doubts = doubts_about(quality, settings.limits)
        level = smoother.level(confidence, settings.smoothing)
        if level is Level.UNSURE:
            doubts = (*doubts, Doubt.NOT_CONFIDENT)
        valence, arousal = valence_arousal(probabilities)
        return FaceEmotion(
            face=face,
            probabilities=probabilities,
            label=None if doubts else labels[index],
            confidence=confidence,
            valence=valence,
            arousal=arousal,
            quality=quality,
            doubts=doubts,
            level=Level.UNSURE if doubts else level,
        )

    def _forget(self, now_s: float) -> None:
        """Drop the smoothers of faces whose numbers will not come back."""
        self._smoothers = {i: s for i, s in self._smoothers.items() if now_s - s.updated_at_s <= 2.5}
        self._judged = {i: judged for i, judged in self._judged.items() if now_s - judged[1] <= 2.5}
