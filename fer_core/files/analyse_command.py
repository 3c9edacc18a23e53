"""`python -m fer_core analyse`: files in, one table or JSON document out, and an annotated copy on request."""

import argparse
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from fer_core.annotate import LabelPlaces, annotate
from fer_core.console import INTERRUPTED, print_line, print_notice
from fer_core.errors import MediaError, ResultsError
from fer_core.expressions.model import EmotionModel, load_model
from fer_core.faces.detector import DetectorName, FaceDetector, build_detector
from fer_core.files.analyse import FrameSink, expand_inputs
from fer_core.files.file_run import FileRun, expected_frames
from fer_core.files.input_lists import read_lists
from fer_core.files.media import MediaInfo, probe
from fer_core.files.pictures.kinds import WRITABLE_SUFFIXES
from fer_core.files.pictures.still import write_picture
from fer_core.files.result_files import WRITERS, Provenance, result_file
from fer_core.files.run_report import ProgressLines, Tally
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.files.video_writer import VideoWriter
from fer_core.names import distinct_names, shown_name
from fer_core.whole_files import check_writable

ALL_DONE: Final = 0
SOME_UNREADABLE: Final = 1


@dataclass(frozen=True)
class AnalyseJob:
    """What the command line asks for.

    Attributes:
        inputs: pictures, videos, folders and lists of them.
        output: ends in .csv or .json.
        annotated: ends in .mp4 or, for one picture, in a picture's suffix; None for no copy.
        detector: None for the best one there is.
        sampling: which frames to look at.
        max_faces: of a frame; None for all of a picture and the usual number of a video's frame.
    """

    inputs: tuple[Path, ...]
    output: Path
    annotated: Path | None = None
    detector: DetectorName | None = None
    sampling: Sampling = EVERY_FRAME
    max_faces: int | None = None


def run(options: argparse.Namespace) -> int:
    """The command with its parsed options; returns the exit status.

    Raises:
        FerError: nothing could be analysed or written.
    """
    job = AnalyseJob(
        inputs=tuple(options.inputs),
        output=options.output,
        annotated=options.annotated,
        detector=options.detector,
        sampling=Sampling(every=options.every, fps=options.fps),
        max_faces=options.max_faces,
    )
    return analyse_job(job, load_model(options.model))


def analyse_job(job: AnalyseJob, model: EmotionModel) -> int:
    """Do a job and print its summary; returns the exit status.

    Raises:
        FerError: nothing could be analysed or written.
    """
    found = expand_inputs(read_lists(job.inputs))
    _check_targets(job, found.files)
    started = time.perf_counter()
    with interrupt_flag() as interrupted:
        tally = _write_output(job, found.files, build_detector(job.detector), model, interrupted)
        stopped = interrupted()
    print_line(tally.summary(time.perf_counter() - started))
    written = [shown_name(path) for path in (job.output, job.annotated) if path is not None]
    print_line(f"Written: {', '.join(written)}")
    for sentence in (found.sentence(), *tally.damaged.values(), *tally.unreadable.values()):
        if sentence:
            print_notice(sentence)
    if stopped:
        print_notice("Interrupted: what was analysed until then was kept.")
        return INTERRUPTED
    return SOME_UNREADABLE if tally.unreadable else ALL_DONE


def _check_targets(job: AnalyseJob, paths: Sequence[Path]) -> None:
    """Refuse, before any work, outputs that could not be written at the end or would overwrite an input."""
    if job.output.suffix.lower() not in WRITERS:
        raise MediaError(
            f"{job.output}: expected an output ending in .csv or .json, found {job.output.suffix or 'none'}."
        )
    targets = [_real(path) for path in (job.output, job.annotated) if path is not None]
    for target in targets:
        if target in {_real(path) for path in paths} or targets.count(target) > 1 or target.is_dir():
            raise MediaError(f"{target}: is an input, a folder or given twice. Choose another name for the output.")
    _check_annotated(job, paths)
    for path in (job.output, job.annotated):
        if path is not None:
            with _refusals(path):
                check_writable(path)


