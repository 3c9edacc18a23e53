"""How many pictures a second a viewer's browser is asked to send: what the analysis can use, and some more.

To receive and decode a picture costs the server about half of what a result costs, whether the picture is analysed or
not. Where there are less than 16 results a second for each viewer, the pictures between them only take its time.
Imports no Streamlit.
"""

from typing import Final

from app.live.types import ANALYSED, MOST_ASKED_PER_S, LiveState, LiveStatus

STEPS_PER_S: Final = (5, 12, 15, MOST_ASKED_PER_S)
"""What is asked for. The first only while the analysis is paused: who goes on must see it at once."""
FOR_EACH_RESULT: Final = 1.8
"""Pictures, as an analysis that ends between two of them must wait for the next one: with 1.5, fewer results came."""
CLEARLY: Final = 1.1
"""So many times what is asked for must be wanted before more is: at a limit, each second says something else."""


class Uplink:
    """What one viewer's browser is asked for; not thread-safe."""

    def __init__(self) -> None:
        """The most, until something is known."""
        self.per_s = MOST_ASKED_PER_S

    def ask(self, status: LiveStatus) -> int:
        """Pictures a second that are wanted now, one of `STEPS_PER_S`."""
        if status.state is LiveState.PAUSED:
            self.per_s = STEPS_PER_S[0]
        elif status.state not in ANALYSED:
            self.per_s = MOST_ASKED_PER_S
        else:
            wanted = FOR_EACH_RESULT * status.results_per_s
            step = next((step for step in STEPS_PER_S[1:] if step >= wanted), MOST_ASKED_PER_S)
            if step < self.per_s or wanted > CLEARLY * self.per_s or self.per_s == STEPS_PER_S[0]:
                self.per_s = step
        return self.per_s
