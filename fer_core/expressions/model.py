"""Emotion models for live use: load, check, predict. LiteRT only; TensorFlow is never imported here."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import numpy as np

from fer_core.errors import ArtifactError
from fer_core.expressions.card import CARD_FILE, KERAS_FILE, OUTPUTS, REMEDY, TFLITE_FILE, ModelCard, usable_card
from fer_core.expressions.model_files import checked_network, file_sha256, has_printable_name
from fer_core.expressions.vetting import check_network
from fer_core.faces.crops import TILE
from fer_core.frames import checked_tiles
from fer_core.paths import model_folders

__all__ = [
    "KERAS_FILE",
    "TFLITE_FILE",
    "EmotionModel",
    "file_sha256",
    "find_model",
    "list_models",
    "load_model",
]

MAX_BATCH: Final = 32
"""Faces that the network sees at once."""


class EmotionModel:
    """A network with its card, warm and ready.

    One instance serves several threads: a lock is held while the network runs, which takes about a millisecond.
    """

    def __init__(self, card: ModelCard, tflite: bytes, folder: Path) -> None:
        """Use `load_model`, which checks the folder first.

        Raises:
            ValueError: the network's columns are not those that the card names.
        """
        self.card = card
        self.folder = folder
        self.tflite = tflite
        self._lock = threading.Lock()
        # Resizing a LiteRT graph plans it anew, so there is one interpreter per batch size, made when it is needed.
        self._interpreters: dict[int, Any] = {}
        ends = list(np.cumsum(OUTPUTS[card.outputs]))
        self._columns = {
            part: slice(end - width, end)
            for part, end, width in zip(card.outputs, ends, OUTPUTS[card.outputs], strict=True)
        }
        for size in (1, 2):
            found = self._run(np.zeros((size, TILE, TILE, 1), np.uint8))
        if found.shape[1] != ends[-1]:
            raise ValueError(f"{found.shape[1]} columns for the outputs {', '.join(card.outputs)}")

    def predict(self, faces_u8: np.ndarray) -> np.ndarray:
        """Probabilities for a batch of faces, calibrated by the card's temperature.

        Args:
            faces_u8: uint8 (n, 48, 48, 1), grey values 0-255, cropped by `fer_core.faces.crops`.

        Returns:
            float32 (n, 7), rows sum to 1, in the order of `card.labels`.

        Raises:
            InputError: another shape or dtype; a `ValueError`.
        """
        return _apply_temperature(self._part("answer", faces_u8), self.card.temperature)

    def predict_labels(self, faces_u8: np.ndarray) -> np.ndarray:
        """What the archive's labels would be: the yardstick of papers on FER2013, not what people see.

        A model that learnt from labels alone answers as `predict` does.

        Args:
            faces_u8: as for `predict`.

        Returns:
            float32 (n, 7), rows sum to 1, in the order of `card.labels`; calibrated against labels.

        Raises:
            InputError: another shape or dtype; a `ValueError`.
        """
        if "labels" not in self._columns:
            return self.predict(faces_u8)
        return _apply_temperature(self._part("labels", faces_u8), self.card.label_temperature)

    def predict_votes(self, faces_u8: np.ndarray) -> np.ndarray | None:
        """The shares of ten people's answers, before any temperature; see `fer_core.expressions.card.OUTPUTS`.

        Args:
            faces_u8: as for `predict`.

        Returns:
            float32 (n, 10), rows sum to 1; None where the model has not learnt from votes.

        Raises:
            InputError: another shape or dtype; a `ValueError`.
        """
        return self._part("votes", faces_u8) if "votes" in self._columns else None

    def _part(self, name: str, faces_u8: np.ndarray) -> np.ndarray:
        """One part of the output, float32 (n, k), for checked faces in batches."""
        faces_u8 = checked_tiles(faces_u8, TILE)
        columns = self._columns[name]
        if len(faces_u8) == 0:
            return np.empty((0, columns.stop - columns.start), np.float32)
        # A network is kept for each batch size: a crowd in large batches would only cost memory.
        batches = [self._answer(faces_u8[i : i + MAX_BATCH]) for i in range(0, len(faces_u8), MAX_BATCH)]
        return np.concatenate(batches)[:, columns]

    def predict_raw(self, faces_u8: np.ndarray) -> np.ndarray:
        """Probabilities before the card's temperature is applied, as the golden sample of the card states them.

        Args:
            faces_u8: uint8 (n, 48, 48, 1) with n from 1 to `MAX_BATCH`; not checked.

        Returns:
            float32 (n, 7), rows sum to 1, in the order of `card.labels`.
        """
        return self._answer(faces_u8)[:, : len(self.card.labels)]

    def _answer(self, faces_u8: np.ndarray) -> np.ndarray:
        """All parts of the output, float32 (n, k), for up to `MAX_BATCH` faces."""
        if not self.card.mirror_average:
            return self._run(faces_u8)
        straight, mirrored = np.split(self._run(np.concatenate([faces_u8, faces_u8[:, :, ::-1]])), 2)
        mean: np.ndarray = (straight + mirrored) / 2
        return mean

    def _run(self, faces_u8: np.ndarray) -> np.ndarray:
        """The network's own output, float32 (n, k)."""
        count = len(faces_u8)
        size = 1 << (count - 1).bit_length()  # 3 faces run as a batch of 4
        batch = np.zeros((size, TILE, TILE, 1), np.float32)
        batch[:count] = faces_u8
        with self._lock:
            interpreter = self._interpreters.get(size)
            if interpreter is None:
                interpreter = self._interpreters[size] = _interpreter(self.tflite, batch.shape)
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], batch)
            interpreter.invoke()
            output: np.ndarray = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        return output[:count]


