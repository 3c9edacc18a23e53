"""Try a network in a child process before this one loads it: a hostile LiteRT file can crash whoever loads it.

The verdict on a file is remembered by its SHA-256, so that a model starts as fast as ever after the first time:

    FER_HOME/vetted/litert-<version>/<sha256>     an empty file for each network that passed

The networks that came with the program, and those that this program exported itself, need no trial.
"""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from fer_core import paths
from fer_core.errors import ArtifactError
from fer_core.expressions import vet_child
from fer_core.expressions.card import REMEDY, read_card
from fer_core.private import make_folder

TRIAL_S: Final = 90.0
"""A trial takes about a second; a busy machine may need many times that."""
_REFUSED_FOR_S: Final = 600.0
_CHILD: Final = Path(vet_child.__file__)

_passed: set[str] = set()
_refused: dict[str, tuple[str, float]] = {}
"""SHA-256 to why a network was refused, and when. Not kept on disk: the machine may have been short of memory."""


def check_network(content: bytes, folder: Path) -> None:
    """Make sure that a network can be loaded here: it loads, and answers faces in rows of shares that sum to 1.

    Args:
        content: the LiteRT file's bytes, as they will be loaded.
        folder: of the model, for the message.

    Raises:
        ArtifactError: it cannot, or the trial could not be made.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    if _is_trusted(sha256):
        return
    problem, at_s = _refused.get(sha256, ("", 0.0))
    if not problem or time.monotonic() - at_s > _REFUSED_FOR_S:
        problem = _try(content)
    if problem:
        _refused[sha256] = (problem, time.monotonic())
        raise ArtifactError(folder, expected="a LiteRT network that can be used", found=problem, remedy=REMEDY)
    trust(sha256)


def trust(sha256: str) -> None:
    """Remember that the network with this SHA-256 needs no trial: it passed, or this program made it."""
    _passed.add(sha256)
    _refused.pop(sha256, None)
    with contextlib.suppress(OSError):  # on a full or read-only disk it is tried again by the next process
        mark = _mark(sha256)
        make_folder(mark.parent)
        mark.touch()


def _is_trusted(sha256: str) -> bool:
    return sha256 in _passed or sha256 in _shipped() or os.path.isfile(_mark(sha256))  # noqa: PTH113 - raises nothing


def _shipped() -> set[str]:
    """SHA-256 of the networks that came with the program."""
    found = set()
    for folder in paths.SHIPPED_MODELS.glob("*"):
        with contextlib.suppress(ArtifactError):
            found.add(read_card(folder).network_sha256)
    return found


def _mark(sha256: str) -> Path:
    try:
        runtime = version("ai-edge-litert")
    except PackageNotFoundError:
        runtime = "unknown"
    return paths.home() / "vetted" / f"litert-{runtime}" / sha256


def _try(content: bytes) -> str:
    """Why the network cannot be used; empty where it can."""
    command = [sys.executable, "-P", str(_CHILD)]  # -P: not even the child's own folder is searched for modules
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=TRIAL_S, env=environment)
    except subprocess.TimeoutExpired:
        return f"one that does not answer within {TRIAL_S:.0f} s"
    except OSError as error:
        return f"no way to try it in a process of its own ({error.strerror or error})"
    if done.returncode == 0:
        return ""
    if done.returncode == vet_child.REFUSED:
        return done.stdout.decode("utf-8", "replace").strip() or "one that cannot be loaded"
    if done.returncode < 0:
        return f"one that crashed the process that tried it ({_signal_name(-done.returncode)})"
    last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"])[-1]
    return f"one that could not be tried: {last[:300]}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
