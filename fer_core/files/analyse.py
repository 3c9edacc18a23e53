"""Run the pipeline over files: the same analysis as live, frame by frame, in constant memory.

with open_media(path) as media:
    for frame in analyse_media(media, pipeline_for(media.info, detector, model)):
        ...
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from fer_core.errors import MediaError
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import FaceDetector
from fer_core.files.looks import SPARSE_S, Look, looks
from fer_core.files.media import VIDEO_SUFFIXES, MediaFile, MediaInfo
from fer_core.files.pictures.kinds import PICTURE_SUFFIXES, UNREADABLE_SUFFIXES
from fer_core.files.remarks import Remarks
from fer_core.files.timing import EVERY_FRAME, Sampling
from fer_core.limits import MAX_FACES
from fer_core.names import shown_name
from fer_core.pipeline import STILL, EmotionPipeline, PipelineSettings
from fer_core.results import FrameResult

SHOWN_NAMES: Final = 5
"""How many skipped files one sentence names at most."""


@dataclass(frozen=True)
class AnalysedFrame:
    """One frame's result.

    Attributes:
        index: the frame's number in its file, from 0.
        result: its `captured_at_s` counts from the file's start.
    """

    index: int
    result: FrameResult


@dataclass(frozen=True)
class Progress:
    """How far the analysis of one file is.

    Attributes:
        frames: analysed so far.
        time_s: of the last one, in the file.
        expected_frames: about how many there will be; None where the file does not say.
        duration_s: of the file; None where it does not say.
    """

    frames: int
    time_s: float
    expected_frames: int | None
    duration_s: float | None

    @property
    def share(self) -> float | None:
        """How much of the file is done, 0-1; None where its length is unknown."""
        if not self.expected_frames:
            return None
        return min(1.0, self.frames / self.expected_frames)


FrameSink = Callable[[np.ndarray, FrameResult], None]
"""Gets each analysed frame, uint8 (height, width, 3) BGR, with its result, before that is handed out."""


def pipeline_for(
    info: MediaInfo,
    detector: FaceDetector,
    model: EmotionModel,
    sampling: Sampling = EVERY_FRAME,
    *,
    max_faces: int | None = None,
) -> EmotionPipeline:
    """A fresh pipeline with the settings for a video or, where it is one, for a still picture.

    Args:
        info: of the file.
        detector: of this pipeline alone.
        model: may serve other pipelines too.
        sampling: which frames will be analysed.
        max_faces: how many faces of a frame, the largest ones, are analysed; None for all of a picture or of a
            video's only frame, and for `MAX_FACES` of any other.
    """
    if info.is_picture:
        return EmotionPipeline(detector, model, replace(STILL, max_faces=max_faces), min_hits=1)
    settings = PipelineSettings(max_faces=max_faces or MAX_FACES, max_faces_alone=max_faces)
    # Frames that lie far apart show a face too seldom for a second look at it.
    sparse = info.interval_s(sampling) > SPARSE_S
    return EmotionPipeline(detector, model, settings, min_hits=1 if sparse else 2)


def analyse_media(
    media: MediaFile,
    pipeline: EmotionPipeline,
    *,
    sampling: Sampling = EVERY_FRAME,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    frame_sink: FrameSink | None = None,
) -> Iterator[AnalysedFrame]:
    """Analyse an opened file, a few frames in memory at a time.

    A face is reported at its second detection, against false alarms. Where there is no second look soon, the first one
    counts: see `fer_core.files.looks`.

    Args:
        media: as `open_media` gave it; its `damage` says afterwards what was broken or is worth a remark.
        pipeline: a fresh one, as its faces and times belong to this file.
        sampling: which frames to look at.
        on_progress: called after each frame.
        should_stop: asked before each frame; True ends the analysis, and `media.damage` then says where.
        frame_sink: for the annotated copy.

    Raises:
        MediaError: nothing at all could be decoded.
    """
    expected = media.info.expected_frames(sampling)
    usual_hits, usual = pipeline.min_hits, pipeline.settings
    remarks = Remarks()
    for done, look in enumerate(looks(media.frames(sampling)), start=1):
        frame = look.frame
        if should_stop is not None and should_stop():
            media.damage = remarks.added_to(f"the analysis was stopped after {frame.time_s:.1f} s")
            return
        pipeline.min_hits = 1 if look.is_alone else usual_hits
        pipeline.settings = usual if media.info.is_picture else _settings_for(look, usual)
        result = pipeline.process(frame.frame_bgr, frame.time_s)
        remarks.see(result)
        if frame_sink is not None:
            frame_sink(frame.frame_bgr, result)
        if on_progress is not None:
            on_progress(Progress(done, frame.time_s, expected, media.info.duration_s))
        yield AnalysedFrame(frame.index, result)
    media.damage = remarks.added_to(media.damage)


def _settings_for(look: Look, usual: PipelineSettings) -> PipelineSettings:
    """Treat a video's only frame like a picture. Frames that lie far apart are each searched for faces."""
    if look.is_only:
        return replace(
            usual,
            smoothing=STILL.smoothing,
            detect_every=1,
            max_faces=usual.max_faces_alone,
            try_turns=STILL.try_turns,
        )
    return replace(usual, detect_every=1) if look.is_alone else usual


@dataclass(frozen=True)
class Inputs:
    """The files that were found.

    Attributes:
        files: to be analysed, each once.
        skipped: files in the folders whose suffix is neither a picture's nor a video's.
    """

    files: tuple[Path, ...]
    skipped: tuple[Path, ...] = ()

    def sentence(self) -> str:
        """Say which files were skipped; empty when none was."""
        count = len(self.skipped)
        if not count:
            return ""
        names = ", ".join(shown_name(path.name) for path in self.skipped[:SHOWN_NAMES])
        more = f" and {count - SHOWN_NAMES} more" if count > SHOWN_NAMES else ""
        if count == 1:
            return f"1 file is neither a picture nor a video and was skipped: {names}."
        return f"{count} files are neither pictures nor videos and were skipped: {names}{more}."


def expand_inputs(inputs: Sequence[Path]) -> Inputs:
    """Files as they are, folders as the pictures and videos below them, sorted, each once; hidden ones left out.

    Raises:
        MediaError: a folder holds none.
    """
    known = PICTURE_SUFFIXES | UNREADABLE_SUFFIXES | VIDEO_SUFFIXES
    files: dict[Path, None] = {}
    skipped: list[Path] = []
    for given in inputs:
        if not given.is_dir():
            files[given] = None
            continue
        below = _visible_files(given)
        found = [path for path in below if path.suffix.lower() in known]
        if not found:
            raise MediaError(f"{shown_name(given)}: no picture or video in this folder. Choose another.")
        files.update(dict.fromkeys(found))
        skipped += [path for path in below if path.suffix.lower() not in known]
    return Inputs(tuple(files), tuple(skipped))


def _visible_files(folder: Path) -> list[Path]:
    """Every file below it, sorted, without hidden ones and those in hidden folders."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if not any(part.startswith(".") for part in path.relative_to(folder).parts) and path.is_file()
    ]
