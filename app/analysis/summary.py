"""What a file showed, gathered while it is analysed, in a bounded amount of memory. Imports no Streamlit.

Each look counts for as long as its frame is shown, so that shares are shares of time, whatever the frame rate does.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS, UNSURE
from fer_core.results import FaceEmotion, FrameResult, Level, label_words

LABELS: Final = (*EMOTIONS, UNSURE)
"""What a face can be called, in the order of every share and count here."""
MAX_CELLS: Final = 600
"""Cells of a file's time axis; when they are used up, each two become one."""
_FIRST_CELL_S: Final = 0.02
_CALLED: Final = len(EMOTIONS) + 1
_LEANING: Final = _CALLED + len(LABELS)
_VALUES: Final = _LEANING + len(EMOTIONS)
"""Per cell and face, weighted by seconds: probabilities, valence, the time of each label, and how much of that of each
emotion the face was only leaning to it."""


@dataclass(frozen=True)
class FaceTimeline:
    """One face over a file's time; only where the file was looked at.

    Attributes:
        seconds: float (n,), since the file's start.
        probabilities: float (n, 7) in the order of EMOTIONS; NaN where the face was not in view.
        valence: float (n,), -1 to 1; likewise.
        labels: what the face was called most of that time; None where it was not in view.
        levels: how far that label could be trusted most of its time; likewise.
    """

    seconds: np.ndarray
    probabilities: np.ndarray
    valence: np.ndarray
    labels: tuple[str | None, ...]
    levels: tuple[Level | None, ...]


@dataclass(frozen=True)
class FaceSummary:
    """One face of a file.

    Attributes:
        number: the file's number for it.
        first_s, last_s: when it was seen first and last.
        seconds: how long it was in view.
        shares: of that time for each of LABELS, named or leaning; they sum to 1.
        leaning: of that time for each of EMOTIONS, only leaning to it: a part of `shares`.
        valence: mean, -1 to 1.
        timeline: for the chart.
    """

    number: int
    first_s: float
    last_s: float
    seconds: float
    shares: dict[str, float]
    leaning: dict[str, float]
    valence: float
    timeline: FaceTimeline

    @property
    def levels(self) -> dict[Level, float]:
        """Share of the time in view with each level; they sum to 1."""
        leaning, unsure = sum(self.leaning.values()), self.shares[UNSURE]
        return {Level.NAMED: max(0.0, 1 - leaning - unsure), Level.LEANING: leaning, Level.UNSURE: unsure}


@dataclass(frozen=True)
class FileSummary:
    """What one file showed.

    Attributes:
        seconds: its length as it was seen, whatever its head states; 0 for a picture.
        looks: frames analysed.
        faces: longest in view first; `numbered` has them by number.
        picture_faces: the faces of a picture as they were judged; empty for a video.
    """

    seconds: float
    looks: int
    faces: tuple[FaceSummary, ...]
    picture_faces: tuple[FaceEmotion, ...] = ()

    @property
    def main_label(self) -> str | None:
        """What the faces were called longest, all together; None without a face."""
        return max(LABELS, key=self._seconds) if self.faces else None

    @property
    def numbered(self) -> tuple[FaceSummary, ...]:
        """The faces by their numbers: those that came into view together stand from left to right."""
        return tuple(sorted(self.faces, key=lambda face: face.number))

    @property
    def shares(self) -> dict[str, float]:
        """Of the time in view of all faces together, for each of LABELS; they sum to 1. All 0 without a face."""
        whole = sum(face.seconds for face in self.faces)
        return {label: self._seconds(label) / whole if whole else 0.0 for label in LABELS}

    @property
    def leaders(self) -> list[tuple[str, float]]:
        """The labels that were shown with their shares, the longest first, without unsure."""
        shares = self.shares
        shown = [(label, shares[label]) for label in EMOTIONS if shares[label] > 0]
        return sorted(shown, key=lambda each: -each[1])

    @property
    def main_words(self) -> str:
        """The same in words: "sad", or "probably sad" where they were only leaning to it most of its time."""
        label = self.main_label
        if label is None or label == UNSURE:
            return label or ""
        is_leaning = self.leaning(label) > self.shares[label] / 2
        return label_words(label, Level.LEANING if is_leaning else Level.NAMED)

    def leaning(self, label: str) -> float:
        """Of the time in view of all faces together, the share in which they were only leaning to an emotion."""
        whole = sum(face.seconds for face in self.faces)
        return sum(face.leaning[label] * face.seconds for face in self.faces) / whole if whole else 0.0

    def _seconds(self, label: str) -> float:
        return sum(face.shares[label] * face.seconds for face in self.faces)


