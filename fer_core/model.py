"""Emotion models for live use: load, check, predict. LiteRT only; TensorFlow is never imported here."""

import hashlib
import threading
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.card import CARD_FILE, ModelCard, read_card
from fer_core.crops import CROP_GEOMETRY, TILE
from fer_core.emotions import EMOTIONS
from fer_core.errors import ArtifactError
from fer_core.frames import checked_tiles
from fer_core.paths import model_folders

TFLITE_FILE: Final = "model.tflite"
KERAS_FILE: Final = "model.keras"
MAX_BATCH: Final = 32
"""Faces that the network sees at once."""
REMEDY: Final = "Restore the folder from the repository, or export the model again with: python -m train export."


class EmotionModel:
    """A network with its card, warm and ready.

    One instance serves several threads: a lock is held while the network runs, which takes about a millisecond.
    """

    def __init__(self, card: ModelCard, tflite: bytes, folder: Path) -> None:
        """Use `load_model`, which checks the folder first."""
        self.card = card
        self.folder = folder
        self._tflite = tflite
        self._lock = threading.Lock()
        # Resizing a LiteRT graph plans it anew, so there is one interpreter per batch size, made when it is needed.
        self._interpreters: dict[int, Any] = {}
        for size in (1, 2):
            self._run(np.zeros((size, TILE, TILE, 1), np.uint8))

    def predict(self, faces_u8: np.ndarray) -> np.ndarray:
        """Probabilities for a batch of faces, calibrated by the card's temperature.

        Args:
            faces_u8: uint8 (n, 48, 48, 1), grey values 0-255, cropped by `fer_core.crops`.

        Returns:
            float32 (n, 7), rows sum to 1, in the order of `card.labels`.

        Raises:
            InputError: another shape or dtype; a `ValueError`.
        """
        faces_u8 = checked_tiles(faces_u8, TILE)
        if len(faces_u8) == 0:
            return np.empty((0, len(self.card.labels)), np.float32)
        # A network is kept for each batch size: a crowd in large batches would only cost memory.
        batches = [self._answer(faces_u8[i : i + MAX_BATCH]) for i in range(0, len(faces_u8), MAX_BATCH)]
        return _apply_temperature(np.concatenate(batches), self.card.temperature)

    def _answer(self, faces_u8: np.ndarray) -> np.ndarray:
        """What the model says before the temperature, float32 (n, 7)."""
        if not self.card.mirror_average:
            return self._run(faces_u8)
        straight, mirrored = np.split(self._run(np.concatenate([faces_u8, faces_u8[:, :, ::-1]])), 2)
        mean: np.ndarray = (straight + mirrored) / 2
        return mean

    def _run(self, faces_u8: np.ndarray) -> np.ndarray:
        """The network's own output, float32 (n, 7)."""
        count = len(faces_u8)
        size = 1 << (count - 1).bit_length()  # 3 faces run as a batch of 4
        batch = np.zeros((size, TILE, TILE, 1), np.float32)
        batch[:count] = faces_u8
        with self._lock:
            interpreter = self._interpreters.get(size)
            if interpreter is None:
                interpreter = self._interpreters[size] = _interpreter(self._tflite, batch.shape)
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
            interpreter.invoke()
            output: np.ndarray = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return output[:count]


def load_model(name_or_path: str | Path = "default") -> EmotionModel:
    """Load a model by the name of its folder, or by the folder's path, and check it.

    Raises:
        ArtifactError: there is none, or a file is missing, altered or gives other answers than when it was saved.
    """
    folder = find_model(name_or_path)
    card = read_card(folder)
    _check_meaning(folder, card)
    tflite = _checked_bytes(folder, card)
    try:
        model = EmotionModel(card, tflite, folder)
        _check_golden(model)
    except (RuntimeError, ValueError) as error:
        expected = "a LiteRT network and a golden sample that fits it"
        raise ArtifactError(folder, expected=expected, found=str(error), remedy=REMEDY) from error
    return model


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model: a path as it is, a name below the user's models, then below the shipped ones."""
    path = Path(name_or_path)
    if path.is_dir() or len(path.parts) > 1:
        return path
    for models in model_folders():
        if (models / path).is_dir():
            return models / path
    known = ", ".join(sorted(list_models())) or "none"
    raise ArtifactError(
        path, expected="a model's name or folder", found=f"no such model (there are: {known})", remedy="Choose another."
    )


def list_models() -> dict[str, ModelCard]:
    """Name to card of all models whose card can be read, the user's own hiding shipped ones of the same name."""
    cards: dict[str, ModelCard] = {}
    for models in model_folders():
        for card_path in sorted(models.glob(f"*/{CARD_FILE}")):
            try:
                cards.setdefault(card_path.parent.name, read_card(card_path.parent))
            except ArtifactError:
                continue  # `load_model` by name says what is wrong with it
    return cards


def file_sha256(path: Path) -> str:
    """Hex digest of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _interpreter(tflite: bytes, shape: tuple[int, ...]) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_content=tflite, num_threads=1)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], shape)
    interpreter.allocate_tensors()
    return interpreter


def _apply_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Softmax of logits / T, from probabilities: p^(1/T), normalised; exact, as a softmax forgets only a constant."""
    powered = np.clip(probabilities, 1e-9, 1).astype(np.float32) ** np.float32(1 / temperature)
    calibrated: np.ndarray = powered / powered.sum(axis=1, keepdims=True)
    return calibrated


def _check_meaning(folder: Path, card: ModelCard) -> None:
    unknown = [label for label in card.labels if label not in EMOTIONS]
    if unknown or len(set(card.labels)) != len(EMOTIONS):
        raise ArtifactError(folder, expected=f"labels {EMOTIONS}", found=str(card.labels), remedy=REMEDY)
    if not isinstance(card.temperature, int | float) or not 0 < card.temperature < 100:
        raise ArtifactError(folder, expected="a temperature above 0", found=repr(card.temperature), remedy=REMEDY)
    if card.crop_geometry != CROP_GEOMETRY:
        raise ArtifactError(
            folder, expected=f"crop geometry {CROP_GEOMETRY}", found=card.crop_geometry,
            remedy="Train the model again with this version.",
        )  # fmt: skip


def _checked_bytes(folder: Path, card: ModelCard) -> bytes:
    """The network's bytes, after every file named in the card was compared with its sha256."""
    for name, expected in card.sha256.items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(folder, expected=name, found="no such file", remedy=REMEDY)
        found = file_sha256(path)
        if found != expected:
            raise ArtifactError(
                folder, expected=f"{name} with sha256 starting {expected[:16]}", found=found[:16], remedy=REMEDY
            )
    if TFLITE_FILE not in card.sha256:
        raise ArtifactError(folder, expected=f"{TFLITE_FILE} in the card", found="not listed", remedy=REMEDY)
    return (folder / TFLITE_FILE).read_bytes()


def _check_golden(model: EmotionModel) -> None:
    golden = model.card.golden
    found = model._answer(golden.faces())[0]
    if found.shape != (len(golden.probabilities),) or np.abs(found - golden.probabilities).max() > golden.tolerance:
        raise ArtifactError(
            model.folder,
            expected=f"{golden.probabilities} for the golden sample",
            found=str(np.round(found, 5).tolist()),
            remedy=REMEDY,
        )
