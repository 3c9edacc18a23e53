"""Analyse one file after the other with the same detector and model, into the same results.

The command line and the Analyse page share it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fer_core.errors import MediaError, ResultsError, error_words
from fer_core.expressions.model import EmotionModel
from fer_core.faces.detector import FaceDetector
from fer_core.files.analyse import AnalysedFrame, FrameSink, Progress, analyse_media, pipeline_for
from fer_core.files.media import MediaFile, MediaInfo, open_media, probe
from fer_core.files.result_files import ResultWriter
from fer_core.files.timing import Sampling
from fer_core.names import shown_name


@dataclass(frozen=True)
class FileOutcome:
    """How one file went.

    Attributes:
        info: what the file said of itself.
        first_s, last_s: times of the first and the last analysed frame, in seconds.
        damage: what was broken or left out of it, a sentence; None when it was analysed whole.
    """

    info: MediaInfo
    first_s: float
    last_s: float
    damage: str | None


@dataclass(frozen=True)
class FileRun:
    """What stays the same from file to file. Belongs to one thread.

    Attributes:
        writers: each gets every result.
        should_stop: asked before each frame.
        decoder_threads: see `open_media`.
        max_faces: see `pipeline_for`.
    """

    detector: FaceDetector
    model: EmotionModel
    sampling: Sampling
    writers: Sequence[ResultWriter]
    should_stop: Callable[[], bool]
    decoder_threads: int | None = None
    max_faces: int | None = None

    def analyse(
        self,
        path: Path,
        source: str,
        *,
        on_frame: Callable[[AnalysedFrame], None],
        on_progress: Callable[[Progress], None],
        frame_sink: FrameSink | None = None,
    ) -> FileOutcome:
        """Analyse one file. Whatever goes wrong in it, the next one can follow.

        Args:
            path: the file.
            source: what the results call it.
            on_frame: gets each result.
            on_progress: as for `analyse_media`.
            frame_sink: likewise.

        Raises:
            MediaError: it cannot be read or analysed, or `frame_sink` cannot write.
            ResultsError: the results cannot be written.
        """
        first_s = last_s = None
        try:
            with open_media(path, decoder_threads=self.decoder_threads) as media, self._source_end(media):
                for frame in self._frames(media, on_progress, frame_sink):
                    with _results():
                        for writer in self.writers:
                            writer.add(source, media.info, frame)
                    on_frame(frame)
                    last_s = frame.result.captured_at_s
                    first_s = last_s if first_s is None else first_s
        except (MediaError, ResultsError):
            raise
        except Exception as error:  # what no decoder foresaw in one file must not take the others with it
            if last_s is None:
                name = shown_name(path)
                raise MediaError(
                    f"{name}: it could not be analysed ({error_words(error)}). Convert it and try again."
                ) from error
        return FileOutcome(media.info, first_s or 0.0, last_s or 0.0, media.damage)

    def _frames(
        self, media: MediaFile, on_progress: Callable[[Progress], None], frame_sink: FrameSink | None
    ) -> Iterator[AnalysedFrame]:
        return analyse_media(
            media,
            pipeline_for(media.info, self.detector, self.model, self.sampling, max_faces=self.max_faces),
            sampling=self.sampling,
            on_progress=on_progress,
            should_stop=self.should_stop,
            frame_sink=frame_sink,
        )

    @contextmanager
    def _source_end(self, media: MediaFile) -> Iterator[None]:
        """Closes a file's part of the results, however its analysis ends, so that another file can follow."""
        try:
            yield
        except BaseException as error:
            media.damage = f"its analysis broke off here ({error_words(error)})"
            raise
        finally:
            with _results():
                for writer in self.writers:
                    writer.end_source(media.damage)


@contextmanager
def _results() -> Iterator[None]:
    """What fails within is the results' fault, and no file's."""
    try:
        yield
    except OSError as error:
        raise ResultsError(
            f"The results cannot be written: {error.strerror or error}. Check the disk's free space."
        ) from error


def expected_frames(paths: Sequence[Path], sampling: Sampling) -> int | None:
    """About how many frames all files give; None where one does not say.

    Files that cannot be read count nothing here; `FileRun.analyse` says later what is wrong with them.
    """
    total = 0
    for path in paths:
        try:
            expected = probe(path).expected_frames(sampling)
        except Exception:  # noqa: BLE001 - an estimate must not end a run, whatever a decoder makes of a broken file  # nosec B112
            continue
        if expected is None:
            return None
        total += expected
    return total
