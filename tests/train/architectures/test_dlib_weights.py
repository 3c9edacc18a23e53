"""Weights of dlib's face recognition network: out of its file, into ours. The file here is drawn by chance."""

import hashlib
import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.helpers.synthetic import drawn_faces
from train.architectures import PretrainedError, builder, pretrained_loader
from train.architectures import _dlib_weights as dlib_weights
from train.architectures._dlib_weights import FILE, PACKAGE, SHA256, read_face_weights
from train.networks.build import fixed_layers
from train.networks.inputs import to_input
from train.networks.precision import with_precision

PIXELS = to_input(drawn_faces(40, seed=3).pixels)
SHAPES = [
    (32, 3, 7),
    *[(32, 32, 3)] * 6,
    (64, 32, 3),
    *[(64, 64, 3)] * 7,
    (128, 64, 3),
    *[(128, 128, 3)] * 5,
    (256, 128, 3),
    *[(256, 256, 3)] * 5,
]


def whole_number(value: int) -> bytes:
    length = (value.bit_length() + 7) // 8
    return bytes([length]) + value.to_bytes(length, "little")


def tensor(values: np.ndarray) -> bytes:
    """As dlib's `serialize(const tensor&, ostream&)` writes it."""
    sizes = b"".join(map(whole_number, (2, values.size, 1, 1, 1)))
    return sizes + values.astype("<f4").tobytes()


def drawn_file() -> tuple[bytes, list[np.ndarray]]:
    """A file of the published one's order, with other things between the tensors, and what is in it."""
    rng = np.random.default_rng(4)
    parts, arrays = [b"\x01\x01anything"], []
    for filters, channels, size in SHAPES:
        kernel = rng.normal(0, 0.02, (filters, channels, size, size))
        bias, scale, offset = rng.normal(0, 1, filters), rng.uniform(1, 4, filters), rng.normal(0, 1, filters)
        parts += [tensor(np.concatenate([kernel.ravel(), bias])), b"\x01\x06con_5" + bytes(9)]
        parts += [tensor(np.concatenate([scale, offset])), b"affine_" + bytes(17)]
        arrays += [kernel, bias, scale, offset]
    return b"".join(parts), [array.astype(np.float32) for array in arrays]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package of that name with a drawn file, found before a real one."""
    data, arrays = drawn_file()
    path = tmp_path / PACKAGE / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    (tmp_path / PACKAGE / "__init__.py").write_text("raise RuntimeError('its code is not to be run')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(dlib_weights, "SHA256", hashlib.sha256(data).hexdigest())
    return arrays


def test_every_tensor_is_found_in_its_order(installed):
    found = [part for w in read_face_weights() for part in (w.kernel.transpose(3, 2, 0, 1), w.bias, w.scale, w.offset)]
    assert len(found) == len(installed) == 27 * 4
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(found, installed, strict=True))


def load(images: np.ndarray, architecture: str = "face_resnet") -> keras.Model:
    model = builder(architecture)(input_shape=(48, 48, 1), num_classes=7)
    loader = pretrained_loader(architecture)
    assert loader is not None
    assert loader(model, images)["sha256"] == SHA256
    return model


def features(model: keras.Model, *, training: bool = False) -> np.ndarray:
    pooled = next(layer for layer in model.layers if isinstance(layer, keras.layers.GlobalAveragePooling2D))
    return np.asarray(keras.Model(model.input, pooled.output)(PIXELS, training=training))


def test_the_first_convolution_answers_for_grey_pixels_as_for_three_colours(installed):
    kernel, bias, scale, offset = installed[:4]
    model = load(PIXELS)
    norm = next(layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization))
    ours = np.asarray(keras.Model(model.input, norm.output)(PIXELS[:2]))
    large = keras.layers.Resizing(116, 116)(PIXELS[:2])
    colours = (np.repeat(large, 3, -1) - [122.782, 117.001, 104.298]) / 256
    sums = keras.ops.conv(colours.astype(np.float32), kernel.transpose(2, 3, 1, 0), strides=2, padding="valid")
    assert ours == pytest.approx((np.asarray(sums) + bias) * scale + offset, abs=1e-3)


def test_the_answers_do_not_depend_on_the_images_that_statistics_come_from(installed):
    first, second = features(load(PIXELS)), features(load(PIXELS[:5] / 2))
    assert first.std() > 0
    assert first == pytest.approx(second, rel=1e-3, abs=1e-3 * float(first.std()))


def test_training_starts_from_the_same_answers(installed):
    model = load(PIXELS)
    usual, training = features(model), features(model, training=True)
    assert training == pytest.approx(usual, rel=1e-2, abs=1e-2 * float(usual.std()))


def test_kernels_are_as_long_as_random_ones(installed):
    for layer in load(PIXELS).layers:
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size != (1, 1):
            assert np.square(layer.get_weights()[0]).sum() == pytest.approx(2 * layer.filters, rel=1e-4)


def test_the_early_half_answers_as_the_whole_does_there(installed):
    early, whole = (
        np.asarray(keras.Model(model.input, model.get_layer("stage_128").output)(PIXELS))
        for model in (load(PIXELS, "face_early"), load(PIXELS))
    )
    assert early.std() > 0
    assert early == pytest.approx(whole, rel=1e-3, abs=1e-3 * float(early.std()))


def test_its_first_stage_is_never_trained_nor_after_it_was_saved(installed):
    early = load(PIXELS, "face_early")
    fixed = fixed_layers(early)

    assert fixed == fixed_layers(keras.models.model_from_json(early.to_json()))
    assert fixed == fixed_layers(with_precision(early, "float32"))
    kernels = [layer.kernel.shape for layer in early.layers if layer.name in fixed and hasattr(layer, "kernel")]
    assert kernels == [(7, 7, 1, 32), *[(3, 3, 32, 32)] * 6]
    assert fixed_layers(load(PIXELS)) == frozenset()


def test_what_is_not_installed_is_named_with_the_command(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PretrainedError, match=r"not installed.*random.*pip install --no-deps face_recognition_models"):
        list(read_face_weights())


def test_another_file_is_refused(installed, monkeypatch):
    monkeypatch.setattr(dlib_weights, "SHA256", SHA256)
    with pytest.raises(PretrainedError, match=r"has SHA-256 .*, expected 55533b28.*--force-reinstall"):
        list(read_face_weights())


def test_the_published_file_is_read_where_it_is_installed():
    package = importlib.util.find_spec(PACKAGE)
    if package is None or not Path((package.submodule_search_locations or [""])[0], FILE).is_file():
        pytest.skip(f"{PACKAGE} (100 MB) is not installed")
    found = list(read_face_weights())
    assert [w.kernel.shape[-1] for w in found] == [filters for filters, _, _ in SHAPES]
    assert all(np.isfinite(w.kernel).all() and 0.0003 < w.kernel.std() < 0.05 for w in found)
    assert all(w.scale.mean() > 1 for w in found)
