"""A reader that goes wrong in every way, for the test of the fuzzers themselves."""

import os
import random
import time
from pathlib import Path

from fer_core.errors import MediaError
from tests.fuzz.targets import Target

WAYS = ("read", "refuse", "refuse silently", "raise", "crash", "hang", "take memory", "exit")


def target(folder: Path) -> Target:
    """Each input says what shall happen."""
    return Target(_make, _read, (MediaError,))


def _make(rng: random.Random, case: Path) -> Path:
    (case / "way").write_text(WAYS[rng.randrange(len(WAYS))])
    return case / "way"


def _read(path: Path) -> None:
    way = path.read_text()
    if way.startswith("refuse"):
        raise MediaError("" if "silently" in way else "not this one")
    if way == "raise":
        raise KeyError("surprise")
    if way == "crash":
        os.abort()
    if way == "hang":
        time.sleep(600)
    if way == "take memory":
        bytearray(64 << 30)
    if way == "exit":
        os._exit(0)
