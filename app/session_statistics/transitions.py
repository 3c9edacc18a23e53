"""Which expression followed which, however long the program was unsure between them."""

from typing import Final

import numpy as np

from fer_core.emotions import EMOTIONS

COUNT: Final = len(EMOTIONS)


def transitions(states: np.ndarray, stretch: np.ndarray) -> np.ndarray:
    """How often the expression of the row was followed by that of the column.

    Time without a label is passed over: happy, unsure, sad counts as one change from happy to sad, and happy, unsure,
    happy as none. Between two stretches nobody saw what happened, so nothing is counted.

    Args:
        states: int64 (n,), places in EMOTIONS, and larger numbers where the program was unsure; in the order of time.
        stretch: int64 (n,), the same number for moments without a gap or an excluded range between them; -1 for those
            that do not count.

    Returns:
        int64 (7, 7), rows and columns in the order of EMOTIONS; its diagonal is 0.
    """
    named = (states < COUNT) & (stretch >= 0)
    states, stretch = states[named], stretch[named]
    changes = (states[:-1] != states[1:]) & (stretch[:-1] == stretch[1:])
    counts = np.zeros((COUNT, COUNT), np.int64)
    np.add.at(counts, (states[:-1][changes], states[1:][changes]), 1)
    return counts
