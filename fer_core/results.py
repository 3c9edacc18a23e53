"""The result types that detector, tracker, pipeline, pages and files exchange."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np


class Doubt(StrEnum):
    """Why a face's label is withheld, in the order in which they are reported."""

    TOO_SMALL = "too small"
    TOO_DARK = "too dark"
    BLURRED = "blurred"
    TURNED_AWAY = "turned away"
    NOT_CONFIDENT = "not confident"


class Level(StrEnum):
    """How far a face's label can be trusted, from most to least."""

    NAMED = "named"
    LEANING = "leaning"
    UNSURE = "unsure"


def label_words(label: str | None, level: Level) -> str:
    """How a label is told: "sad", "probably sad" where the face is only leaning to it, "unsure" without one."""
    if label is None:
        return Level.UNSURE.value
    return f"probably {label}" if level is Level.LEANING else label


@dataclass(frozen=True)
class Face:
    """A face in one frame.

    Attributes:
        xyxy: left, top, right, bottom in pixels of the frame; may reach beyond its border.
        score: the detector's confidence, 0-1.
        landmarks: float32 (5, 2) or (4, 2) in pixels: the eye at the picture's left, the eye at its right, nose tip,
            then the mouth's corner at the picture's left and the one at its right (YuNet), or the mouth's middle
            (BlazeFace); None where the detector gives none.
        track_id: the same number for the same face from frame to frame; None before tracking.
        quarter_turns: how often the frame is to be turned a quarter clockwise for the face to stand upright, 0-3. Found
            by trying, in single pictures; 0 for a face that is only tilted.
        velocity: of the centre, (x, y) in pixels of the frame per second, exactly 0 at rest; None where a face has no
            past, as in its first frame.
    """

    xyxy: tuple[float, float, float, float]
    score: float
    landmarks: np.ndarray | None = None
    track_id: int | None = None
    quarter_turns: int = 0
    velocity: tuple[float, float] | None = None

    @property
    def width(self) -> float:
        """Of the box, in pixels of the frame."""
        return self.xyxy[2] - self.xyxy[0]

    @property
    def height(self) -> float:
        """Of the box, in pixels of the frame."""
        return self.xyxy[3] - self.xyxy[1]

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box as (x, y), in pixels of the frame."""
        return (self.xyxy[0] + self.xyxy[2]) / 2, (self.xyxy[1] + self.xyxy[3]) / 2


@dataclass(frozen=True)
class FaceQuality:
    """Measures of a view of a face that say how far its label can be trusted.

    Attributes:
        size_px: the shorter side of the face's box, in pixels of the frame.
        light: mean grey value of the crop, 0-255.
        sharpness: standard deviation of the Laplacian over that of the grey values; low when blurred.
        turn: how far the nose lies off the middle of the eyes, in eye distances: 0 frontal, above about 0.35 turned
            away; None without landmarks.
    """

    size_px: float
    light: float
    sharpness: float
    turn: float | None = None


@dataclass(frozen=True)
class FaceEmotion:
    """What one face shows.

    Attributes:
        face: where it is.
        probabilities: emotion to probability, summing to 1, in the model's label order; smoothed over time.
        label: the most probable emotion after hysteresis, named outright or as leaning; None when unsure.
        confidence: the probability of that emotion (of the most probable one when unsure), 0-1.
        valence: unpleasant to pleasant, -1 to 1, derived from the probabilities (see fer_core.expressions.affect).
        arousal: calm to excited, -1 to 1, likewise.
        quality: measured on this frame's crop.
        doubts: why the label is withheld; empty when it is not.
        level: how far the label can be trusted; `Level.UNSURE` exactly where there is no label.
    """

    face: Face
    probabilities: dict[str, float]
    label: str | None
    confidence: float
    valence: float
    arousal: float
    quality: FaceQuality
    doubts: tuple[Doubt, ...] = ()
    level: Level = Level.NAMED


@dataclass(frozen=True)
class FrameResult:
    """What one frame shows; a frame without faces is an ordinary result.

    Attributes:
        captured_at_s: the frame's time in seconds, on the clock of whoever fed the pipeline.
        resolution_wh: width and height in pixels.
        faces: largest first.
        latency_ms: milliseconds per stage ("detect", "crop", "predict", ...).
        faces_left_out: how many smaller faces were found but not analysed, because of the limit.
    """

    captured_at_s: float
    resolution_wh: tuple[int, int]
    faces: tuple[FaceEmotion, ...] = ()
    latency_ms: dict[str, float] = field(default_factory=dict)
    faces_left_out: int = 0
