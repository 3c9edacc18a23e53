"""The shipped network in other programs' forms, run by a process that has only what these programs have."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_core.expressions.card import read_card
from fer_core.paths import SHIPPED_MODELS
from train.errors import ConfigError
from train.export import formats
from train.export.formats import FORMS, convert_model
from train.networks.build import answer_network, load_saved
from train.networks.inputs import to_input

SHIPPED = SHIPPED_MODELS / "default"
PIXELS = to_input(np.random.default_rng(0).integers(0, 256, (5, 48, 48), np.uint8))

# How somebody without this project would run each form.
PROGRAMS = {
    "json_h5": """
import keras, pathlib
network = keras.models.model_from_json(pathlib.Path("model.json").read_text())
network.load_weights("model.weights.h5")
answer = network.predict(pixels, verbose=0)
""",
    "saved_model": """
import tensorflow as tf
network = tf.saved_model.load("saved_model")
answer = network.signatures["serving_default"](tf.constant(pixels))
answer = next(iter(answer.values())).numpy()
""",
    "onnx": """
import onnx, onnxruntime
onnx.checker.check_model(onnx.load("model.onnx"), full_check=True)
session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
answer = session.run(None, {session.get_inputs()[0].name: pixels})[0]
""",
}
HEAD = "import json, numpy as np\npixels = np.load('pixels.npy')\n"
TAIL = "\nprint(json.dumps(answer.tolist()))"


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    """What the shipped network answers to PIXELS."""
    return np.asarray(answer_network(load_saved(SHIPPED), read_card(SHIPPED).training["label_share"])(PIXELS))


def run_elsewhere(form: str, folder: Path) -> Any:
    """Answers (5, 7) to PIXELS, given where this project's packages cannot be imported."""
    np.save(folder / "pixels.npy", PIXELS)
    done = subprocess.run(
        [sys.executable, "-I", "-c", HEAD + PROGRAMS[form] + TAIL],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_packed_model_answers_alike_in_a_program_of_its_own(form, expected, tmp_path):
    conversion = convert_model(SHIPPED, tmp_path / "packed.zip", form=form)
    with zipfile.ZipFile(tmp_path / "packed.zip") as packed:
        packed.extractall(tmp_path / "unpacked")

    found = run_elsewhere(form, tmp_path / "unpacked")

    assert np.array(found) == pytest.approx(expected, abs=formats.TOLERANCE)
    assert read_card(tmp_path / "unpacked") == read_card(SHIPPED)
    assert conversion.difference <= formats.TOLERANCE
    assert all((tmp_path / "unpacked" / name).exists() for name in conversion.files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["packed.zip", "unpacked"]


def test_a_folder_gets_the_files_alone(tmp_path):
    conversion = convert_model(SHIPPED, tmp_path / "new" / "folder", form="json_h5")

    assert {path.name for path in (tmp_path / "new" / "folder").iterdir()} == set(conversion.files)


@pytest.mark.parametrize("package", ["tf2onnx", "onnxruntime"])
def test_a_form_whose_package_is_missing_says_what_to_install(package, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # importing it fails as if it were not installed

    with pytest.raises(ConfigError, match=rf"needs the package {package}\. Run: pip install tf2onnx onnxruntime"):
        convert_model(SHIPPED, tmp_path / "x.zip", form="onnx")

    assert list(tmp_path.iterdir()) == []


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="json_h5, saved_model, onnx, got 'pickle'"):
        convert_model(SHIPPED, tmp_path, form="pickle")


@pytest.mark.parametrize("wrong", [0.2, np.nan])
def test_a_file_that_answers_otherwise_is_refused(wrong, tmp_path, monkeypatch):
    write, _ = FORMS["json_h5"]
    monkeypatch.setitem(FORMS, "json_h5", (write, lambda *_: np.full((2, 7), wrong)))

    with pytest.raises(ConfigError, match=r"model\.json answers differently"):
        convert_model(SHIPPED, tmp_path / "x.zip", form="json_h5")

    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(ConfigError, match=r"cannot be written: .*\. Free some space or choose another place\."):
        convert_model(SHIPPED, tmp_path / "file" / "x.zip", form="json_h5")