@dataclass
class _FaceSums:
    first_s: float
    last_s: float
    cells: dict[int, np.ndarray] = field(default_factory=dict)


class SummaryBuilder:
    """Takes a file's results one by one."""

    def __init__(self, *, is_picture: bool) -> None:
        self._is_picture = is_picture
        self._cell_s = _FIRST_CELL_S
        self._looked: set[int] = set()
        self._faces: dict[int, _FaceSums] = {}
        self._pending: FrameResult | None = None
        self._interval_s = 1.0
        self._looks = 0

    def add(self, result: FrameResult) -> None:
        """Take the next frame's result; it counts until the one after it."""
        if self._pending is not None:
            self._interval_s = result.captured_at_s - self._pending.captured_at_s
            self._count(self._pending, self._interval_s)
        self._pending = result
        self._looks += 1

    def summary(self) -> FileSummary:
        """After the last result."""
        last = self._pending
        if last is None:
            return FileSummary(0.0, 0, ())
        self._count(last, self._interval_s)
        self._pending = None
        faces = [self._face(number, sums) for number, sums in self._faces.items()]
        faces.sort(key=lambda face: -face.seconds)
        if self._is_picture:
            return FileSummary(0.0, self._looks, tuple(faces), last.faces)
        return FileSummary(last.captured_at_s + self._interval_s, self._looks, tuple(faces))

    def _count(self, result: FrameResult, seconds: float) -> None:
        while result.captured_at_s >= MAX_CELLS * self._cell_s:
            self._coarsen()
        cell = int(result.captured_at_s / self._cell_s)
        self._looked.add(cell)
        for emotion in result.faces:
            at_s = result.captured_at_s
            sums = self._faces.setdefault(emotion.face.track_id or 0, _FaceSums(at_s, at_s))
            sums.last_s = at_s
            values = sums.cells.setdefault(cell, np.zeros(_VALUES))
            values[: len(EMOTIONS)] += [seconds * emotion.probabilities[name] for name in EMOTIONS]
            values[len(EMOTIONS)] += seconds * emotion.valence
            called = LABELS.index(emotion.label or UNSURE)
            values[_CALLED + called] += seconds
            if emotion.level is Level.LEANING:
                values[_LEANING + called] += seconds

    def _coarsen(self) -> None:
        """Make each two cells one."""
        self._cell_s *= 2
        self._looked = {cell // 2 for cell in self._looked}
        for sums in self._faces.values():
            merged: dict[int, np.ndarray] = {}
            for cell, values in sums.cells.items():
                merged[cell // 2] = merged.get(cell // 2, 0) + values
            sums.cells = merged

    def _face(self, number: int, sums: _FaceSums) -> FaceSummary:
        total = np.sum(list(sums.cells.values()), axis=0)
        spent = total[_CALLED:_LEANING]
        seconds = float(spent.sum())
        return FaceSummary(
            number=number,
            first_s=sums.first_s,
            last_s=sums.last_s,
            seconds=seconds,
            shares=dict(zip(LABELS, (spent / seconds).tolist(), strict=True)),
            leaning=dict(zip(EMOTIONS, (total[_LEANING:] / seconds).tolist(), strict=True)),
            valence=float(total[len(EMOTIONS)] / seconds),
            timeline=self._timeline(sums),
        )

    def _timeline(self, sums: _FaceSums) -> FaceTimeline:
        cells = sorted(self._looked)
        rows = np.full((len(cells), _VALUES), np.nan)
        for row, cell in enumerate(cells):
            if cell in sums.cells:
                rows[row] = sums.cells[cell]
        means = rows[:, :_CALLED] / rows[:, _CALLED:_LEANING].sum(axis=1, keepdims=True)
        called = [_called_most(row) for row in rows]
        seconds = (np.array(cells) + 0.5) * self._cell_s
        labels, levels = tuple(label for label, _ in called), tuple(level for _, level in called)
        return FaceTimeline(seconds, means[:, :-1], means[:, -1], labels, levels)


def _called_most(cell: np.ndarray) -> tuple[str | None, Level | None]:
    """The label that a cell spent most time with, and the level that it had most of that."""
    spent = cell[_CALLED:_LEANING]
    if np.isnan(spent[0]):
        return None, None
    most = int(spent.argmax())
    if LABELS[most] == UNSURE:
        return UNSURE, Level.UNSURE
    return LABELS[most], Level.LEANING if cell[_LEANING + most] > spent[most] / 2 else Level.NAMED
