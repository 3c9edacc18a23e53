"""`python -m fer_core doctor`: check that everything the program needs is here, and say what to do where it is not."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from fer_core.errors import FerError
from fer_core.expressions.model import load_model
from fer_core.expressions.model_list import stored_models
from fer_core.faces.blazeface import blazeface_folder
from fer_core.faces.detector import build_detector, yunet_path
from fer_core.paths import home
from fer_core.versions import distributions_of, package_version

PACKAGES: Final = (
    "streamlit",
    "streamlit-webrtc",
    "aiortc",
    "av",
    "opencv-python-headless",
    "plotly",
    "numpy",
    "pandas",
    "pillow",
    "platformdirs",
    "tqdm",
    "ai-edge-litert",
)
INSTALL: Final = "Run: touch requirements.txt && make setup"
"""The touch, as make would find nothing to do for packages that were removed since."""
LITTLE_SPACE_BYTES: Final = 2 * 1024**3


class Status(StrEnum):
    """How a check went: well, with something missing, or so that the program cannot work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Check:
    """One line of the report.

    Attributes:
        name: what was looked at.
        status: FAIL keeps the program from working, WARN takes something away from it.
        found: what is there.
        remedy: what to do about it; empty when nothing is to be done.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""


def examine() -> tuple[Check, ...]:
    """All checks, in the order of the report. Nothing is changed and nothing fetched."""
    checks: tuple[Callable[[], Check], ...] = (
        _python,
        _packages,
        _opencv,
        _detector,
        _model,
        _own_models,
        _home,
        _tensorflow,
        _disk,
        _processors,
    )
    return tuple(check() for check in checks)


def _python() -> Check:
    found = platform.python_version()
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Check("Python", Status.OK, found)
    return Check("Python", Status.FAIL, found, "Use Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3")


def _packages() -> Check:
    found, missing = [], []
    for package in PACKAGES:
        installed = package_version(package)
        if installed is None:
            missing.append(package)
        else:
            found.append(f"{package} {installed}")
    if missing:
        return Check("packages", Status.FAIL, "missing: " + ", ".join(missing), INSTALL)
    return Check("packages", Status.OK, ", ".join(found))


def _opencv() -> Check:
    import cv2

    if int(cv2.__version__.split(".")[0]) < 5:
        return Check("OpenCV", Status.OK, cv2.__version__)
    return Check("OpenCV", Status.FAIL, cv2.__version__, "Version 5 has no Haar cascades. " + INSTALL)


def _detector() -> Check:
    fetch = "Run: python -m fer_core fetch-detector"
    try:
        name = build_detector().name
    except FerError as error:
        return Check("face detector", Status.FAIL, str(error), fetch)
    if name == "blazeface":
        return Check("face detector", Status.OK, f"BlazeFace, {blazeface_folder()}")
    if name == "yunet":
        return Check("face detector", Status.OK, f"YuNet, {yunet_path()}")
    return Check("face detector", Status.WARN, "Haar: slower, frontal faces only; no other's files are here", fetch)


def _model() -> Check:
    try:
        model = load_model("default")
    except FerError as error:
        return Check("model", Status.FAIL, str(error), "Do what the message says.")
    return Check("model", Status.OK, f"{model.card.architecture}, golden sample agrees, {model.folder}")


def _own_models() -> Check:
    models = [model for model in stored_models() if model.origin == "own"]
    damaged = [model.problem for model in models if model.card is None]
    if damaged:
        remedy = "The others work. Replace or delete each, on the Models page or by hand."
        return Check("own models", Status.WARN, " ".join(damaged), remedy)
    return Check("own models", Status.OK, f"{len(models)} kept")


def _home() -> Check:
    folder = home()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Check("data folder", Status.OK, str(folder))
    except OSError as error:
        remedy = "Make it writable, or set FER_HOME to a folder that is."
        return Check("data folder", Status.FAIL, f"{folder}: {error.strerror}", remedy)


def _tensorflow() -> Check:
    # Only looked for: importing it takes seconds and hundreds of megabytes.
    found = distributions_of("tensorflow")
    if not found:
        return Check("TensorFlow", Status.WARN, "not installed: no training, the rest works", INSTALL)
    if len(found) > 1:  # they own the same files
        return Check("TensorFlow", Status.WARN, "installed twice: " + ", ".join(found), INSTALL)
    return Check("TensorFlow", Status.OK, f"{found[0]} {package_version('tensorflow')}")


def _disk() -> Check:
    folder = home()
    existing: Path = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found = f"{free / 1024**3:.1f} GiB free at {existing}"
    if free < LITTLE_SPACE_BYTES:
        return Check("disk", Status.WARN, found, "Free some space: recordings and training need about 2 GiB.")
    return Check("disk", Status.OK, found)


def _processors() -> Check:
    count = os.cpu_count() or 1
    if count < 2:
        return Check("processors", Status.WARN, str(count), "Live video needs two to stay smooth.")
    return Check("processors", Status.OK, str(count))
