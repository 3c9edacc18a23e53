"""Pipelines for the app: the networks are loaded once per process, each viewer gets its own detector and tracker."""

import gc
import threading
from pathlib import Path

import cv2

from app.server import kept
from fer_core.expressions.card import CARD_FILE
from fer_core.expressions.model import EmotionModel, find_model, load_model
from fer_core.faces.detector import DetectorName, build_detector
from fer_core.pipeline import EmotionPipeline, PipelineSettings

_lock = kept(f"{__name__}.lock", threading.Lock)
_models: dict[tuple[str, int], EmotionModel] = kept(f"{__name__}.models", dict)


def shared_model(name: str) -> EmotionModel:
    """The model of that name, loaded at the first call and again when its card has changed on disk.

    Raises:
        ArtifactError: it is missing or damaged.
    """
    stamp = _changed_at_ns(find_model(name) / CARD_FILE)
    with _lock:
        model = _models.get((name, stamp))
    if model is not None:
        return model
    # One lock for each name: a new model may have to be tried first, and nobody else shall wait for that.
    with kept(f"{__name__}.loading {name}", threading.Lock):
        return _models.get((name, stamp)) or _load(name, stamp)


def _load(name: str, stamp: int) -> EmotionModel:
    # Several viewers share the cores; OpenCV's own threads would only fight over them.
    cv2.setNumThreads(1)
    model = load_model(name)
    with _lock:
        for key in [key for key in _models if key[0] == name]:
            del _models[key]
        _models[name, stamp] = model
    _keep_out_of_collections()
    return model


def _keep_out_of_collections() -> None:
    """What is loaded now stays. Once: later, what ended viewers left in circles would stay, too."""
    kept(f"{__name__}.frozen", _freeze)


def _freeze() -> bool:
    gc.freeze()
    return True


def _changed_at_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # `load_model` says what is wrong with it
        return 0


def make_pipeline(
    detector: DetectorName | None, model: str, *, settings: PipelineSettings | None = None, min_hits: int = 2
) -> EmotionPipeline:
    """A pipeline for one viewer, or with `min_hits=1` for one picture.

    Raises:
        ArtifactError: the model is missing or damaged.
        DetectorError: the detector cannot be used.
    """
    return EmotionPipeline(build_detector(detector), shared_model(model), settings, min_hits=min_hits)
