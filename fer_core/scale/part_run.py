"""Analyse the parts of a film, each from a little before its own start on, and join them to the whole film's results.

A part begins without knowing what came before. At its own first frame, after the overlap, what its pipeline knows is
compared with what the part before knew at its end. Where both go on alike, as they nearly always do, all rows of the
part are those of the whole film but for the faces' numbers, which are told in those of the part before. Where they do
not, as when two emotions are so close that the label that was shown first stays, the part is analysed again from what
was known, until both go on alike. So the rows never depend on where a film is split.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import FaceDetector
from fer_core.files.analyse import AnalysedFrame, analyse_media, pipeline_for
from fer_core.files.media import open_media
from fer_core.files.media_file import MediaFile, TimedFrame
from fer_core.files.timing import EVERY_FRAME, FrameStart, Sampling
from fer_core.files.video_file import VideoFile
from fer_core.pipeline_memory import Numbering, PipelineMemory
from fer_core.results import FaceEmotion
from fer_core.scale.parts import TURN, Part

MARK_EVERY: Final = 40 * TURN
"""Looks between two memories that a part keeps, to be compared where it is analysed again."""
DECODER_THREADS: Final = 1
"""A task is one core's work: more threads would take what other tasks were given."""


class CannotSplitError(Exception):
    """The parts of this film may not give the whole film's rows: analyse it as a whole."""


@dataclass(frozen=True)
class Looker:
    """What analyses, the same for every film of a process. Belongs to one thread.

    Attributes:
        sampling: which frames are looked at.
        max_faces: see `pipeline_for`.
    """

    detector: FaceDetector
    model: EmotionModel
    sampling: Sampling = EVERY_FRAME
    max_faces: int | None = None


@dataclass
class PartResult:
    """What the analysis of a part gave.

    Attributes:
        frames: of the part's own looks; faces without landmarks and velocity, which no table has.
        memories: what the pipeline knew before a look, by the look's number: before the part's own first one, before
            some on the way, and before the next part's first one, where there is one.
        damage: of the film, a sentence, where this part is the last one; else None.
        took_s: seconds of work.
    """

    frames: list[AnalysedFrame] = field(default_factory=list)
    memories: dict[int, PipelineMemory] = field(default_factory=dict)
    damage: str | None = None
    took_s: float = 0.0


def analyse_part(path: Path, part: Part, looker: Looker) -> PartResult:
    """Analyse one part of a film.

    Args:
        path: the film.
        part: as `plan_parts` gave it.
        looker: what analyses.

    Raises:
        CannotSplitError: the film holds other frames than its container says, or something in it is damaged.
        MediaError: it cannot be read.
    """
    result, started = PartResult(), time.perf_counter()
    with PartWalk(path, part, PipelineMemory(frames=part.first), looker) as walk:
        if part.first == part.own:
            result.memories[part.own] = walk.memory()
        for look, frame in walk:
            if look >= part.own:
                result.frames.append(frame)
            after = look + 1 - part.own
            if after >= 0 and (after % MARK_EVERY == 0 or look + 1 == part.end):
                result.memories[look + 1] = walk.memory()
        result.damage = walk.damage
    result.took_s = time.perf_counter() - started
    return result


class JoinedParts:
    """The whole film's results, in order, from those of its parts; a part in memory at a time.

    Attributes:
        damage: what was broken in the film, a sentence, known when all was read; else None.
        again: how many looks had to be analysed again.
        took_s: seconds of work that the parts took.
    """

    def __init__(self, path: Path, parts: Sequence[Part], results: Iterator[PartResult], looker: Looker) -> None:
        """Join.

        Args:
            path: the film.
            parts: all of them.
            results: theirs, in the same order; each is asked for when the ones before are done.
            looker: as for the parts.
        """
        self.damage: str | None = None
        self.again = 0
        self.took_s = 0.0
        self._path, self._parts, self._results, self._looker = path, parts, results, looker

    def __iter__(self) -> Iterator[AnalysedFrame]:
        """Each look once.

        Raises:
            CannotSplitError: see `analyse_part`.
            MediaError: the film cannot be read.
        """
        known = PipelineMemory()
        for part, result in zip(self._parts, self._results, strict=True):
            numbering = known.numbering(result.memories[part.own])
            own = part.own
            if numbering is None:
                with PartWalk(self._path, part.from_own(), known, self._looker) as walk:
                    for look, frame in walk:
                        yield frame
                        self.again += 1
                        own = look + 1
                        if own in result.memories:
                            known = walk.memory()
                            numbering = known.numbering(result.memories[own])
                            if numbering is not None:
                                break
            if numbering is not None:
                for frame in result.frames[own - part.own :]:
                    yield _renumbered(frame, numbering)
                if part.end is not None:
                    known = result.memories[part.end].renumbered(numbering)
            self.damage = result.damage
            self.took_s += result.took_s


