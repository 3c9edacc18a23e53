"""What a chart draws of one face: all samples or averages over spans, thinned out, and broken where it was gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from app.session_statistics.downsample import chart_points
from app.session_statistics.spans import Range, usual_hold, weigh
from app.session_statistics.summary import STATES, FaceSamples, state_codes
from app.store.samples import Timeline

LINE_SPANS: Final = 600
"""Pixel columns of a line."""


@dataclass(frozen=True)
class Curves:
    """What a chart draws of one face; n moments in their order.

    Attributes:
        time_s: float (n,), seconds since the session's start.
        probabilities: float (n, 7), in the order of EMOTIONS.
        valence: float (n,), -1 to 1; likewise `arousal`.
        hold_s: two moments further apart than this have a gap between them.
    """

    time_s: np.ndarray
    probabilities: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    hold_s: float


@dataclass(frozen=True)
class ShownLabels:
    """What a face was called, in equal cells of time from the session's start; n of them.

    Attributes:
        cell_s: how long each cell is.
        state: int64 (n,), the place in STATES of what was shown for most of the cell; -1 where no time of it counts.
        leaning: bool (n,), whether that label was only leaning.
    """

    cell_s: float
    state: np.ndarray
    leaning: np.ndarray


def shown_labels(
    samples: FaceSamples, *, length_s: float, leave_out: Sequence[Range] = (), cells: int = LINE_SPANS
) -> ShownLabels:
    """A face's labels for a chart.

    Args:
        samples: of the face.
        length_s: of the session, more than 0.
        leave_out: ranges that do not count.
        cells: how many.
    """
    seconds = weigh(samples.time_s, leave_out=leave_out).seconds
    kept = seconds > 0
    starts = samples.time_s[kept]
    ends = starts + seconds[kept]
    labels, cell_s = 2 * state_codes(samples.label[kept]) + samples.leaning[kept], length_s / cells
    # Time is cut wherever a cell or a sample begins or ends; each piece then has one cell, and one sample or none.
    edges = np.unique(np.concatenate([np.arange(cells + 1) * cell_s, starts, ends]))
    middles = (edges[1:] + edges[:-1]) / 2
    owners, places = np.searchsorted(starts, middles) - 1, (middles // cell_s).astype(int)
    seen = (owners >= 0) & (places < cells)
    seen[seen] = middles[seen] < ends[owners[seen]]
    count = 2 * len(STATES)
    totals = np.bincount(places[seen] * count + labels[owners[seen]], np.diff(edges)[seen], cells * count)
    totals = totals.reshape(cells, count)
    best = totals.argmax(axis=1)
    return ShownLabels(cell_s, np.where(totals.any(axis=1), best // 2, -1), best % 2 == 1)


def curves_of_samples(samples: FaceSamples) -> Curves:
    """All samples of a face."""
    return Curves(samples.time_s, samples.probabilities, samples.valence, samples.arousal, usual_hold(samples.time_s))


def curves_of_timeline(timeline: Timeline, face: int) -> Curves:
    """A face's averages over spans of time; a span without it is a gap."""
    own = timeline.face == face
    return Curves(
        timeline.time_s[own],
        timeline.probabilities[own],
        timeline.valence[own],
        timeline.arousal[own],
        hold_s=max(1.5 * timeline.span_s, usual_hold(timeline.time_s[own])),
    )


def gapped(curves: Curves, values: np.ndarray, *, spans: int = LINE_SPANS) -> tuple[np.ndarray, np.ndarray]:
    """One line's points: so few that it looks as if all were drawn, and NaN where the face was out of view."""
    if not len(values):
        return np.empty(0), np.empty(0)
    chosen = chart_points(curves.time_s, values, spans=spans)
    stretch = np.cumsum(np.append(0, np.diff(curves.time_s) > curves.hold_s))
    ends = np.flatnonzero(np.diff(stretch[chosen])) + 1
    time_s = np.insert(curves.time_s[chosen], ends, curves.time_s[chosen][ends - 1] + 1e-3)
    return np.round(time_s, 3), np.insert(np.round(values[chosen].astype(float), 4), ends, np.nan)


def on_grid(means: Curves, values: np.ndarray, *, span_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Averages on a grid of spans from the start, NaN where the face was out of view: middles in seconds, values."""
    cells = np.floor(means.time_s / span_s).astype(int)
    # Only as far as there are samples: a session may go on for long after its last face.
    count = int(cells.max()) + 1 if len(cells) else 1
    grid = np.full((count, *values.shape[1:]), np.nan)
    grid[cells] = values
    bridge = round(means.hold_s / span_s)  # at short spans not each has a sample
    filled = np.flatnonzero(np.isfinite(grid.reshape(count, -1)[:, 0]))
    for first, second in pairwise(filled):
        if 1 < second - first <= bridge:
            grid[first + 1 : second] = grid[first]
    return (np.arange(count) + 0.5) * span_s, grid


def closed(means: Curves) -> tuple[np.ndarray, np.ndarray]:
    """Averages for areas, which cannot break: 0 where the face was out of view. Times, and rows of the seven."""
    ends = np.flatnonzero(np.diff(means.time_s) > means.hold_s)
    edges = np.repeat(ends + 1, 2)
    beside = np.stack([means.time_s[ends] + 1e-3, means.time_s[ends + 1] - 1e-3], axis=1).ravel()
    time_s = np.round(np.insert(means.time_s, edges, beside), 3)
    return time_s, np.insert(np.round(means.probabilities.astype(float), 4), edges, 0.0, axis=0)
