"""`python -m fer_core doctor`: check that everything the program needs is here, and say what to do where it is not.

The library's own checks stand here, the server's in app/doctor.
"""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from fer_core.errors import FerError
from fer_core.expressions.model import load_model
from fer_core.expressions.model_files import checked_network
from fer_core.expressions.model_list import StoredModel, stored_models
from fer_core.faces.blazeface import blazeface_folder
from fer_core.faces.detector import build_detector, detectors_here, yunet_path
from fer_core.findings import Check, Finding, Place, failing, look, ok, row, warning
from fer_core.paths import home
from fer_core.processor import NEEDED, cpuinfo_text, instruction_sets, kind, usable_cores
from fer_core.versions import REQUIREMENTS, distributions_of, package_version, required_versions

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
    "sqlalchemy",
    "alembic",
    "psycopg",
)
INSTALL: Final = "Run: touch requirements.txt && make setup"
"""The touch, as make would find nothing to do for packages that were removed since."""
LITTLE_SPACE_BYTES: Final = 2 * 1024**3
APP_DOCTOR: Final = Path(__file__).resolve().parent.parent / "app" / "doctor" / "examination.py"


def examine(place: Place | None = None) -> tuple[Check, ...]:
    """All checks, in the order of the report. Nothing is changed and nothing fetched.

    Args:
        place: where the app is to answer; None for its usual address.
    """
    return *examine_library(), *_server_checks(place or Place())


def examine_library() -> tuple[Check, ...]:
    """The checks of what every use of the program needs."""
    checks: Mapping[str, Callable[[], Finding]] = {
        "Python": _python,
        "packages": _packages,
        "OpenCV": _opencv,
        "TensorFlow": _tensorflow,
        "processor": _processor,
        "face detector": _detector,
        "model": _model,
        "own models": _own_models,
        "data folder": _home,
        "disk": _disk,
    }
    return tuple(look(name, check) for name, check in checks.items())


def _server_checks(place: Place) -> tuple[Check, ...]:
    """Those of the app, where it stands beside this library, which imports nothing of it (docs/decisions.md)."""
    if not APP_DOCTOR.is_file():
        return ()
    try:
        checks: tuple[Check, ...] = import_module("app.doctor.examination").examine_server(place)
    except ImportError as error:
        return (row("server", failing(f"not checked: {error}", INSTALL)),)
    return checks


def _python() -> Finding:
    found = platform.python_version()
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return ok(found)
    return failing(found, "Use Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python3")


def _packages() -> Finding:
    missing = [package for package in PACKAGES if package_version(package) is None]
    if missing:
        return failing("missing: " + ", ".join(missing), INSTALL)
    found = ", ".join(f"{package} {package_version(package)}" for package in PACKAGES)
    try:
        wanted = required_versions(REQUIREMENTS.read_text(encoding="utf-8"))
    except OSError:
        return ok(found)  # installed without its sources: nothing says which versions are meant
    others = [
        f"{package} {installed} instead of {version}"
        for package, version in wanted.items()
        if (installed := package_version(package)) not in (None, version)
    ]
    if others:
        return warning("not the tested versions: " + ", ".join(others), INSTALL)
    return ok(f"{found}: as in requirements.txt, with all {len(wanted)} that are pinned there")


def _opencv() -> Finding:
    import cv2

    if int(cv2.__version__.split(".")[0]) < 5:
        return ok(cv2.__version__)
    return failing(cv2.__version__, "Version 5 has no Haar cascades. " + INSTALL)


def _detector() -> Finding:
    fetch = "Run: python -m fer_core fetch-detector"
    try:
        name = build_detector().name
    except FerError as error:
        return failing(str(error), fetch)
    if name == "haar":
        return warning("Haar: slower, frontal faces only; the files of better detectors are missing", fetch)
    chosen = "FER_YUNET names it" if os.environ.get("FER_YUNET") else "the best whose files are here"
    found = f"BlazeFace, {blazeface_folder()}" if name == "blazeface" else f"YuNet, {yunet_path()}"
    return ok(f"{found}: {chosen}, of {', '.join(detectors_here())}")


def _model() -> Finding:
    try:
        model = load_model("default")
    except FerError as error:
        return failing(str(error), "Do what the message says.")
    files = len(model.card.sha256)
    return ok(f"{model.card.architecture}: sha256 of {files} files and golden sample agree, {model.folder}")


def _own_models() -> Finding:
    models = [model for model in stored_models() if model.origin == "own"]
    damaged = [problem for model in models if (problem := _damage(model))]
    if damaged:
        return warning(" ".join(damaged), "The others work. Replace or delete each, on the Models page or by hand.")
    return ok(f"{len(models)} kept, all intact")


def _damage(model: StoredModel) -> str:
    """Why a model is damaged, a sentence; empty where each of its files has the card's sha256."""
    if model.card is None:
        return model.problem
    try:
        checked_network(model.folder, model.card)
    except FerError as error:
        return str(error)
    return ""


def _home() -> Finding:
    folder = home()
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return ok(str(folder))
    except OSError as error:
        remedy = "Make it writable, or set FER_HOME to a folder that is."
        return failing(f"{folder}: {error.strerror}", remedy)


def _tensorflow() -> Finding:
    # Only looked for: importing it takes seconds and hundreds of megabytes.
    found = distributions_of("tensorflow")
    if not found:
        return warning("not installed: training is unavailable, everything else works", INSTALL)
    if len(found) > 1:  # they own the same files
        return warning("installed twice: " + ", ".join(found), INSTALL)
    return ok(f"{found[0]} {package_version('tensorflow')}")


def _processor() -> Finding:
    text, cores = cpuinfo_text(), usable_cores()
    sets = instruction_sets(text)
    found = f"{kind(text)}; {cores} of {os.cpu_count() or 1} cores; {' '.join(sets) or 'instruction sets unknown'}"
    if text and not set(sets) & set(NEEDED):
        return warning(found, f"Use a processor with one of {', '.join(NEEDED)}: analysis is several times as fast.")
    if cores < 2:
        return warning(found, "Give it two cores: live video needs them to stay smooth.")
    return ok(found)


def _disk() -> Finding:
    """Free space wherever the program writes, each file system once."""
    free: dict[int, tuple[int, list[str]]] = {}
    wanted = {
        "data": home(),
        "sessions and videos": home() / "sessions",
        "uploads": home() / "analyses",
        "archives": home() / "archives",
        "models": home() / "models",
        "temporary files": Path(tempfile.gettempdir()),
    }
    for name, folder in wanted.items():
        existing = _existing(folder)
        device = existing.stat().st_dev
        free.setdefault(device, (shutil.disk_usage(existing).free, []))[1].append(name)
    found = "; ".join(f"{size / 1024**3:.1f} GiB free for {', '.join(names)}" for size, names in free.values())
    if any(size < LITTLE_SPACE_BYTES for size, _ in free.values()):
        return warning(found, "Free some space: recordings and training need about 2 GiB.")
    return ok(found)


def _existing(folder: Path) -> Path:
    """That folder, or the nearest one above it that is there."""
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
