"""Keras files of strangers: looked through before Keras reads them, and refused in one sentence."""

import io
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from fer_core.expressions.model import file_sha256
from fer_core.paths import SHIPPED_MODELS
from train.__main__ import main
from train.errors import ConfigError
from train.networks.keras_files import MAX_WEIGHTS_BYTES, check_keras_file, check_structure
from train.networks.memory import bounded_memory

SHIPPED = SHIPPED_MODELS / "default"


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    """What the shipped file consists of."""
    return parts_of(SHIPPED / "model.keras")


def write(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def with_layer(parts: dict[str, bytes], layer: dict[str, Any]) -> dict[str, bytes]:
    """The same with the second layer replaced."""
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] |= layer
    return parts | {"config.json": json.dumps(config).encode()}


def weights(make: Callable[[h5py.File], None]) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        make(file)
    return stream.getvalue()


def test_the_shipped_file_is_let_through_and_left_as_it_is():
    before = (SHIPPED / "model.keras").read_bytes()

    check_keras_file(SHIPPED / "model.keras")

    assert (SHIPPED / "model.keras").read_bytes() == before


LAYERS: dict[str, dict[str, Any]] = {
    "code": {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"code": "4wE="}}}},
    "a function of Keras": {"module": "keras.utils", "class_name": "get_file", "config": {"origin": "http://x"}},
    "a function by config": {"module": "builtins", "class_name": "function", "config": "print"},
    "another library": {"module": "os", "class_name": "system", "config": {"command": "true"}},
    "a file on this machine": {"class_name": "StringLookup", "config": {"vocabulary": "/etc/passwd"}},
    "TensorFlow's own form": {"class_name": "TFSMLayer", "config": {"filepath": "/tmp"}},
    "PyTorch": {"class_name": "TorchModuleWrapper", "config": {"module": "gA=="}},
    "a registered class": {"registered_name": "strange>Dense"},
    "a huge layer": {"module": "keras.layers", "class_name": "Dense", "config": {"units": 10**9}},
    "no name": {"class_name": None},
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=LAYERS.keys())
def test_what_is_no_layer_that_computes_is_refused(parts, tmp_path, layer):
    path = write(tmp_path / "model.keras", with_layer(parts, layer))

    with pytest.raises(ConfigError, match=r"model\.keras cannot be used: expected a network .* Start from another"):
        check_keras_file(path)


@pytest.mark.parametrize("values", [None, [], {}, {"class_name": "Lambda"}, {"class_name": ["Functional"]}])
def test_what_is_no_network_at_all_is_refused(values):
    with pytest.raises(ValueError, match="no structure"):
        check_structure(values)


def test_what_unpacks_to_too_much_is_not_unpacked(parts, tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("metadata.json", "config.json"):
            archive.writestr(name, parts[name])
        with archive.open("model.weights.h5", "w", force_zip64=True) as stream:
            for _ in range(MAX_WEIGHTS_BYTES // (1 << 24) + 1):
                stream.write(b"\0" * (1 << 24))
    assert path.stat().st_size < 10e6

    with pytest.raises(ConfigError, match=r"model\.weights\.h5 of .* bytes unpacked"):
        check_keras_file(path)


def external(file: h5py.File) -> None:
    file.create_dataset("weights", (10,), "u1", external=[("/etc/hostname", 0, 10)])


def linked(file: h5py.File) -> None:
    file["weights"] = h5py.ExternalLink("/tmp/other.h5", "/")


def soft(file: h5py.File) -> None:
    file["weights"] = h5py.SoftLink("/")


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((10,), "f4")
    layout[:] = h5py.VirtualSource("/tmp/other.h5", "x", (10,))
    file.create_virtual_dataset("weights", layout)


def unfilled(file: h5py.File) -> None:
    file.create_dataset("weights", (10**6, 10**6), "f4", chunks=(1000, 1000))


@pytest.mark.parametrize("make", [external, linked, soft, virtual, unfilled])
def test_weights_that_lie_elsewhere_or_nowhere_are_refused(parts, tmp_path, make):
    path = write(tmp_path / "model.keras", parts | {"model.weights.h5": weights(make)})

    with pytest.raises(ConfigError, match=r"links|other files|unpacked"):
        check_keras_file(path)


@pytest.mark.parametrize("name", ["metadata.json", "config.json", "model.weights.h5"])
def test_a_file_that_lacks_a_part_is_refused(parts, tmp_path, name):
    path = write(tmp_path / "model.keras", {key: value for key, value in parts.items() if key != name})

    with pytest.raises(ConfigError, match="instead of"):
        check_keras_file(path)


@pytest.mark.parametrize("name", ["../model.py", "assets/words.txt"])
def test_a_file_with_more_parts_is_refused(parts, tmp_path, name):
    with pytest.raises(ConfigError, match="4 files"):
        check_keras_file(write(tmp_path / "model.keras", parts | {name: b"x"}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no zip", b"\x89HDF\r\n\x1a\n"])
def test_what_is_no_keras_file_is_refused(tmp_path, content):
    path = tmp_path / "model.keras"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match="expected a network"):
        check_keras_file(path)


@pytest.mark.parametrize("damage", ["Lambda", "shape"])
def test_the_commands_say_it_in_one_sentence(parts, tmp_path, damage, capfd):
    folder = tmp_path / "strange"
    shutil.copytree(SHIPPED, folder)
    config = json.loads(parts["config.json"])
    if damage == "Lambda":
        config["config"]["layers"][1]["class_name"] = "Lambda"
    else:
        config["config"]["layers"][0]["config"]["batch_shape"] = [None, 9, 9, 3]
    write(folder / "model.keras", parts | {"config.json": json.dumps(config).encode()})
    card = json.loads((folder / "card.json").read_text())
    card["sha256"]["model.keras"] = file_sha256(folder / "model.keras")
    (folder / "card.json").write_text(json.dumps(card))
    words = ["convert", "--model", str(folder), "--form", "json_h5", "--output", str(tmp_path / "out.zip")]

    assert main(words) == 2

    said = capfd.readouterr().err
    assert "model.keras can" in said.splitlines()[-1]
    assert "Traceback" not in said
    assert not (tmp_path / "out.zip").exists()


def test_a_step_that_asks_for_too_much_memory_fails_and_later_ones_do_not():
    with pytest.raises(MemoryError), bounded_memory(1 << 28):
        np.ones(1 << 27)

    assert np.ones(1 << 26).nbytes == 1 << 29
