"""Which expression followed which: exact numbers."""

import numpy as np

from app.session_statistics.summary import state_codes
from app.session_statistics.transitions import transitions
from fer_core.emotions import EMOTIONS


def counted(labels: list[str | None], stretch: list[int] | None = None) -> dict[tuple[str, str], int]:
    """The pairs that came, and how often."""
    codes = state_codes(np.array(labels, object))
    counts = transitions(codes, np.array(stretch if stretch is not None else [0] * len(labels), np.int64))
    assert counts.shape == (7, 7)
    return {
        (EMOTIONS[before], EMOTIONS[after]): int(counts[before, after])
        for before, after in np.argwhere(counts).tolist()
    }


def test_the_way_through_unsure_is_one_change():
    labels = ["happy", None, None, "sad", "sad", None, "happy", "sad", None, "neutral", None]

    assert counted(labels) == {("happy", "sad"): 2, ("sad", "happy"): 1, ("sad", "neutral"): 1}


def test_the_same_expression_after_unsure_is_no_change():
    assert counted(["happy", None, "happy", "happy", None, None]) == {}
    assert counted([None, None]) == {}
    assert counted([]) == {}


def test_nothing_is_counted_across_gaps_or_where_nothing_counts():
    labels: list[str | None] = ["happy", None, "sad", "angry", "fear", "sad"]

    assert counted(labels, [0, 1, 1, 1, -1, 2]) == {("sad", "angry"): 1}
    assert counted(labels, [0, 0, 0, -1, -1, 0]) == {("happy", "sad"): 1}
