"""Fetch YuNet's file from OpenCV's model zoo, checked against a pinned hash. Its absence is no error: Haar steps in."""

import hashlib
import http.client
import threading
import urllib.request
from typing import Final

from fer_core.faces.detector import yunet_path
from fer_core.paths import SHIPPED_MODELS, home
from fer_core.whole_files import write_whole

YUNET_FILE: Final = "face_detection_yunet_2023mar.onnx"
YUNET_URL: Final = (
    "https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/" + YUNET_FILE
)
YUNET_SHA256: Final = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
YUNET_BYTES: Final = 232_589

CONNECT_TIMEOUT_S: Final = 5.0
"""For connecting, and for each pause while reading."""

TOTAL_TIMEOUT_S: Final = 20.0
"""For everything, name lookup and a server that drips included: this runs at every start of the app."""

LATER: Final = "Haar is used instead. Later: python -m fer_core fetch-detector, or set FER_YUNET=/path/to/the/file.onnx"


def fetch_detector(url: str = YUNET_URL, *, sha256: str = YUNET_SHA256, size: int = YUNET_BYTES) -> str | None:
    """Make sure that YuNet's file is there.

    Args:
        url: where to fetch it from.
        sha256: hex digest of the right file.
        size: of the right file, in bytes.

    Returns:
        A line for people: that it was fetched, or why not. None when it was there already.
    """
    present = yunet_path()
    if present is not None:
        if present.is_file():
            return None
        return f"FER_YUNET names {present}, which is not a file. Correct or unset it."
    data = _download(url, limit=size)
    if isinstance(data, str):
        return f"The face detector YuNet could not be fetched ({data}). {LATER}"
    if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
        return f"The face detector YuNet arrived altered ({len(data)} bytes) and was discarded. {LATER}"
    return _store(data)


def _download(url: str, *, limit: int) -> bytes | str:
    """At most `limit` + 1 bytes of it, or why there are none."""
    answers: list[bytes | str] = []

    def work() -> None:
        try:
            with urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_S) as response:
                answers.append(response.read(limit + 1))
        except (OSError, ValueError, http.client.HTTPException) as error:
            answers.append(str(getattr(error, "reason", error)) or type(error).__name__)

    # In a thread of its own, as no time-out of a socket bounds the lookup of a name.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(TOTAL_TIMEOUT_S)
    return answers[0] if answers else f"no answer in {TOTAL_TIMEOUT_S:.0f} s"


def _store(data: bytes) -> str:
    """Write it beside the shipped models or, where that folder is not ours, into the user's."""
    reason = ""
    for folder in (SHIPPED_MODELS, home() / "models"):
        path = folder / YUNET_FILE
        try:
            write_whole(path, data)
        except OSError as error:
            reason = str(error)
            continue
        return f"Face detector YuNet fetched: {path}"
    return f"The face detector YuNet could not be stored ({reason}). {LATER}"
