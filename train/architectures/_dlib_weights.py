"""Weights of dlib's face recognition network, out of the file in which it is published.

King (2017), http://dlib.net/files/ and https://github.com/davisking/dlib-models, CC0. The package
`face_recognition_models` of PyPI carries the file (100 MB, no code of it is run).
"""

import hashlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from train.architectures import PretrainedError

PACKAGE: Final = "face_recognition_models"
VERSION: Final = "0.3.0"
FILE: Final = "models/dlib_face_recognition_resnet_model_v1.dat"
SHA256: Final = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"
PIXEL_MEANS: Final = np.array([122.782, 117.001, 104.298])  # red, green, blue, 0-255; dlib's input_rgb_image_sized
PIXEL_SCALE: Final = 256.0
ORIGIN: Final = {
    "name": "dlib_face_recognition_resnet_model_v1.dat",
    "sha256": SHA256,
    "about": "Face recognition on some three million photographs, among them FaceScrub's and the VGG face data set's "
    "(King, 2017); its weights are CC0, the photographs are not its maker's.",
}
STAGES: Final = ((32, 3), (64, 4), (128, 3), (256, 3))
"""Filters and blocks of two 3 x 3 convolutions, from the input on; all but the first begin at half the resolution."""


@dataclass(frozen=True)
class ConvWeights:
    """A convolution, and the scale and offset that follow it.

    Attributes:
        kernel: float32 (height, width, channels in, filters).
        bias: float32 (filters,), added to the convolution.
        scale: float32 (filters,), what the sum is multiplied by.
        offset: float32 (filters,), what is added then.
    """

    kernel: np.ndarray
    bias: np.ndarray
    scale: np.ndarray
    offset: np.ndarray


def read_face_weights() -> Iterator[ConvWeights]:
    """The network's convolutions in order, without its last stage.

    Raises:
        PretrainedError: the package is not installed, or its file is another one.
    """
    data = _read_file()
    position = 0
    for filters, channels, size in _shapes():
        values, position = _tensor(data, position, filters * channels * size * size + filters)
        affine, position = _tensor(data, position, 2 * filters)
        kernel = values[:-filters].reshape(filters, channels, size, size).transpose(2, 3, 1, 0)
        yield ConvWeights(kernel, values[-filters:], affine[:filters], affine[filters:])


def _read_file() -> bytes:
    package = importlib.util.find_spec(PACKAGE)  # finds without importing: its code wants an old setuptools
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0], FILE) if folders else None
    if path is None or not path.is_file():
        raise PretrainedError(
            "the weights of dlib's face recognition network are not installed; training starts from random ones. "
            f"Get them with: pip install --no-deps {PACKAGE}=={VERSION}"
        )
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise PretrainedError(
            f"{path} has SHA-256 {found}, expected {SHA256}; training starts from random weights. "
            f"Reinstall it: pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}"
        )
    return data


def _shapes() -> Iterator[tuple[int, int, int]]:
    """Filters, channels in and size of each convolution."""
    channels = STAGES[0][0]
    yield channels, 3, 7
    for filters, blocks in STAGES:
        for _ in range(2 * blocks):
            yield filters, channels, 3
            channels = filters


def _tensor(data: bytes, position: int, count: int) -> tuple[np.ndarray, int]:
    """The next tensor of so many numbers, and the position after it.

    dlib writes whole numbers as their length in bytes and those bytes: of a tensor first the format's version, 2, then
    its size in four dimensions, here (count, 1, 1, 1), then little-endian float32.
    """
    length = (count.bit_length() + 7) // 8
    header = bytes([1, 2, length]) + count.to_bytes(length, "little") + bytes([1, 1]) * 3
    start = data.index(header, position) + len(header)
    end = start + 4 * count
    return np.frombuffer(data[start:end], "<f4"), end
