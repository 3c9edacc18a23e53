"""One file after the other through the same detector and model, into the same results: the command line's and the
Analyse page's common part.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fer_core.analyse import AnalysedFrame, FrameSink, Progress, analyse_media, pipeline_for
from fer_core.detector import FaceDetector
from fer_core.errors import MediaError
from fer_core.media import MediaInfo, open_media, probe
from fer_core.model import EmotionModel
from fer_core.result_files import ResultWriter
from fer_core.timing import Sampling


@dataclass(frozen=True)
class FileOutcome:
    """How one file went.

    Attributes:
        info: what the file said of itself.
        last_s: time of the last analysed frame, in seconds.
        damage: what was broken or left out of it, a sentence; None when it was analysed whole.
    """

    info: MediaInfo
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
        """Analyse one file.

        Args:
            path: the file.
            source: what the results call it.
            on_frame: gets each result.
            on_progress: as for `analyse_media`.
            frame_sink: likewise.

        Raises:
            MediaError: it cannot be read, or `frame_sink` cannot write.
            OSError: the results cannot be written.
        """
        with open_media(path, decoder_threads=self.decoder_threads) as media:
            frames = analyse_media(
                media,
                pipeline_for(media.info, self.detector, self.model, self.sampling, max_faces=self.max_faces),
                sampling=self.sampling,
                on_progress=on_progress,
                should_stop=self.should_stop,
                frame_sink=frame_sink,
            )
            last_s = 0.0
            ended: str | None = "its analysis broke off here"
            try:
                for frame in frames:
                    for writer in self.writers:
                        writer.add(source, media.info, frame)
                    on_frame(frame)
                    last_s = frame.result.captured_at_s
                ended = media.damage
            finally:  # so that another file can follow
                for writer in self.writers:
                    writer.end_source(ended)
            return FileOutcome(media.info, last_s, media.damage)


def expected_frames(paths: Sequence[Path], sampling: Sampling) -> int | None:
    """About how many frames all files give; None where one does not say. Unreadable ones count nothing."""
    total = 0
    for path in paths:
        try:
            expected = probe(path).expected_frames(sampling)
        except MediaError:
            continue  # told when its turn comes
        if expected is None:
            return None
        total += expected
    return total
