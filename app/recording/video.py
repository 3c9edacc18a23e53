"""The video of a recording: takes shown pictures without waiting, encodes them on a thread of its own.

Imports no Streamlit.
"""

import contextlib
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np

from app.store.database import Store
from app.store.sessions import forget_video, session
from fer_core.errors import MediaError
from fer_core.files.fragments import FRAGMENT_S, halves, rescue
from fer_core.files.video_writer import VideoWriter

log = logging.getLogger(__name__)

MAX_FPS: Final = 15.0
"""Expressions need no more, and each picture costs the live pages' processors time."""
MAX_WAITING: Final = 4
"""Pictures that wait for the encoder; when it is further behind, the next ones are left out."""
NICE: Final = 10
"""Where the system knows it, the encoder gives way to the live pages' threads."""
CLOSE_S: Final = 10.0


class VideoTrack:
    """Writes one MP4 file, which appears when it is closed. Thread-safe; `offer` neither waits nor raises."""

    def __init__(self, path: Path) -> None:
        """Start the thread; no file is made before the first picture."""
        self.path = path
        self.problem = ""
        """Why there is no video, or no more of it: a sentence; else empty."""
        self._waiting: queue.Queue[tuple[Callable[[], np.ndarray], float] | None] = queue.Queue(MAX_WAITING)
        self._taken_at_s, self._written_s = -1.0, 0.0
        self._failure = ""
        self._is_closed = self._is_unwanted = False
        self._thread = threading.Thread(target=self._work, name="session-video", daemon=True)
        self._thread.start()

    def offer(self, picture: Callable[[], np.ndarray], time_s: float) -> None:
        """Take a picture, unless its turn has not come or the encoder is behind.

        Args:
            picture: makes it, uint8 (height, width, 3), on the encoder's thread; nobody may change it afterwards.
            time_s: seconds since the session's start.
        """
        # A tenth early is on time: cameras do not keep time to the millisecond.
        if self._is_closed or time_s - self._taken_at_s < 0.9 / MAX_FPS:
            return
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait((picture, time_s))
            self._taken_at_s = time_s

    def close(self, *, discard: bool = False) -> None:
        """Write what waits, and finish the file, or leave none behind; waits for that at most `CLOSE_S`."""
        self._is_closed, self._is_unwanted = True, discard
        with contextlib.suppress(queue.Full):  # where the thread hangs, it is left alone
            self._waiting.put(None, timeout=CLOSE_S)
        self._thread.join(CLOSE_S)

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux, of this thread alone
        try:
            with contextlib.suppress(_UnwantedError), VideoWriter(self.path, threads=1, survives_kill=True) as writer:
                self._write(writer)
                if self._is_unwanted:
                    raise _UnwantedError  # so that the writer leaves nothing
        except (MediaError, OSError) as error:
            self._failure = self._failure or str(error)
        if self._failure:
            self._give_up()

    def _write(self, writer: VideoWriter) -> None:
        """Write what comes; what cannot be written ends the video, whose beginning the writer keeps."""
        try:
            while (taken := self._waiting.get()) is not None:
                picture, time_s = taken
                writer.write(picture(), time_s)
                self._written_s = time_s
        except MediaError as error:
            self._failure, self._is_closed = str(error), True
        # Broad on purpose: an error that ended this thread would end the video without a word.
        except Exception as error:
            log.exception("The video of a recording failed")
            self._failure, self._is_closed = f"{str(error) or type(error).__name__}.", True

    def _give_up(self) -> None:
        """Say why, and let go of the pictures that wait; the recording goes on without."""
        self._is_closed = True
        if self.path.is_file():
            kept_s = int(max(0.0, self._written_s - FRAGMENT_S))
            self.problem = (
                f"The video ends at about {kept_s // 60}:{kept_s % 60:02}; what came before is kept. {self._failure}"
            )
        else:
            self.problem = f"The video could not be kept: {self._failure}"
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait()


class _UnwantedError(Exception):
    """Raised to leave the writer without a file."""


def rescue_half_videos(store: Store, session_ids: Iterable[int]) -> int:
    """Make whole what a program that died left of the videos of these sessions; gives how many there are.

    What holds no picture is deleted, and then the session says no more that it has a video.

    Raises:
        StoreError: the sessions cannot be read or changed.
    """
    rescued = 0
    for session_id in session_ids:
        name = session(store, session_id).video_file
        if name is None:
            continue
        whole = store.videos / name
        for half in halves(whole):
            _rescue(half, whole, session_id)
        if whole.is_file():
            rescued += 1
        elif not halves(whole):
            forget_video(store, session_id)
    return rescued


def rescue_half_video(store: Store, session_id: int) -> None:
    """Make the video of one session whole that another server began, where its folder is shared with this one.

    Raises:
        StoreError: the session cannot be read or changed.
    """
    name = session(store, session_id).video_file
    if name is not None and halves(store.videos / name):
        rescue_half_videos(store, [session_id])


def _rescue(half: Path, whole: Path, session_id: int) -> None:
    try:
        if not rescue(half, whole):
            log.warning("The video of session %d holds no picture", session_id)
    except OSError as error:
        log.warning("The video of session %d cannot be rescued yet: %s", session_id, error)
