"""A session at a glance: which label stood when, and which had most of the time. Imports no Streamlit.

A strip is worked out from all samples of a session's main face, and kept for as long as the process lives: the list
of sessions shows twenty of them at once.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from app.session_statistics.spans import Range, excluded_ranges, weigh
from app.session_statistics.summary import STATES
from app.store.database import Store
from app.store.records import Session
from app.store.session_list import Labels, read_labels
from app.store.session_parts import identities, markers

CELLS: Final = 100
"""Of a strip: two pixels each."""
MOST_KEPT: Final = 5_000
"""Strips, some 10 MB; those not looked at for longest are worked out anew."""


@dataclass(frozen=True)
class Strip:
    """What one session showed.

    Attributes:
        cells: the label of each of `CELLS` equal parts of the session, `UNSURE` or an emotion; None without the face.
        shares: label to its share of the time in which the face was seen and counts, the largest first.
    """

    cells: tuple[str | None, ...]
    shares: Mapping[str, float]


_kept: OrderedDict[tuple[object, ...], Strip] = OrderedDict()
_lock = threading.Lock()


def strip(store: Store, session: Session) -> Strip:
    """The strip of a session's main face, the one with most samples."""
    ranges = excluded_ranges(markers(store, session.id))
    faces = tuple((one.face, one.merged_into, one.ignored) for one in identities(store, session.id))
    # Once a session has ended, its samples stay; which of them count may change.
    key = (session.id, session.uid, session.ended_at, tuple(ranges), faces)
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    made = make_strip(read_labels(store, session.id), length_s=session.duration_s or 0.0, leave_out=ranges)
    if session.ended_at is not None:
        with _lock:
            _kept[key] = made
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return made


def make_strip(labels: Labels, *, length_s: float, leave_out: Sequence[Range] = ()) -> Strip:
    """The same from labels.

    Args:
        labels: of the samples that count.
        length_s: from the session's start to its end; a session that goes on ends with its last sample.
        leave_out: excluded ranges, in seconds.
    """
    if not len(labels.time_s):
        return Strip((None,) * CELLS, {})
    faces, counts = np.unique(labels.face, return_counts=True)
    chosen = labels.face == faces[counts.argmax()]
    time_s, states = labels.time_s[chosen], labels.label[chosen]
    seconds = weigh(time_s, leave_out=leave_out).seconds
    sums = np.bincount(states, seconds, len(STATES))
    watched_s = float(sums.sum()) or 1.0
    shares = {name: float(value / watched_s) for name, value in zip(STATES, sums, strict=True) if value > 0}
    ranked = dict(sorted(shares.items(), key=lambda pair: -pair[1]))
    return Strip(_cells(time_s, seconds, states, max(length_s, float(time_s[-1] + seconds[-1]), 0.1)), ranked)


def _cells(time_s: np.ndarray, seconds: np.ndarray, states: np.ndarray, length_s: float) -> tuple[str | None, ...]:
    """In each part the label with most of its time; where no sample begins, that of the one that still stands."""
    found = np.zeros((CELLS, len(STATES)))
    at = np.minimum((time_s / length_s * CELLS).astype(int), CELLS - 1)
    np.add.at(found, (at, states), seconds)
    middles = (np.arange(CELLS) + 0.5) * length_s / CELLS
    before = np.searchsorted(time_s, middles, side="right") - 1
    stands = (before >= 0) & (middles < time_s[before] + seconds[before])
    return tuple(
        STATES[row.argmax()] if row.any() else STATES[states[last]] if still else None
        for row, last, still in zip(found, before, stands, strict=True)
    )
