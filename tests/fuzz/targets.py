"""What each target is: how it makes an input, what reads it, and with which errors the reader may refuse it."""

import importlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

NAMES: Final = ("cards", "litert", "archives", "imports", "media")


@dataclass(frozen=True)
class Target:
    """One reader under test.

    Attributes:
        make: writes an input into an empty folder and gives its path.
        read: reads it as the program does; raises AssertionError where a promise is broken.
        refusals: errors with which it may refuse an input.
    """

    make: Callable[[random.Random, Path], Path]
    read: Callable[[Path], object]
    refusals: tuple[type[Exception], ...]


def load(name: str, folder: Path) -> Target:
    """A target, ready in this process.

    Args:
        name: one of NAMES.
        folder: for what it needs beside its inputs.
    """
    module = importlib.import_module(f"tests.fuzz.{name}")
    return cast(Target, module.target(folder))
