"""Small factories and stand-ins shared by the tests: results, frames, and parts with the interface of the real ones."""

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from fer_core.emotions import EMOTIONS
from fer_core.expressions.card import GoldenSample, ModelCard
from fer_core.expressions.model import EmotionModel
from fer_core.faces.blazeface import CONFIRMER, FINDER
from fer_core.faces.crops import CROP_GEOMETRY, LANDMARKS_IN_TILE
from fer_core.faces.detector import DetectorName
from fer_core.paths import SHIPPED_MODELS
from fer_core.pipeline import EmotionPipeline, PipelineSettings
from fer_core.results import Doubt, Face, FaceEmotion, FaceQuality, FrameResult, Level

Box = tuple[float, float, float, float]


def make_face(xyxy: Box = (200, 120, 320, 240), *, landmarks: bool = False, track_id: int | None = None) -> Face:
    """A face in that box; with `landmarks`, frontal ones whose tile is the box."""
    points = None
    if landmarks:
        sides = (xyxy[2] - xyxy[0], xyxy[3] - xyxy[1])
        points = (LANDMARKS_IN_TILE * sides + xyxy[:2]).astype(np.float32)
    return Face(xyxy, 0.9, points, track_id)


def make_probabilities(emotion: str = "happy", share: float = 0.88) -> dict[str, float]:
    """That share for one emotion, the rest evenly for the others."""
    rest = (1 - share) / (len(EMOTIONS) - 1)
    return {name: share if name == emotion else rest for name in EMOTIONS}


def make_emotion(
    emotion: str = "happy",
    *,
    share: float = 0.88,
    face: Face | None = None,
    doubts: tuple[Doubt, ...] = (),
    valence: float = 0.5,
    level: Level = Level.NAMED,
) -> FaceEmotion:
    """A judged face; with doubts its label is withheld."""
    return FaceEmotion(
        face=face or make_face(track_id=1),
        probabilities=make_probabilities(emotion, share),
        label=None if doubts else emotion,
        confidence=share,
        valence=valence,
        arousal=0.2,
        quality=FaceQuality(size_px=120, light=120, sharpness=0.5),
        doubts=doubts,
        level=Level.UNSURE if doubts else level,
    )


def make_result(*emotions: FaceEmotion, at_s: float = 0.0, resolution_wh: tuple[int, int] = (640, 480)) -> FrameResult:
    """A frame's result; without faces an empty one."""
    return FrameResult(at_s, resolution_wh, emotions, {"detect": 4.0})


def textured_frame(width: int = 640, height: int = 480, *, seed: int = 0) -> np.ndarray:
    """Soft colourful blotches, uint8 (height, width, 3): something that optical flow can hold on to."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 255, (max(2, height // 12), max(2, width // 12), 3), np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def make_card(*, unsure_below: float = 0.4, temperature: float = 1.0, named_from: float | None = None) -> ModelCard:
    """A card of a network that does not exist."""
    return ModelCard(
        name="fake",
        architecture="none",
        labels=EMOTIONS,
        input_shape=(48, 48, 1),
        crop_geometry=CROP_GEOMETRY,
        temperature=temperature,
        unsure_below=unsure_below,
        sha256={"model.tflite": "0" * 64},
        golden=GoldenSample("", ()),
        parameters=0,
        created="2026-01-01",
        named_from=named_from,
    )


class FakeDetector:
    """A `FaceDetector` that finds what it is told: always the same faces, or whatever `find` makes of the frame."""

    name: DetectorName = "haar"

    def __init__(self, find: Sequence[Face] | Callable[[np.ndarray], list[Face]] = ()) -> None:
        self._find = find
        self.calls = 0

    def detect(self, frame_bgr: np.ndarray) -> list[Face]:
        self.calls += 1
        return self._find(frame_bgr) if callable(self._find) else list(self._find)


class FakeModel:
    """Answers like an `EmotionModel`: `row` for each face, which a test may replace between frames."""

    def __init__(self, probabilities: dict[str, float] | None = None, *, unsure_below: float = 0.4) -> None:
        self.card = make_card(unsure_below=unsure_below)
        self.probabilities = probabilities or make_probabilities()
        self.batches: list[np.ndarray] = []

    def predict(self, faces_u8: np.ndarray) -> np.ndarray:
        self.batches.append(faces_u8)
        row = np.array([self.probabilities[label] for label in self.card.labels], np.float32)
        return np.tile(row, (len(faces_u8), 1))


def fake_pipeline(
    detector: FakeDetector,
    model: FakeModel | None = None,
    settings: PipelineSettings | None = None,
    *,
    min_hits: int = 1,
) -> EmotionPipeline:
    """A real pipeline of stand-ins."""
    return EmotionPipeline(detector, cast(EmotionModel, model or FakeModel()), settings, min_hits=min_hits)


def without_detector_files(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Haar is alone: `folder`, which is empty or not there, takes the place of the shipped models for detectors."""
    monkeypatch.delenv("FER_YUNET", raising=False)
    for module in ("detector", "blazeface", "fetch"):
        monkeypatch.setattr(f"fer_core.faces.{module}.SHIPPED_MODELS", folder)


def blazeface_files() -> Path:
    """The folder of BlazeFace's files; the test is skipped where there is none."""
    if not all((SHIPPED_MODELS / file.name).is_file() for file in (FINDER, CONFIRMER)):
        pytest.skip("no BlazeFace files; run: python -m fer_core fetch-detector")
    return SHIPPED_MODELS


def yunet_file() -> Path:
    """YuNet's file; the test is skipped where there is none."""
    chosen = os.environ.get("FER_YUNET")
    if not chosen or not Path(chosen).is_file():
        pytest.skip("no YuNet file; set FER_YUNET or run: python -m fer_core fetch-detector")
    return Path(chosen)


def fer2013_tiles(data: Path, count: int) -> np.ndarray:
    """The first images of FER2013's validation split (PublicTest), uint8 (count, 48, 48)."""
    sheet = cv2.imread(str(data / "fer2013" / "public_test.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    rows, columns = sheet.shape[0] // 48, sheet.shape[1] // 48
    tiles: np.ndarray = sheet.reshape(rows, 48, columns, 48).swapaxes(1, 2).reshape(-1, 48, 48)[:count]
    return tiles


def wait_until(condition: Callable[[], bool], *, timeout_s: float = 10.0, every_s: float = 0.005) -> None:
    """Return as soon as the condition holds; fail after the time-out."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it did not happen in time"
        time.sleep(every_s)