def load_model(name_or_path: str | Path = "default") -> EmotionModel:
    """Load a model by the name of its folder, or by the folder's path, and check it.

    A network that was never loaded here before is tried in a child process first, see `fer_core.expressions.vetting`.

    Raises:
        ArtifactError: there is none, or a file is missing, altered or gives other answers than when it was saved.
    """
    folder = find_model(name_or_path)
    card = usable_card(folder)
    network = checked_network(folder, card)
    check_network(network, folder)
    return build_model(card, network, folder)


def build_model(card: ModelCard, network: bytes, folder: Path) -> EmotionModel:
    """The same from memory, as another machine has checked and sent it.

    Args:
        card: the model's.
        network: its LiteRT file.
        folder: where both come from, for messages.

    Raises:
        ArtifactError: the network gives other answers here than when it was saved.
    """
    try:
        model = EmotionModel(card, network, folder)
        _check_golden(model)
    except (RuntimeError, ValueError, MemoryError) as error:
        expected = "a LiteRT network and a golden sample that fits it"
        raise ArtifactError(folder, expected=expected, found=str(error) or "no memory", remedy=REMEDY) from error
    return model


def find_model(name_or_path: str | Path) -> Path:
    """The folder of a model: a path as it is, a name below the user's models, then below the shipped ones."""
    path = Path(name_or_path)
    if _is_folder(path) or len(path.parts) > 1:
        return path
    for models in model_folders():
        if _is_folder(models / path):
            return models / path
    known = ", ".join(sorted(list_models())) or "none"
    raise ArtifactError(
        path, expected="a model's name or folder", found=f"no such model (there are: {known})", remedy="Choose another."
    )


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name that is longer than any on the disk
        return False


def list_models() -> dict[str, ModelCard]:
    """Name to card of all models that can be used, the user's own hiding shipped ones of the same name.

    Only cards are read. The damaged are left out; `load_model` by name says what is wrong with one.
    """
    cards: dict[str, ModelCard] = {}
    for models in model_folders():
        for folder in sorted(card_path.parent for card_path in models.glob(f"*/{CARD_FILE}")):
            if has_printable_name(folder):
                with suppress(ArtifactError):
                    cards.setdefault(folder.name, usable_card(folder))
    return cards


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


def _check_golden(model: EmotionModel) -> None:
    golden = model.card.golden
    found = model.predict_raw(golden.faces())[0]
    is_alike = found.shape == (len(golden.probabilities),) and (
        np.abs(found - golden.probabilities).max() <= golden.tolerance  # false where one is NaN
    )
    if not is_alike:
        raise ArtifactError(
            model.folder,
            expected=f"{golden.probabilities} for the golden sample",
            found=str(np.round(found, 5).tolist()),
            remedy=REMEDY,
        )