class PartWalk:
    """Goes through a part, look by look.

    Attributes:
        damage: see `PartResult`; known when the walk has ended.
    """

    def __init__(self, path: Path, part: Part, memory: PipelineMemory, looker: Looker) -> None:
        """Begin at the part's first look.

        Args:
            path: the film.
            part: which looks.
            memory: what is known before the first one.
            looker: what analyses.

        Raises:
            CannotSplitError: it is no video.
            MediaError: it cannot be read.
        """
        self.damage: str | None = None
        self._part, self._looker = part, looker
        media = open_media(path, decoder_threads=DECODER_THREADS)
        if not isinstance(media, VideoFile):
            media.close()
            raise CannotSplitError("it is no video")
        self._video = media
        self._pipeline = pipeline_for(
            media.info, looker.detector, looker.model, looker.sampling, max_faces=looker.max_faces
        )
        self._pipeline.recall(memory)

    def memory(self) -> PipelineMemory:
        """What the pipeline knows after the last look."""
        return self._pipeline.memory()

    def __iter__(self) -> Iterator[tuple[int, AnalysedFrame]]:
        """The number of each look from the part's first one on, the overlap's too, and its result.

        Raises:
            CannotSplitError: see `analyse_part`.
            MediaError: the film cannot be read.
        """
        part, look = self._part, self._part.first - 1
        frames = analyse_media(_FromHere(self._video, part.start), self._pipeline, sampling=self._looker.sampling)
        for look, frame in enumerate(frames, start=part.first):
            self._check(look, frame)
            yield look, _without_extras(frame)
            if look + 1 == part.end:
                break
        if self._video.is_damaged_so_far or (part.end is not None and look + 1 != part.end):
            raise CannotSplitError("it is damaged, or shorter than it says")
        self.damage = self._video.damage

    def _check(self, look: int, frame: AnalysedFrame) -> None:
        """A frame that is missing within a film gives all those after it other numbers than its container says."""
        expected = self._part.looks_to_check.get(look)
        if expected is not None and (expected.index, expected.time_s) != (frame.index, frame.result.captured_at_s):
            raise CannotSplitError("its frames are not those that its container says")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._video.close()


class _FromHere(MediaFile):
    """A video that begins at one of its frames."""

    def __init__(self, video: VideoFile, start: FrameStart | None) -> None:
        self.info = video.info
        self._video, self._start = video, start

    def frames(self, sampling: Sampling = EVERY_FRAME) -> Iterator[TimedFrame]:
        return self._video.frames(sampling, self._start)


def _without_extras(frame: AnalysedFrame) -> AnalysedFrame:
    """Only what is written, as it travels between processes."""
    faces = tuple(_with_face(one, one.face.track_id) for one in frame.result.faces)
    return replace(frame, result=replace(frame.result, faces=faces, latency_ms={}))


def _renumbered(frame: AnalysedFrame, numbering: Numbering) -> AnalysedFrame:
    faces = tuple(_with_face(one, numbering.of(one.face.track_id or 0)) for one in frame.result.faces)
    return replace(frame, result=replace(frame.result, faces=faces))


def _with_face(emotion: FaceEmotion, number: int | None) -> FaceEmotion:
    return replace(emotion, face=replace(emotion.face, track_id=number, landmarks=None, velocity=None))
