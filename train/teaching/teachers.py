"""Teachers: saved networks whose softened answers a student learns from (Hinton et al., 2015, arXiv:1503.02531).

A teacher answers for the very view that the student gets, augmentation included ("consistent and patient": Beyer et
al., 2022, arXiv:2106.05237). Its batch normalisation runs as at inference, and it may be of any architecture.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import keras
import numpy as np

from train.archive.reader import LabelledFaces
from train.networks.build import label_network, load_trained
from train.networks.inputs import to_input
from train.networks.precision import with_precision
from train.networks.predict import quick_predictor

_SMALLEST: Final = 1e-7
_BATCH: Final = 256


class Teachers:
    """Several networks that answer as one."""

    def __init__(self, networks: Sequence[keras.Model], *, temperature: float) -> None:
        """Put them together.

        Args:
            networks: as `load_teachers` gives them.
            temperature: that softens each answer before the mean is taken.
        """
        self._predictors = [quick_predictor(network) for network in networks]
        self._temperature = temperature

    def answers(self, pixels: np.ndarray) -> np.ndarray:
        """Mean softened probabilities, float32 (n, 7), for float32 pixels (n, 48, 48, 1), 0-255."""
        return mean_softened(log_answers(self._predictors, pixels), self._temperature)


def load_teachers(folders: Sequence[Path], precision: str) -> list[keras.Model]:
    """The networks of model folders and of run folders (their best weights), to compute in `precision`.

    Raises:
        ConfigError: a folder has no weights, or a network of other inputs or outputs.
        ArtifactError: a model folder is missing or damaged.
    """
    return [with_precision(label_network(load_trained(folder)), precision) for folder in folders]


def log_answers(predictors: Sequence[Callable[[np.ndarray], np.ndarray]], pixels: np.ndarray) -> np.ndarray:
    """Each teacher's log-probabilities, float32 (teachers, n, 7), for float32 pixels (n, 48, 48, 1), 0-255.

    `predictors` are those of `train.networks.predict.quick_predictor`.
    """
    answers = [predict(pixels) for predict in predictors]
    logs: np.ndarray = np.log(np.maximum(np.stack(answers), _SMALLEST))
    return logs


def mean_softened(logs: np.ndarray, temperature: float) -> np.ndarray:
    """The mean over teachers of softmax(log p / temperature): (teachers, n, 7) to float32 (n, 7)."""
    scaled = logs.astype(np.float32) / temperature
    raised = np.exp(scaled - scaled.max(-1, keepdims=True))
    mean: np.ndarray = (raised / raised.sum(-1, keepdims=True)).mean(0).astype(np.float32)
    return mean


def accuracies(networks: Sequence[keras.Model], faces: LabelledFaces) -> list[float]:
    """The share of `faces` that each network names as they are labelled, 0-1, and last that of their mean answer."""
    starts = range(0, len(faces), _BATCH)
    predictors = [quick_predictor(network) for network in networks]
    logs = np.concatenate([log_answers(predictors, to_input(faces.pixels[i : i + _BATCH])) for i in starts], axis=1)
    answers = [*logs, mean_softened(logs, temperature=1.0)]
    return [float((answer.argmax(-1) == faces.labels).mean()) for answer in answers]