def _real(path: Path) -> Path:
    """Without links; unlike `Path.resolve`, no error where links lead in a circle."""
    return Path(os.path.realpath(path))


def _check_annotated(job: AnalyseJob, paths: Sequence[Path]) -> None:
    if job.annotated is None:
        return
    if len(paths) != 1:
        raise MediaError(f"--annotated makes a copy of one picture or video, found {len(paths)}. Name one input.")
    allowed = _copy_suffixes(probe(paths[0]))
    if job.annotated.suffix.lower() not in allowed:
        raise MediaError(
            f"{job.annotated}: for {shown_name(paths[0].name)} expected a name ending in {', '.join(sorted(allowed))}."
        )


def _copy_suffixes(info: MediaInfo) -> Set[str]:
    """The suffixes that the copy's name may have. The copy of a video of one frame may be either."""
    if info.is_picture:
        return WRITABLE_SUFFIXES
    return {".mp4", *WRITABLE_SUFFIXES} if info.frame_count == 1 else {".mp4"}


def _write_output(
    job: AnalyseJob, paths: Sequence[Path], detector: FaceDetector, model: EmotionModel, interrupted: Callable[[], bool]
) -> Tally:
    """Analyse all files into the output, which takes its name only when everything is in it."""
    tally = Tally()
    with _refusals(job.output), ExitStack() as stack:
        provenance = Provenance(model.card, detector.name, job.sampling, job.max_faces)
        writer = stack.enter_context(result_file(job.output, provenance))
        run = FileRun(detector, model, job.sampling, [writer], interrupted, max_faces=job.max_faces)
        progress = stack.enter_context(ProgressLines(expected_frames(paths, job.sampling)))
        sink = _annotated_copy(job.annotated, stack)
        for path, source in zip(paths, distinct_names(map(shown_name, paths)), strict=True):
            if not interrupted():
                _analyse_one(path, source, run, tally, progress, sink)
        if not tally.sources:
            raise MediaError(_nothing_done(tally, len(paths)))
        writer.finish(tally.unreadable)
    return tally


@contextmanager
def _refusals(path: Path) -> Iterator[None]:
    """Turn system errors into a sentence about the output."""
    try:
        yield
    except ResultsError as error:
        raise ResultsError(f"{shown_name(path)}: {error}") from error
    except OSError as error:
        what = error.strerror or str(error)
        name = shown_name(path)
        raise MediaError(f"{name}: cannot be written: {what}. Check the folder and the space left.") from error


def _analyse_one(
    path: Path, source: str, run: FileRun, tally: Tally, progress: ProgressLines, sink: FrameSink | None
) -> None:
    """Write one file's results to the output; note an unreadable one in the tally."""
    progress.begin(source)
    try:
        outcome = run.analyse(
            path, source, on_frame=lambda frame: tally.add(frame.result), on_progress=progress.advance, frame_sink=sink
        )
        tally.end_source(source, outcome.last_s - outcome.first_s, outcome.damage)
    except MediaError as error:
        tally.unreadable[source] = str(error)


def _annotated_copy(path: Path | None, stack: ExitStack) -> FrameSink | None:
    """A sink that writes each frame with its result drawn on it."""
    if path is None:
        return None
    if path.suffix.lower() in WRITABLE_SUFFIXES:
        return lambda frame_bgr, result: write_picture(path, annotate(frame_bgr, result))
    video = stack.enter_context(VideoWriter(path))
    places = LabelPlaces()
    return lambda frame_bgr, result: video.write(annotate(frame_bgr, result, places=places), result.captured_at_s)


def _nothing_done(tally: Tally, count: int) -> str:
    if not tally.unreadable:
        return "Interrupted before anything was analysed; nothing was written."
    first = next(iter(tally.unreadable.values()))
    return first if count == 1 else f"None of the {count} files could be analysed. The first: {first}"


@contextmanager
def interrupt_flag() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and a polite kill end the work at the next frame, so that what was done is kept; a second one at once."""
    event = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield event.is_set  # signals reach the main thread alone
        return

    def stop(number: int, frame: FrameType | None) -> None:
        if event.is_set():
            raise KeyboardInterrupt
        event.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield event.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
