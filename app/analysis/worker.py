"""The one thread of the process that analyses files, in turn and on one core, so that live pages keep theirs.

Imports no Streamlit.
"""

import contextlib
import os
import threading
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import chain, zip_longest
from typing import Final

import cv2
import numpy as np

from app.analysis.copies import THUMBNAIL_PX, AnnotatedCopy, first_picture, small_jpeg
from app.analysis.explanation import save_faces
from app.analysis.jobs import AnalysisJob, InputFile
from app.analysis.summary import SummaryBuilder
from fer_core.errors import FerError, MediaError, ResultsError, error_words
from fer_core.expressions.model import load_model
from fer_core.faces.detector import build_detector
from fer_core.files.file_run import FileRun, expected_frames
from fer_core.files.media import probe
from fer_core.files.result_files import Provenance, result_file
from fer_core.names import printable, shown_name
from fer_core.results import FrameResult

NICE: Final = 10
"""Where the system knows it, the thread gives way to the live pages' threads."""

THUMBNAILS_S: Final = 2.0
"""So long a job may look at its files before its work begins."""


class AnalysisQueue:
    """Jobs one at a time, by turns for those who wait: whoever asked for many must let others between.

    The owners stand in a circle. Each one's turn is one job; their own jobs keep their order.
    """

    def __init__(self) -> None:
        """Nothing to do yet; the thread starts with the first job."""
        self._waiting: dict[str, deque[AnalysisJob]] = {}  # an owner without jobs is not in it
        self._at_work: AnalysisJob | None = None
        self._served = ""  # the owner of the job at work
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        """How many jobs are at work or wait."""
        with self._changed:
            return len(self._in_order())

    def submit(self, job: AnalysisJob, owner: str = "") -> None:
        """Do it when its turn comes.

        Args:
            job: what to do.
            owner: whom it is done for; jobs without one are one owner's.
        """
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="analyse-files", daemon=True)
                self._thread.start()
            self._changed.notify()

    def ahead_of(self, job: AnalysisJob) -> int:
        """How many jobs are done before this one, as things stand; 0 where it is at work or done."""
        with self._changed:
            jobs = self._in_order()
            return jobs.index(job) if job in jobs else 0

    def _in_order(self) -> list[AnalysisJob]:
        """All jobs as they will be done; to be called with the lock."""
        owners = sorted(self._waiting, key=lambda owner: owner == self._served)  # who is served now stands last
        rounds = chain.from_iterable(zip_longest(*(self._waiting[owner] for owner in owners)))
        at_work = [self._at_work] if self._at_work is not None else []
        return at_work + [job for job in rounds if job is not None]

    def _next(self) -> AnalysisJob:
        """Take the next job; to be called with the lock, where one waits."""
        if self._served in self._waiting:
            self._waiting[self._served] = self._waiting.pop(self._served)  # had its turn: to the end of the circle
        self._served = next(iter(self._waiting))
        jobs = self._waiting[self._served]
        job = jobs.popleft()
        if not jobs:
            del self._waiting[self._served]
        return job

    def _work(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)  # on Linux, of this thread alone
        while True:
            with self._changed:
                self._at_work = None
                while not self._waiting:
                    self._changed.wait()
                self._at_work = self._next()
            run_job(self._at_work)


def run_job(job: AnalysisJob) -> None:
    """Analyse a job's files; whatever happens, it ends as done, with a sentence where something went wrong."""
    if not job.begin():
        return
    try:
        problem = _run(job)
    except FerError as error:
        problem = str(error)
    except OSError as error:
        problem = f"The results cannot be written: {error.strerror or error}. Check the disk's free space."
    except Exception as error:  # noqa: BLE001  # else this thread would end, and later jobs wait for ever
        problem = f"The analysis ended unexpectedly: {error_words(error)}. Try other settings or another file."
    job.finish(problem)


