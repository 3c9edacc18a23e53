"""Time in a session: which part of it each sample stands for, tasks between markers, and what is left out.

Samples come at uneven times and stop when the face is lost, so counting them would overrate busy moments. Each sample
stands for the time until the next one, but never longer than `hold_s`: a gap is nobody's time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

Range = tuple[float, float]
"""Start and end in seconds since the session's start; the end itself is outside."""

ALWAYS: Final[tuple[Range, ...]] = ((-np.inf, np.inf),)
"""All time."""
LONGEST_HOLD_S: Final = 2.0
"""A face keeps its identity through gaps of up to two seconds; no sample speaks for longer."""
LONE_SAMPLE_S: Final = 0.2
"""What a single sample stands for: one fifth of a second, the usual spacing of recordings."""


class MarkerLike(Protocol):
    """What is read of a marker; the store's markers have it."""

    @property
    def time_ms(self) -> int:
        """Milliseconds since the session's start."""

    @property
    def kind(self) -> str:
        """One of "note", "task_start", "task_end", "exclude"."""

    @property
    def text(self) -> str:
        """Of a task its name."""

    @property
    def end_ms(self) -> int | None:
        """Of an excluded range its end."""


@dataclass(frozen=True)
class Task:
    """A named stretch of a session.

    Attributes:
        name: as its start marker says, without spaces around it.
        start_s: seconds since the session's start.
        end_s: likewise; the session's end where no end marker came.
        is_closed: whether an end marker came.
    """

    name: str
    start_s: float
    end_s: float
    is_closed: bool


@dataclass(frozen=True)
class Tasks:
    """The tasks of a session, by their start, and the names of end markers that had no start before them."""

    tasks: tuple[Task, ...]
    stray_ends: tuple[str, ...] = ()

    def ranges(self, name: str) -> list[Range]:
        """All time of the tasks of that name; where they overlap or nest, it counts once."""
        return union((task.start_s, task.end_s) for task in self.tasks if task.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Each name once, in the order of first starts."""
        return tuple(dict.fromkeys(task.name for task in self.tasks))


@dataclass(frozen=True)
class Weights:
    """What each sample stands for.

    Attributes:
        seconds: float64 (n,), 0 for samples that are left out.
        stretch: int64 (n,), the same number for samples without a gap or an excluded range between them; -1 for
            samples that are left out.
    """

    seconds: np.ndarray
    stretch: np.ndarray


def find_tasks(markers: Iterable[MarkerLike], *, end_s: float) -> Tasks:
    """Pair start and end markers.

    Tasks of different names may overlap. Of several open tasks of one name, the one started last ends first. A task
    without an end lasts to the session's end. An end without a start is no task, and is named.

    Args:
        markers: in any order; at the same moment an end goes before a start.
        end_s: the session's end in seconds.
    """
    open_at: dict[str, list[float]] = {}
    found, strays = [], []
    relevant = [marker for marker in markers if marker.kind in ("task_start", "task_end")]
    for marker in sorted(relevant, key=lambda m: (m.time_ms, m.kind == "task_start")):
        name, at_s = marker.text.strip(), marker.time_ms / 1000
        starts = open_at.setdefault(name, [])
        if marker.kind == "task_start":
            starts.append(at_s)
        elif starts:
            found.append(Task(name, starts.pop(), at_s, is_closed=True))
        else:
            strays.append(name)
    for name, starts in open_at.items():
        found += [Task(name, start_s, max(start_s, end_s), is_closed=False) for start_s in starts]
    return Tasks(tuple(sorted(found, key=lambda task: (task.start_s, task.end_s))), tuple(strays))


def excluded_ranges(markers: Iterable[MarkerLike]) -> list[Range]:
    """What markers leave out, in order and without overlaps."""
    return union((m.time_ms / 1000, m.end_ms / 1000) for m in markers if m.kind == "exclude" and m.end_ms is not None)


def union(ranges: Iterable[Range]) -> list[Range]:
    """The same time in order, without overlaps and empty ranges."""
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def without(ranges: Iterable[Range], left_out: Iterable[Range]) -> list[Range]:
    """The time of `ranges` that is not in `left_out`, in order and without overlaps."""
    holes = union(left_out)
    kept = []
    for start, end in union(ranges):
        at = start
        for hole_start, hole_end in holes:
            if hole_end <= at or hole_start >= end:
                continue
            kept.append((at, hole_start))
            at = hole_end
        kept.append((at, end))
    return [part for part in kept if part[1] > part[0]]


def usual_hold(time_s: np.ndarray) -> float:
    """How long a sample may stand for: three usual spacings, at most 2 s.

    Three, so that a slow moment of the machine does not count as a gap.

    Args:
        time_s: float (n,), rising.
    """
    return min(LONGEST_HOLD_S, 3 * _usual_spacing(time_s))


def weigh(
    time_s: np.ndarray,
    *,
    keep: Sequence[Range] = ALWAYS,
    leave_out: Sequence[Range] = (),
    hold_s: float | None = None,
) -> Weights:
    """How many seconds each sample of one face stands for.

    A sample counts where it was taken: in a kept range, and up to that range's end.

    Args:
        time_s: float (n,), seconds since the session's start, not falling.
        keep: ranges that count, such as those of a task.
        leave_out: ranges that do not, whatever `keep` says.
        hold_s: the longest time that one sample stands for; None takes `usual_hold`.

    Raises:
        ValueError: times that fall or are no numbers.
    """
    if time_s.ndim != 1 or not np.isfinite(time_s).all() or (np.diff(time_s) < 0).any():
        raise ValueError(
            f"times must be one row of rising numbers, got shape {time_s.shape} or a fall. Sort one face's samples."
        )
    ranges = np.array(without(keep, leave_out), np.float64).reshape(-1, 2)
    if not len(time_s) or not len(ranges):
        return Weights(np.zeros(len(time_s)), np.full(len(time_s), -1))
    longest = usual_hold(time_s) if hold_s is None else hold_s
    gaps = np.append(np.diff(time_s), min(_usual_spacing(time_s), longest))
    part = np.searchsorted(ranges[:, 0], time_s, side="right") - 1
    inside = (part >= 0) & (time_s < ranges[part, 1])
    ends = np.minimum(time_s + np.minimum(gaps, longest), ranges[part, 1])
    breaks = np.append(True, (gaps[:-1] > longest) | np.diff(part).astype(bool))
    return Weights(np.where(inside, ends - time_s, 0.0), np.where(inside, np.cumsum(breaks) - 1, -1))


def _usual_spacing(time_s: np.ndarray) -> float:
    gaps = np.diff(time_s)
    gaps = gaps[gaps > 0]
    return float(np.median(gaps)) if len(gaps) else LONE_SAMPLE_S
