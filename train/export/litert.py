"""From a Keras network to LiteRT, in 8 bits if that costs next to nothing."""

import io
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, Final

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from fer_core.emotions import EMOTIONS
from train.archive.reader import LabelledFaces
from train.errors import ConfigError
from train.networks.inputs import to_input

ALLOWED_LOSS: Final = 0.002
"""Accuracy that 8-bit weights may cost before the file keeps 32-bit ones: 0.2 points."""
_BATCH: Final = 64


@dataclass(frozen=True)
class LiteRtFile:
    """A converted network.

    Attributes:
        content: the file.
        weights: "int8" (activations quantised as they come: dynamic range) or "float32".
        accuracy_float32: of the Keras network on the faces that decided.
        accuracy_int8: of the 8-bit file on them.
    """

    content: bytes
    weights: str
    accuracy_float32: float
    accuracy_int8: float


def convert(model: keras.Model, faces: LabelledFaces) -> LiteRtFile:
    """Convert a float32 network and choose its weights' width by its accuracy on `faces`.

    Raises:
        ConfigError: Keras runs on another backend than TensorFlow, which makes LiteRT files.
    """
    small = to_litert(model, quantised=True)
    truth = faces.labels
    exact = np.asarray(model.predict(to_input(faces.pixels), batch_size=_BATCH, verbose=0))
    accuracy_float32 = float((_labels_of(exact).argmax(1) == truth).mean())
    accuracy_int8 = float((_labels_of(run_litert(small, to_input(faces.pixels))).argmax(1) == truth).mean())
    if accuracy_float32 - accuracy_int8 <= ALLOWED_LOSS:
        return LiteRtFile(small, "int8", accuracy_float32, accuracy_int8)
    return LiteRtFile(to_litert(model, quantised=False), "float32", accuracy_float32, accuracy_int8)


def to_litert(model: keras.Model, *, quantised: bool) -> bytes:
    """The file's bytes."""
    if keras.backend.backend() != "tensorflow":
        raise ConfigError(
            f"LiteRT files are made with TensorFlow, but Keras runs on {keras.backend.backend()}. "
            "Set KERAS_BACKEND=tensorflow and run: python -m train export"
        )
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if quantised:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    with redirect_stdout(io.StringIO()):  # TensorFlow prints the network's every weight
        converted: bytes = converter.convert()
    return converted


def run_litert(content: bytes, pixels: np.ndarray) -> np.ndarray:
    """What a LiteRT file answers, (n, k), to float32 pixels (n, 48, 48, 1), 0-255."""
    interpreter: Any = None
    answers = []
    for start in range(0, len(pixels), _BATCH):
        batch = pixels[start : start + _BATCH]
        if interpreter is None or len(batch) != _BATCH:
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], batch.shape)
            interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
        interpreter.invoke()
        answers.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    return np.concatenate(answers)


def _labels_of(answers: np.ndarray) -> np.ndarray:
    """The part that answers with labels, (n, 7), of all parts; see `fer_core.expressions.card.OUTPUTS`."""
    kinds = len(EMOTIONS)
    return answers if answers.shape[1] == kinds else answers[:, kinds : 2 * kinds]
