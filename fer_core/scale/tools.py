"""What a worker analyses with, sent to it once as bytes: no file of the model or the detector need be on its disk."""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2

from fer_core.expressions.card import ModelCard
from fer_core.expressions.model import EmotionModel, build_model
from fer_core.faces.blazeface import CONFIRMER, FINDER, BlazeFaceDetector, blazeface_folder
from fer_core.faces.detector import HaarDetector, YuNetDetector, yunet_path
from fer_core.faces.protocol import DetectorName, FaceDetector
from fer_core.files.timing import Sampling
from fer_core.paths import SHIPPED_MODELS
from fer_core.scale.part_run import Looker


@dataclass(frozen=True)
class Tools:
    """A model, a detector and how they are used.

    Attributes:
        card: the model's.
        network: its LiteRT file.
        model_folder: where both come from, for messages.
        detector: the face detector's name.
        detector_files: name to content of its files.
        sampling: which frames are looked at.
        max_faces: see `fer_core.files.analyse.pipeline_for`.
    """

    card: ModelCard
    network: bytes
    model_folder: Path
    detector: DetectorName
    detector_files: Mapping[str, bytes]
    sampling: Sampling
    max_faces: int | None

    def key(self) -> str:
        """Tells tools apart."""
        parts = [repr((self.card, self.detector, sorted(self.detector_files), self.sampling, self.max_faces)).encode()]
        parts += [self.network, *(self.detector_files[name] for name in sorted(self.detector_files))]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def pack(model: EmotionModel, detector: DetectorName, sampling: Sampling, max_faces: int | None) -> Tools:
    """Put the tools of this machine together.

    Raises:
        OSError: a file of the detector cannot be read.
    """
    files = {path.name: path.read_bytes() for path in _files(detector)}
    return Tools(model.card, model.tflite, model.folder, detector, files, sampling, max_faces)


def unpack(tools: Tools) -> Looker:
    """Make them ready. One core is enough for them: a task is given no more.

    Raises:
        ArtifactError: the network gives other answers on this machine.
        DetectorError: the detector cannot be used on this machine.
    """
    cv2.setNumThreads(1)
    model = build_model(tools.card, tools.network, tools.model_folder)
    return Looker(_detector(tools), model, tools.sampling, tools.max_faces)


def _files(detector: DetectorName) -> list[Path]:
    if detector == "blazeface":
        folder = blazeface_folder() or SHIPPED_MODELS
        return [folder / file.name for file in (FINDER, CONFIRMER)]
    path = yunet_path() if detector == "yunet" else None
    return [] if path is None else [path]


def _detector(tools: Tools) -> FaceDetector:
    if tools.detector == "haar":
        return HaarDetector()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in tools.detector_files.items():
            (folder / file).write_bytes(content)
        if tools.detector == "yunet":
            return YuNetDetector(next(folder.iterdir()))
        return BlazeFaceDetector(folder)


_READY: Final[dict[str, Looker]] = {}
"""Of this process: a worker keeps its model and its detector from film to film."""


def ready(key: str) -> Looker | None:
    """The tools of that key, if this process has them ready."""
    return _READY.get(key)


def keep(key: str, looker: Looker) -> Looker:
    """Have them ready from now on, instead of any others."""
    _READY.clear()
    _READY[key] = looker
    return looker
