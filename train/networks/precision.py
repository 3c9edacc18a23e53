"""The precision that a run computes in, and the network in that precision."""

import importlib
from pathlib import Path
from typing import Any, Final

import keras

from train.networks.batch_norm import BatchNormalization
from train.networks.heads import CROWD, HEADS, OUTPUT

_BFLOAT16_FLAGS: Final = ("avx512_bf16", "amx_bf16", "bf16")


def with_precision(model: keras.Model, precision: str) -> keras.Model:
    """A copy of a float32 network for training, which computes in `precision`; its output stays float32."""

    def convert(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name not in (OUTPUT, CROWD, HEADS) and precision != "float32":
            config["dtype"] = precision
        kind = BatchNormalization if type(layer) is keras.layers.BatchNormalization else type(layer)
        return kind.from_config(config)

    copy: keras.Model = keras.models.clone_model(model, clone_function=convert)
    copy.set_weights(model.get_weights())
    return copy


def resolve_precision(choice: str) -> str:
    """The precision that a setting means: "float32" or "mixed_bfloat16".

    "auto" means the latter where an accelerator or the processor computes in it.
    """
    if choice != "auto":
        return choice
    if has_accelerator():
        return "mixed_bfloat16"
    try:
        words = set(Path("/proc/cpuinfo").read_text().split())
    except OSError:
        return "float32"
    return "mixed_bfloat16" if words.intersection(_BFLOAT16_FLAGS) else "float32"


def has_accelerator() -> bool:
    """Whether Keras computes on something else than processor cores."""
    if keras.backend.backend() == "torch":  # which Keras lists no devices of
        return bool(importlib.import_module("torch").cuda.is_available())
    return any(not device.startswith("cpu") for device in keras.distribution.list_devices())
