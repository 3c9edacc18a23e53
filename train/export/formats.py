"""A model in other programs' forms, each verified by loading it again and comparing its answers.

The network alone is converted: pixels 0-255 in, probabilities in the order of the card's labels out. Temperature,
mirror image and threshold are in the card, which a zip therefore holds, too.
"""

import importlib
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import keras
import numpy as np

from fer_core.expressions.card import CARD_FILE, read_card
from fer_core.expressions.card_checks import is_share
from fer_core.expressions.model import find_model
from fer_core.whole_files import check_writable, replacing
from train.errors import ConfigError
from train.evaluation.types import Conversion
from train.export.model_folder import golden_tile
from train.networks.build import answer_network, load_saved
from train.networks.inputs import to_input

TOLERANCE: Final = 1e-4
JSON_FILE: Final = "model.json"
WEIGHTS_FILE: Final = "model.weights.h5"
SAVED_MODEL: Final = "saved_model"
ONNX_FILE: Final = "model.onnx"


def convert_model(model: Path, output: Path, *, form: str) -> Conversion:
    """Write a model folder's network in another form.

    Args:
        model: name or path of a model folder.
        output: folder for the files, made if missing; or a name that ends in .zip, to pack them with the model's card.
        form: one of FORMS.

    Raises:
        ConfigError: the form is unknown, needs a package that is missing, gave other answers when loaded, or the disk
            refuses.
        ArtifactError: the model is missing or damaged.
    """
    if form not in FORMS:
        raise ConfigError(f"the form must be one of {', '.join(FORMS)}, got {form!r}")
    network = _answer_of(model)
    try:
        if output.suffix != ".zip":
            output.mkdir(parents=True, exist_ok=True)
            return _convert(network, output, form)
        check_writable(output)
        with tempfile.TemporaryDirectory(dir=output.parent) as folder:
            conversion = _convert(network, Path(folder), form)
            (Path(folder) / CARD_FILE).write_bytes((find_model(model) / CARD_FILE).read_bytes())
            _pack(Path(folder), output)
        return conversion
    except OSError as error:
        raise ConfigError(
            f"{output} cannot be written: {error.strerror or error}. Free some space or choose another place."
        ) from error


def _answer_of(model: Path) -> keras.Model:
    """The network whose output, float32 (n, 7), is what the model answers live, before its temperature."""
    share = read_card(find_model(model)).training.get("label_share", 0.0)
    return answer_network(load_saved(model), share if is_share(share) else 0.0)


def _convert(network: keras.Model, folder: Path, form: str) -> Conversion:
    write, read = FORMS[form]
    pixels = to_input(np.stack([golden_tile(), golden_tile()[:, ::-1]]))
    expected = np.asarray(network(pixels))  # first: Keras exports to ONNX only what was called before
    files = write(network, folder)
    difference = float(np.abs(expected - read(folder, pixels)).max())
    if not difference <= TOLERANCE:  # what is not a number is no better
        raise ConfigError(
            f"{files[0]} answers differently from the model (by {difference:.2g}); expected at most {TOLERANCE}. "
            "Do not use it."
        )
    return Conversion(form, files, difference)


def _pack(folder: Path, output: Path) -> None:
    with replacing(output) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            packed.write(path, path.relative_to(folder))


def _write_json_h5(network: keras.Model, folder: Path) -> tuple[str, ...]:
    (folder / JSON_FILE).write_text(network.to_json(), encoding="utf-8")
    network.save_weights(folder / WEIGHTS_FILE)
    return (JSON_FILE, WEIGHTS_FILE)


def _run_json_h5(folder: Path, pixels: np.ndarray) -> np.ndarray:
    network = keras.models.model_from_json((folder / JSON_FILE).read_text(encoding="utf-8"))
    network.load_weights(folder / WEIGHTS_FILE)
    return np.asarray(network(pixels))


def _write_saved_model(network: keras.Model, folder: Path) -> tuple[str, ...]:
    network.export(folder / SAVED_MODEL, format="tf_saved_model", verbose=False)
    return (SAVED_MODEL,)


def _run_saved_model(folder: Path, pixels: np.ndarray) -> np.ndarray:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(folder / SAVED_MODEL))  # holds the variables while they are used
    return np.asarray(loaded.serve(pixels))


def _write_onnx(network: keras.Model, folder: Path) -> tuple[str, ...]:
    try:
        for package in ("tf2onnx", "onnxruntime"):  # the second verifies what the first writes
            importlib.import_module(package)
    except ImportError as error:
        raise ConfigError(f"ONNX needs the package {error.name}. Run: pip install tf2onnx onnxruntime") from error
    network.export(folder / ONNX_FILE, format="onnx", verbose=False)
    return (ONNX_FILE,)


def _run_onnx(folder: Path, pixels: np.ndarray) -> np.ndarray:
    session = importlib.import_module("onnxruntime").InferenceSession(
        str(folder / ONNX_FILE), providers=["CPUExecutionProvider"]
    )
    answer: np.ndarray = session.run(None, {session.get_inputs()[0].name: pixels})[0]
    return answer


_Writer = Callable[[Any, Path], tuple[str, ...]]
_Runner = Callable[[Path, np.ndarray], np.ndarray]
FORMS: Final[dict[str, tuple[_Writer, _Runner]]] = {
    "json_h5": (_write_json_h5, _run_json_h5),
    "saved_model": (_write_saved_model, _run_saved_model),
    "onnx": (_write_onnx, _run_onnx),
}
"""How each form is written, and how it is run again."""
