"""Look through Keras files before Keras reads them: they may be a stranger's. No deep-learning library is imported.

Keras' safe mode refuses Python code in a file, but a class of any public Keras name still runs with any settings, HDF5
can lead to other files, and both can ask for any amount of memory. So only layers that compute numbers are let through.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final

import h5py

from fer_core.json_files import MAX_BYTES, parse_json, read_json
from train.errors import ConfigError

CONFIG_FILE: Final = "config.json"
WEIGHTS_FILE: Final = "model.weights.h5"
MAX_WEIGHTS_BYTES: Final = 1 << 30
MAX_SIZE: Final = 1 << 20
"""More filters, units or pixels has no layer."""
_PARTS: Final = {"metadata.json", CONFIG_FILE, WEIGHTS_FILE}
_LAYER_NAMES: Final = """
    Activation Add AlphaDropout Attention Average AveragePooling1D AveragePooling2D BatchNormalization CenterCrop
    Concatenate Conv1D Conv2D Conv2DTranspose Cropping2D Dense DepthwiseConv2D Dot Dropout ELU EinsumDense Flatten
    GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D GlobalMaxPooling2D
    GroupNormalization Identity InputLayer LayerNormalization LeakyReLU MaxPooling1D MaxPooling2D Maximum Minimum
    MultiHeadAttention Multiply PReLU Permute RMSNormalization ReLU RepeatVector Rescaling Reshape Resizing
    SeparableConv1D SeparableConv2D Softmax SpatialDropout1D SpatialDropout2D Subtract UnitNormalization UpSampling1D
    UpSampling2D ZeroPadding1D ZeroPadding2D
    """
_CLASSES: Final[Mapping[str | None, frozenset[str]]] = {
    None: frozenset({"__keras_tensor__"}),
    "keras": frozenset({"DTypePolicy", "Sequential", "Model"}),
    "keras.layers": frozenset(_LAYER_NAMES.split()),
    "keras.models": frozenset({"Sequential", "Model", "Functional"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.src.models.sequential": frozenset({"Sequential"}),
    "keras.dtype_policies": frozenset({"DTypePolicy"}),
}
_PLAIN_MODULES: Final = ("keras.initializers", "keras.regularizers", "keras.constraints")


def check_keras_file(path: Path) -> None:
    """Refuse a `.keras` file that is damaged, or that Keras should not be given.

    Raises:
        ConfigError: with what was found.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_parts(archive)
            check_structure(parse_json(archive.read(CONFIG_FILE)))
            _check_weights(io.BytesIO(archive.read(WEIGHTS_FILE)))
    except (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        NotImplementedError,
        EOFError,
        zlib.error,
        MemoryError,
    ) as error:
        raise _refusal(path, error) from error
    except zipfile.BadZipFile as error:
        raise _refusal(path, error) from error


def check_structure_file(path: Path) -> Any:
    """The structure of a network that a JSON file holds, looked through.

    Raises:
        ConfigError: it is damaged, or Keras should not be given it.
    """
    try:
        values = read_json(path)
        check_structure(values)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from error
    return values


def check_weights_file(path: Path) -> None:
    """Refuse an HDF5 file of weights that leads to other files or is larger unpacked than any network.

    Raises:
        ConfigError: it does, or is damaged.
    """
    try:
        with path.open("rb") as stream:
            _check_weights(stream)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise _refusal(path, error) from error


def check_structure(values: Any) -> None:
    """Refuse a network's structure that names anything but layers that compute.

    Args:
        values: what Keras wrote as JSON.

    Raises:
        ValueError: it does, or asks for more than any network needs.
    """
    if not isinstance(values, dict) or values.get("class_name") not in ("Functional", "Sequential", "Model"):
        raise ValueError("no structure of a network")
    for part in _dictionaries(values):
        for key, value in part.items():
            if isinstance(value, int) and abs(value) > MAX_SIZE and "seed" not in key:
                raise ValueError(f"{key} = {str(value)[:40]}, more than any network has")
        if "class_name" in part:
            _check_class(part)


def _check_class(part: dict[str, Any]) -> None:
    name, module, registered = part["class_name"], part.get("module"), part.get("registered_name")
    if not isinstance(name, str) or not isinstance(module, str | None):
        raise ValueError("a layer without a name")
    is_plain = module in _PLAIN_MODULES and re.fullmatch(r"[A-Z]\w*", name) is not None
    if not is_plain and name not in _CLASSES.get(module, ()):
        raise ValueError(f"{module or 'no module'}.{name}"[:120] + ", which is no layer that computes alone")
    if registered not in (None, name):
        raise ValueError(f"a class registered as {str(registered)[:80]!r}")


def _dictionaries(values: Any) -> Iterator[dict[str, Any]]:
    """All dictionaries in it, itself too; `parse_json` has bounded its depth."""
    waiting = [values]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value


def _check_parts(archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    if sorted(names) != sorted(_PARTS):
        raise ValueError(
            f"{len(names)} files named {', '.join(names[:4])!r:.200} instead of {', '.join(sorted(_PARTS))}"
        )
    for info in archive.infolist():
        most = MAX_WEIGHTS_BYTES if info.filename == WEIGHTS_FILE else MAX_BYTES
        if info.file_size > most:  # `zipfile` unpacks no more than it says here
            raise ValueError(f"{info.filename} of {info.file_size:,} bytes unpacked; at most {most:,} are read")


def _check_weights(stream: IO[bytes]) -> None:
    with h5py.File(stream, "r") as file:
        bytes_left = MAX_WEIGHTS_BYTES
        groups, seen = [file["/"]], 0
        while groups:
            group = groups.pop()
            for name in group:
                seen += 1
                if seen > 20_000 or not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError("links or more parts than weights have")
                item = group[name]
                if isinstance(item, h5py.Dataset):
                    bytes_left -= _plain_bytes(item)
                elif isinstance(item, h5py.Group):
                    groups.append(item)
                if bytes_left < 0:
                    raise ValueError(f"weights of more than {MAX_WEIGHTS_BYTES:,} bytes unpacked")


def _plain_bytes(dataset: Any) -> int:
    if dataset.external or dataset.is_virtual:
        raise ValueError("weights that lie in other files")
    return int(dataset.size or 0) * int(dataset.dtype.itemsize)


def _refusal(path: Path, error: BaseException) -> ConfigError:
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return ConfigError(
        f"{path} cannot be used: expected a network that this program exported, found {reason}. "
        "Start from another model."
    )
