"""Analysing files for the Analyse page: jobs, and the one thread of the process that does them in turn.

A job belongs to the browser tab that asked for it. Its folder holds its uploads until they are analysed, then its
results; all of it goes with the job. Imports no Streamlit.
"""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from app.analysis.summary import FileSummary
from fer_core.expressions.card import ModelCard
from fer_core.faces.detector import DetectorName
from fer_core.files.analyse import Inputs, Progress, expand_inputs
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.limits import MAX_FACES
from fer_core.names import distinct_names, shown_name

CSV, JSON = "results.csv", "results.json"
MIN_REMAINING_AFTER_S: Final = 2.0
"""Before this nobody can tell how long the rest will take."""

FileState = Literal["waiting", "running", "done", "stopped", "failed"]
AnalysisState = Literal["waiting", "running", "done"]


@dataclass(frozen=True)
class InputFile:
    """A file to analyse.

    Attributes:
        path: where it is.
        title: what people call it; results name it so.
        is_upload: it was stored for this job and goes when it has been analysed.
    """

    path: Path
    title: str
    is_upload: bool = False


@dataclass(frozen=True)
class AnalysisRequest:
    """What to do.

    Attributes:
        files: in this order.
        model: name of a model.
        detector: None for the best there is.
        sampling: which frames to look at.
        annotated: also make copies of the videos with boxes and labels; pictures always get theirs.
        max_faces: of a video's frame, the largest ones; a picture's are always all analysed.
        passed_over: a sentence on files of a folder that are no pictures or videos; else empty.
    """

    files: tuple[InputFile, ...]
    model: str = "default"
    detector: DetectorName | None = None
    sampling: Sampling = EVERY_FRAME
    annotated: bool = True
    max_faces: int = MAX_FACES
    passed_over: str = ""


@dataclass(frozen=True)
class FileView:
    """How far one file is.

    Attributes:
        time_s: how far into it the analysis is.
        duration_s: its length; None while that is unknown.
        share: how much of it is done, 0-1; None while that is unknown.
        remaining_s: about how long the rest of it will take; None while that is unknown, and where it is not at work.
        thumbnail_jpeg: its first picture, small; None before it was looked at, and where it shows none.
        sentence: why it failed, or what was broken in it; else empty.
        summary: what it showed, once it is done or stopped.
        copy: its annotated picture or video, once there is one.
        faces: where `app.analysis.explanation` finds a picture's faces; None for videos and without a face.
    """

    title: str
    state: FileState = "waiting"
    time_s: float = 0.0
    duration_s: float | None = None
    share: float | None = None
    remaining_s: float | None = None
    thumbnail_jpeg: bytes | None = None
    sentence: str = ""
    summary: FileSummary | None = None
    copy: Path | None = None
    faces: Path | None = None


@dataclass(frozen=True)
class AnalysisView:
    """A look at a job.

    Attributes:
        files: in the request's order.
        share: 0-1 of the whole; None where it is unknown.
        seconds: that the work has taken.
        remaining_s: about how long the rest will take; None while that is unknown.
        preview_jpeg: a recent frame with its labels; None before the first.
        problem: why nothing could be done or written at all, a sentence; else empty.
    """

    state: AnalysisState
    files: tuple[FileView, ...]
    share: float | None = None
    seconds: float = 0.0
    remaining_s: float | None = None
    preview_jpeg: bytes | None = None
    problem: str = ""


