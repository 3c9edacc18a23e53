"""Whether one more viewer is let in, judged by what those who are there get and what they cost.

A newcomer is let in while the measured cost of a result says that everybody, the newcomer included, would still get a
fair number of them. Nothing here measures: `app.live.load` does. Imports no Streamlit.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SETTLE_S: Final = 4.0
"""A viewer is a newcomer for so long: then a measurement shows them."""
NEWCOMERS_PER_CORE: Final = 2
"""So many may come before any is measured: each is to get all results on a processor of 2020 (see `app.settings`)."""
REOPEN_AT: Final = 1.1
"""What closed opens again where everybody would get so many times the fair rate …"""
REOPEN_AFTER_S: Final = 5.0
"""… for so long: at the limit, one measurement says this and the next one that."""
FORGET_S: Final = 15.0
"""An older measurement says nothing."""
USABLE: Final = 0.95
"""Of the processor time that is allowed; the rest keeps the server answering."""
OWED: Final = 0.75
"""Who sends few pictures is owed so much of their number, and no more."""
BUSY: Final = 0.5
"""Below this load, few results are not the server's doing: the network or a camera is slow."""
_NEW_SHARE: Final = 0.3
"""Weight of each second's measurement in the estimate."""


class Verdict(StrEnum):
    """Whether one more is let in, and why not."""

    OPEN = "open"
    FULL = "full"
    COST = "cost"
    SLOW = "slow"
    LINE = "line"
    NEWCOMERS = "newcomers"


SENTENCES: Final = {
    Verdict.OPEN: "",
    Verdict.COST: "This server is busy: one more viewer would slow everybody down. Try again in a few minutes.",
    Verdict.SLOW: "This server is busy: everybody's labels come slowly already. Try again in a few minutes.",
    Verdict.LINE: "This server is busy: everybody waits for the analysis already. Try again in a few minutes.",
    Verdict.NEWCOMERS: "This server is busy: others have just started. Your turn comes in some seconds.",
}
"""What a viewer reads; also a WebSocket's reason: at most 123 bytes."""


@dataclass(frozen=True)
class Served:
    """What one viewer gets.

    Attributes:
        results_per_s: lately.
        wanted_per_s: pictures that come from them, at most as many as are ever analysed.
    """

    results_per_s: float
    wanted_per_s: float


@dataclass(frozen=True)
class Load:
    """What the server gave its viewers, and what it paid, over some seconds.

    Attributes:
        at_s: when they ended, on the monotonic clock.
        served: the viewers whose analysis runs.
        results_per_s: of all of them.
        wait_s: in the line of the analyses, on average.
        turn_s: of an analysis, once its turn has come, on average by the clock; 0 where there was none.
        slots: analyses that may run at a time.
        cores: processor time of this process a second.
        cores_allowed: the most of it.
    """

    at_s: float
    served: tuple[Served, ...]
    results_per_s: float
    wait_s: float
    turn_s: float
    slots: int
    cores: float
    cores_allowed: float

    @property
    def busy(self) -> float:
        """How much of what is there is in use, 0 to about 1: the slots or the processor time, whichever is more."""
        return max(self.results_per_s * self.turn_s / self.slots, self.cores / self.cores_allowed)

    @property
    def cores_per_viewer(self) -> float:
        """Processor time of a viewer, all work of the process counted as theirs; 0 without viewers."""
        return self.cores / len(self.served) if self.served else 0.0

    @property
    def most_per_s(self) -> float | None:
        """Results a second that the server could give at today's cost of each; None where too few were seen."""
        if self.results_per_s < 1 or self.turn_s <= 0:
            return None
        by_slots = self.slots / self.turn_s
        by_cores = USABLE * self.cores_allowed * self.results_per_s / max(self.cores, 1e-3)
        return min(by_slots, by_cores)


class Admission:
    """Open or closed, with hysteresis. Thread-safe."""

    def __init__(self, fair_per_s: float, cores: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Open.

        Args:
            fair_per_s: results a second that each viewer is to get, above 0.
            cores: that this process may use, above 0.
            clock: gives the monotonic time.
        """
        if fair_per_s <= 0:
            raise ValueError(f"fair_per_s must be above 0, got {fair_per_s}")
        self.fair_per_s = fair_per_s
        self._cores, self._clock = cores, clock
        self._lock = threading.Lock()
        self._load: Load | None = None
        self._most_per_s: float | None = None
        self._closed: Verdict | None = None
        self._well_since_s: float | None = None

    def take(self, load: Load, viewers: int) -> None:
        """Judge a new measurement, best one a second.

        Args:
            load: what was measured.
            viewers: who have a place now.
        """
        with self._lock:
            most = load.most_per_s
            if most is not None:
                before = self._most_per_s
                self._most_per_s = most if before is None else before + _NEW_SHARE * (most - before)
            self._load = load
            trouble = self._trouble(load, viewers)
            if trouble is not None:
                self._closed, self._well_since_s = trouble, None
            elif self._closed is not None:
                self._reopen(load, viewers)

    def each_would_get(self, viewers: int) -> float | None:
        """Results a second of each, with so many viewers; None while nothing is known."""
        with self._lock:
            return self._each(viewers)

    def verdict(self, viewers: int, newcomers: int) -> Verdict:
        """Whether one more is let in.

        Args:
            viewers: who have a place now.
            newcomers: those of them who have had it for less than `SETTLE_S`.
        """
        if viewers == 0:
            return Verdict.OPEN
        with self._lock:
            if self._load is not None and self._clock() - self._load.at_s <= FORGET_S:
                if self._closed is not None:
                    return self._closed
                if self._is_too_much(viewers, self.fair_per_s):
                    return Verdict.COST
            # What a viewer costs is known once they are measured; until then not too many may come at once.
            settled = viewers - newcomers
            at_once = max(NEWCOMERS_PER_CORE * self._cores, settled, 1)
            return Verdict.NEWCOMERS if newcomers >= at_once else Verdict.OPEN

    def _each(self, viewers: int) -> float | None:
        return None if self._most_per_s is None else self._most_per_s / max(1, viewers)

    def _is_too_much(self, viewers: int, per_s: float) -> bool:
        each = self._each(viewers + 1)
        return each is not None and each < per_s

    def _trouble(self, load: Load, viewers: int) -> Verdict | None:
        if not load.served:
            return None
        if load.wait_s > 1 / self.fair_per_s:
            return Verdict.LINE
        # A quarter may have less, as one camera or network may be the reason.
        shares = sorted(one.results_per_s / self._owed(one) for one in load.served)
        if shares[(len(shares) - 1) // 4] < 1 and load.busy > BUSY:
            return Verdict.SLOW
        return Verdict.COST if self._is_too_much(viewers, self.fair_per_s) else None

    def _owed(self, one: Served) -> float:
        return max(0.1, min(self.fair_per_s, OWED * one.wanted_per_s))

    def _reopen(self, load: Load, viewers: int) -> None:
        if load.served and self._is_too_much(viewers, REOPEN_AT * self.fair_per_s):
            self._well_since_s = None
            return
        if self._well_since_s is None:
            self._well_since_s = load.at_s
        if load.at_s - self._well_since_s >= REOPEN_AFTER_S or not load.served:
            self._closed = None
