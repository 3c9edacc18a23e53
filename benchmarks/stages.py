"""Milliseconds per stage and per frame: our pipeline, and the route that tutorials take."""

import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np

from benchmarks.scene import frames
from benchmarks.table import p50_p95, print_table
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.faces.detector import DetectorName, build_detector, detectors_here
from fer_core.pipeline import EmotionPipeline

SIZES = ((640, 480), (1280, 720))
STAGES = ("detect", "follow", "track", "crop", "predict", "smooth")
COUNT = 150


def main() -> None:
    """Print the tables."""
    cv2.setNumThreads(1)
    model = load_model()
    rows = []
    for width, height in SIZES:
        for detector in detectors_here():
            rows.append([f"{width}x{height}", detector, *_pipeline_row(model, detector, width, height)])
        rows.append([f"{width}x{height}", "tutorials' route", *_tutorial_row(model.folder, width, height)])
    header = ["frame", "route", *(f"{stage}, ms" for stage in STAGES), "whole frame, ms"]
    print_table("Analysis of one face, p50 / p95 over frames; stages over the frames in which they ran", header, rows)
    _network(model)


def _pipeline_row(model: EmotionModel, detector: DetectorName, width: int, height: int) -> list[str]:
    pipeline = EmotionPipeline(build_detector(detector), model)
    per_stage: dict[str, list[float]] = {stage: [] for stage in STAGES}
    whole = []
    for i, frame in enumerate(frames(width=width, height=height, count=COUNT)):
        started = time.perf_counter()
        result = pipeline.process(frame, i / 30)
        if i < 10:  # warm caches
            continue
        whole.append((time.perf_counter() - started) * 1000)
        for stage, milliseconds in result.latency_ms.items():
            per_stage[stage].append(milliseconds)
    return [p50_p95(per_stage[stage], 2) for stage in STAGES] + [p50_p95(whole)]


def _tutorial_row(model_folder: Path, width: int, height: int) -> list[str]:
    """Haar on the full frame, then `model.predict` for each face, on the same network."""
    import keras

    model = keras.saving.load_model(model_folder / "model.keras")
    cascade = cv2.CascadeClassifier(
        str(Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml")  # type: ignore[attr-defined]
    )
    detect, predict, whole = [], [], []
    for i, frame in enumerate(frames(width=width, height=height, count=40)):
        started = time.perf_counter()
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        boxes = cascade.detectMultiScale(grey, 1.3, 5)
        found = time.perf_counter()
        for x, y, w, h in boxes:
            face = cv2.resize(grey[y : y + h, x : x + w], (48, 48)).astype(np.float32)
            model.predict(face[None, ..., None], verbose=0)
        done = time.perf_counter()
        if i >= 5:
            detect.append((found - started) * 1000)
            predict.append((done - found) * 1000)
            whole.append((done - started) * 1000)
    return [p50_p95(detect, 2), "–", "–", "–", p50_p95(predict, 2), "–", p50_p95(whole)]


def _network(model: EmotionModel) -> None:
    rows = []
    for count in (1, 4, 8):
        faces = np.random.default_rng(0).integers(0, 256, (count, 48, 48, 1), np.uint8)
        times = []
        for _ in range(200):
            started = time.perf_counter()
            model.predict(faces)
            times.append((time.perf_counter() - started) * 1000 / count)
        rows.append([count, p50_p95(times[20:], 2)])
    print_table(
        "The shipped network (LiteRT, int8, one thread)", ["faces in the batch", "ms per face, p50 / p95"], rows
    )


if __name__ == "__main__":
    main()