class AnalysisJob:
    """One request on its way. Thread-safe.

    Pages call `view`, `cancel` and `discard`; the worker calls `begin`, what follows it, and last `finish`.
    """

    def __init__(self, request: AnalysisRequest, folder: Path) -> None:
        """A new job.

        Args:
            request: what to do.
            folder: of this job alone.
        """
        self.request = request
        self.folder = folder
        self.card: ModelCard | None = None
        """Of the model that judges, once it is loaded."""
        self._lock = threading.Lock()
        self._files = [FileView(file.title) for file in request.files]
        self._state: AnalysisState = "waiting"
        self._began_s = self._ended_s = self._file_began_s = 0.0
        self._looks = 0
        self._expected_looks: int | None = None
        self._preview_jpeg: bytes | None = None
        self._problem = ""
        self._cancelled = threading.Event()
        self._discarded = False

    @property
    def csv(self) -> Path:
        """The table, once the job is done and something could be analysed."""
        return self.folder / CSV

    @property
    def json(self) -> Path:
        """The same with its provenance. Where results are kept for good, they are taken from here."""
        return self.folder / JSON

    def view(self) -> AnalysisView:
        """Where it stands."""
        with self._lock:
            now_s = time.monotonic()
            seconds = (self._ended_s or now_s) - self._began_s if self._began_s else 0.0
            share = min(1.0, self._looks / self._expected_looks) if self._expected_looks else None
            remaining_s = _remaining_s(seconds, share) if self._state == "running" else None
            files = tuple(
                replace(file, remaining_s=_remaining_s(now_s - self._file_began_s, file.share))
                if file.state == "running"
                else file
                for file in self._files
            )
            return AnalysisView(self._state, files, share, seconds, remaining_s, self._preview_jpeg, self._problem)

    def view_file(self, index: int) -> FileView:
        """Where this file stands, without what is computed for `view`."""
        with self._lock:
            return self._files[index]

    def cancel(self) -> None:
        """End it at the next frame, or at once where it still waits; what was analysed until then is kept."""
        self._cancelled.set()
        with self._lock:
            is_waiting = self._state == "waiting"
        if is_waiting:
            self.finish()

    def is_cancelled(self) -> bool:
        """Whether somebody asked to end it."""
        return self._cancelled.is_set()

    def discard(self) -> None:
        """End it and delete everything of it, at once or as soon as the worker has let go."""
        self.cancel()
        with self._lock:
            self._discarded = True
            is_at_work = self._state == "running"
        if not is_at_work:
            shutil.rmtree(self.folder, ignore_errors=True)

    def begin(self) -> bool:
        """The worker takes it; False where somebody ended it while it waited."""
        with self._lock:
            if self._state != "waiting":
                return False
            self._state, self._began_s = "running", time.monotonic()
            return True

    def expect(self, looks: int | None) -> None:
        """So many frames will be analysed; None where that is unknown."""
        with self._lock:
            self._expected_looks = looks

    def update_file(self, index: int, update: Callable[[FileView], FileView]) -> None:
        """Replace a file's view by what `update` makes of it."""
        with self._lock:
            self._files[index] = update(self._files[index])

    def begin_file(self, index: int) -> None:
        """The work on this file begins."""
        with self._lock:
            self._file_began_s = time.monotonic()
            self._files[index] = replace(self._files[index], state="running")

    def count_frame(self, index: int, progress: Progress) -> None:
        """One more frame of that file was analysed."""
        with self._lock:
            self._looks += 1
            self._files[index] = replace(
                self._files[index],
                time_s=progress.time_s,
                duration_s=progress.duration_s,
                share=progress.share,
            )

    def show_preview(self, preview_jpeg: bytes) -> None:
        """Show this frame to those who look."""
        with self._lock:
            self._preview_jpeg = preview_jpeg

    def finish(self, problem: str = "") -> None:
        """The last thing that the worker does with it."""
        with self._lock:
            self._files = [
                replace(file, state="stopped") if file.state in ("waiting", "running") else file for file in self._files
            ]
            self._state, self._problem, self._ended_s = "done", problem, time.monotonic()
            discarded = self._discarded
        if discarded:
            shutil.rmtree(self.folder, ignore_errors=True)


def _remaining_s(seconds: float, share: float | None) -> float | None:
    """About how long the rest will take, at the pace so far; None while nobody can tell."""
    return seconds * (1 - share) / share if share and seconds >= MIN_REMAINING_AFTER_S else None


def server_files(folder: Path, chosen: Path) -> tuple[tuple[InputFile, ...], str]:
    """A file in a folder on the server, or the pictures and videos below a folder in it.

    Links are passed over: they may lead out of the folder.

    Returns:
        The files, with their paths from `folder` on as titles, and a sentence on what was passed over.

    Raises:
        MediaError: there is no picture or video in it.
    """
    found = expand_inputs([chosen])
    inside = [path for path in found.files if not path.is_symlink()]
    root = folder.resolve()
    files = tuple(InputFile(path, shown_name(path.relative_to(root).as_posix())) for path in inside)
    return files, Inputs(tuple(inside), found.skipped).sentence()


def unique_titles(files: Sequence[InputFile]) -> tuple[InputFile, ...]:
    """The same files; those that share a title are numbered, as results tell them apart by it."""
    titles = distinct_names(file.title for file in files)
    return tuple(replace(file, title=title) for file, title in zip(files, titles, strict=True))
