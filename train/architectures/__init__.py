"""Network architectures: the folder is the registry, and a file is picked up by being there.

Each module has `build(*, input_shape, num_classes, dropout, normalization)`, returning an uncompiled functional
`keras.Model` of built-in layers that takes pixel values 0-255 (scaling is inside the graph) and gives class
probabilities from a last layer named "probabilities". A module whose network starts from published weights also has
`load_pretrained(model, images)`, which finds them and says, for the card, what they are, or raises `PretrainedError`;
`images` are some of the training's, as the network takes them. Layers that it leaves untrainable are never trained.

"first+second" is two of them side by side (`_side_by_side`), from random weights.

Importing this package imports no deep-learning library; `builder` and `describe` do.
"""

import ast
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from train.errors import ConfigError

SIDE_BY_SIDE: Final = "+"
"""Between the names of architectures that are one network together."""


class PretrainedError(ConfigError):
    """Published weights could not be downloaded; the network can still be trained from random ones."""


@dataclass(frozen=True)
class ArchitectureInfo:
    """What an architecture costs, at 48 x 48 grey pixels and seven classes.

    Attributes:
        name: its file's name.
        parameters: number of weights, batch-norm statistics included.
        mflops: millions of floating-point operations for one face: a multiply-add counts as two; convolutions,
            dense layers and matrix products are counted, activations, pooling and normalisation are not.
        docline: the first line of its docstring.
    """

    name: str
    parameters: int
    mflops: float
    docline: str


def names() -> list[str]:
    """The architectures there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def docline(name: str) -> str:
    """The first line of an architecture's docstring, read without importing it.

    Raises:
        ConfigError: no such architecture.
    """
    check_known(name)
    if SIDE_BY_SIDE in name:
        return f"{name.replace(SIDE_BY_SIDE, ' and ')} side by side"
    source = Path(__path__[0], f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or name).splitlines()[0]


def builder(name: str) -> Callable[..., Any]:
    """The `build` function of an architecture.

    Raises:
        ConfigError: no such architecture.
    """
    builds = [_module(part).build for part in name.split(SIDE_BY_SIDE)]
    if len(builds) > 1:
        from train.architectures._side_by_side import build_side_by_side

        return partial(build_side_by_side, builds)
    build: Callable[..., Any] = builds[0]
    return build


def pretrained_loader(name: str) -> Callable[[Any, np.ndarray], dict[str, str]] | None:
    """The `load_pretrained` function of an architecture, or None where it starts from random weights.

    Raises:
        ConfigError: no such architecture.
    """
    if SIDE_BY_SIDE in name:
        check_known(name)
        return None
    load: Callable[[Any, np.ndarray], dict[str, str]] | None = getattr(_module(name), "load_pretrained", None)
    return load


def describe(name: str) -> ArchitectureInfo:
    """Build an architecture, with random weights, and count what it costs.

    Raises:
        ConfigError: no such architecture.
    """
    from train.architectures._cost import count_mflops

    model = builder(name)(input_shape=(48, 48, 1), num_classes=7)
    return ArchitectureInfo(name, model.count_params(), count_mflops(model), docline(name))


def _module(name: str) -> ModuleType:
    check_known(name)
    return importlib.import_module(f"{__name__}.{name}")


def check_known(name: str) -> None:
    """Raises ConfigError: no such architecture."""
    for part in name.split(SIDE_BY_SIDE):
        if part not in names():
            raise ConfigError(f"no architecture {part!r}; there are {', '.join(names())}. Choose one of those.")