def _run(job: AnalysisJob) -> str:
    """Returns why there is no result, or nothing."""
    request = job.request
    cv2.setNumThreads(1)
    # A model of its own: shared ones are locked while they answer, and this thread may be slow to let go.
    model, detector = load_model(request.model), build_detector(request.detector)
    job.card = model.card
    job.expect(expected_frames([file.path for file in request.files], request.sampling))
    _show_thumbnails(job)
    provenance = Provenance(model.card, detector.name, request.sampling, request.max_faces)
    done = 0
    unreadable: dict[str, str] = {}
    with ExitStack() as stack:
        writers = [stack.enter_context(result_file(path, provenance)) for path in (job.csv, job.json)]
        run = FileRun(detector, model, request.sampling, writers, job.is_cancelled, decoder_threads=1)
        for index, file in enumerate(request.files):
            if job.is_cancelled():
                break
            sentence = _analyse_one(job, index, file, run)
            if sentence:
                unreadable[file.title] = sentence
            else:
                done += 1
        for writer in writers:
            writer.finish(unreadable)
    if not done:  # each line says why
        job.csv.unlink()
        job.json.unlink()
    return ""


def _show_thumbnails(job: AnalysisJob) -> None:
    """Of the files that will be analysed first, as many as take no time worth telling; the others get theirs later."""
    until_s = time.monotonic() + THUMBNAILS_S
    for index, file in enumerate(job.request.files):
        if time.monotonic() > until_s or job.is_cancelled():
            return
        thumbnail_jpeg = first_picture(file.path)
        job.update_file(index, partial(replace, thumbnail_jpeg=thumbnail_jpeg))


def _analyse_one(job: AnalysisJob, index: int, file: InputFile, run: FileRun) -> str:
    """One file; returns why it could not be analysed, or nothing."""
    job.begin_file(index)
    try:
        _analyse_readable(job, index, file, run)
        return ""
    except MediaError as error:
        sentence = _for_people(error, file)
    except ResultsError:
        raise  # the other files would fare no better
    except Exception as error:  # noqa: BLE001  # one file's surprise must not take the others with it
        sentence = f"It could not be analysed: {error_words(error)}. Convert it and try again."
    finally:
        if file.is_upload:  # nothing else is stored of what people showed
            file.path.unlink(missing_ok=True)
    job.update_file(index, lambda view: replace(view, state="failed", sentence=sentence))
    return sentence


def _analyse_readable(job: AnalysisJob, index: int, file: InputFile, run: FileRun) -> None:
    info = probe(file.path)
    # A picture's faces are all looked at: that takes no longer than one frame of a video.
    run = replace(run, max_faces=None if info.is_picture else job.request.max_faces)
    summary = SummaryBuilder(is_picture=info.is_picture)
    copy = AnnotatedCopy(
        job.folder / f"{index:05d}{'.jpg' if info.is_picture else '.mp4'}",
        is_wanted=info.is_picture or job.request.annotated,
        show=job.show_preview,
    )
    faces = job.folder / f"{index:05d}-faces.npz"

    def take(frame_bgr: np.ndarray, result: FrameResult) -> None:
        if job.view_file(index).thumbnail_jpeg is None:
            job.update_file(index, partial(replace, thumbnail_jpeg=small_jpeg(frame_bgr, THUMBNAIL_PX)))
        copy.add(frame_bgr, result)
        if info.is_picture and result.faces:
            save_faces(faces, frame_bgr, result)

    with copy:
        outcome = run.analyse(
            file.path,
            file.title,
            on_frame=lambda frame: summary.add(frame.result),
            on_progress=partial(job.count_frame, index),
            frame_sink=take,
        )
    whole = summary.summary()
    stopped = job.is_cancelled() and outcome.damage is not None
    job.update_file(
        index,
        lambda view: replace(
            view,
            state="stopped" if stopped else "done",
            sentence=_sentence(outcome.damage) if whole.looks else "",
            summary=whole if whole.looks else None,
            copy=copy.path if copy.path.exists() else None,
            faces=faces if faces.exists() else None,
        ),
    )


def _for_people(error: MediaError, file: InputFile) -> str:
    """Without the place on the disk, and not beginning with the file's name, which stands beside it."""
    words = str(error)
    for place in (printable(str(file.path)), shown_name(file.path)):
        words = words.replace(place, file.title)
    words = words.removeprefix(f"{file.title}: ")
    return words[:1].upper() + words[1:]


def _sentence(damage: str | None) -> str:
    return "" if damage is None else f"{damage[:1].upper()}{damage[1:]}."
