"""Report on a run over files: its progress while it works, and a summary at its end."""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from fer_core.console import print_notice
from fer_core.emotions import UNSURE
from fer_core.files.analyse import Progress
from fer_core.results import FrameResult, Level

SECONDS_BETWEEN_LINES: Final = 10.0


class ProgressLines:
    """A bar on a terminal, now and then a line elsewhere; on stderr, as stdout is the result's."""

    def __init__(self, expected_frames: int | None) -> None:
        """Begin a run.

        Args:
            expected_frames: about how many frames all its files have; None where that is unknown.
        """
        self._bar: Any = None
        self._source = ""
        self._frames = 0
        self._started = self._printed_at = time.monotonic()
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=expected_frames, unit=" frames", dynamic_ncols=True, smoothing=0.1)

    def begin(self, source: str) -> None:
        """Name the file that is analysed next."""
        self._source = source
        if self._bar is not None:
            self._bar.set_description(source[-32:], refresh=False)

    def advance(self, progress: Progress) -> None:
        """Count one more frame of the file; on a terminal the bar moves, elsewhere a line comes now and then."""
        self._frames += 1
        if self._bar is not None:
            self._bar.update()
            return
        now = time.monotonic()
        if now - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = now
            of = f" of {progress.duration_s:.0f}" if progress.duration_s else ""
            speed = self._frames / (now - self._started)
            print_notice(f"{self._source}: {progress.time_s:.0f}{of} s, {speed:.0f} frames/s")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


@dataclass
class Tally:
    """Counts of a run, which grow as it works.

    Attributes:
        sources: files that gave frames.
        frames: analysed, of all files.
        frames_without_face: of these.
        media_s: seconds of video analysed.
        labels: how often each label, or "unsure", was given, named or leaning.
        leaning: of these, how often the face was only leaning to it.
        damaged: source to a sentence on what was broken in it.
        unreadable: source to a sentence on why it gave nothing.
    """

    sources: int = 0
    frames: int = 0
    frames_without_face: int = 0
    media_s: float = 0.0
    labels: Counter[str] = field(default_factory=Counter)
    leaning: Counter[str] = field(default_factory=Counter)
    damaged: dict[str, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def add(self, result: FrameResult) -> None:
        """Count one frame and the labels of its faces."""
        self.frames += 1
        self.frames_without_face += not result.faces
        self.labels.update(face.label or UNSURE for face in result.faces)
        self.leaning.update(face.label for face in result.faces if face.label and face.level is Level.LEANING)

    def end_source(self, source: str, seconds: float, damage: str | None) -> None:
        """Count one file that gave frames over so many seconds."""
        self.sources += 1
        self.media_s += seconds
        if damage is not None:
            self.damaged[source] = f"{source}: {damage}"

    def merge(self, other: "Tally") -> None:
        """Count what another one counted, as of a film that another process analysed."""
        self.sources += other.sources
        self.frames += other.frames
        self.frames_without_face += other.frames_without_face
        self.media_s += other.media_s
        self.labels += other.labels
        self.leaning += other.leaning
        self.damaged |= other.damaged
        self.unreadable |= other.unreadable

    def summary(self, seconds: float) -> str:
        """Some lines: how much, which labels, how far they can be trusted, how fast. `seconds` is what it took."""
        speed = f"{self.frames / seconds:.0f} frames/s"
        if self.media_s:
            speed += f", {self.media_s / seconds:.1f} times real time ({self.media_s:.1f} s of video)"
        counts = (
            _counted(self.sources, "file"),
            _counted(self.frames, "frame"),
            _counted(self.labels.total(), "face view"),
            _counted(self.frames_without_face, "frame") + " without a face",
        )
        return "\n".join([", ".join(counts), *self._label_lines(), f"Took {seconds:.1f} s: {speed}"])

    def _label_lines(self) -> list[str]:
        faces = self.labels.total()
        if not faces:
            return ["Labels: none"]
        shares = []
        for label, count in self.labels.most_common():
            part = f" ({self.leaning[label] / faces:.0%} probably)" if self.leaning[label] else ""
            shares.append(f"{label} {count / faces:.0%}{part}")
        named = faces - self.leaning.total() - self.labels[UNSURE]
        counts = {Level.NAMED: named, Level.LEANING: self.leaning.total(), Level.UNSURE: self.labels[UNSURE]}
        levels = (f"{level} {count / faces:.0%}" for level, count in counts.items())
        return [f"Labels: {', '.join(shares)}", f"Levels: {', '.join(levels)}"]


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")
