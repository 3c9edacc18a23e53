"""What this server gives its viewers and what it pays, measured once a second. Imports no Streamlit."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final, Protocol, runtime_checkable

from app.live.admission import Load, Served, Verdict
from app.live.analysis_slots import AnalysisSlots, Turns, analysis_slots
from app.live.session import MAX_RESULTS_PER_S
from app.live.types import ANALYSED, LiveStatus
from app.live.viewers import Viewers, viewers
from app.server import for_server
from fer_core.processor import cores_allowed

log = logging.getLogger(__name__)

EACH_S: Final = 1.0
WINDOW_S: Final = 5.0
"""A measurement is the mean of so long."""
SENDS_LESS: Final = 0.8
"""Below this share of what a viewer is asked for, it is their camera or network that has no more."""


@runtime_checkable
class TellsStatus(Protocol):
    """A viewer who says how their analysis goes, as a live session does."""

    def status(self) -> LiveStatus:
        """Now."""
        ...


@dataclass(frozen=True)
class _Snapshot:
    at_s: float
    turns: Turns
    processor_s: float


class LoadMeter:
    """Measures one server. Belongs to one thread."""

    def __init__(
        self,
        there: Viewers,
        slots: AnalysisSlots,
        cores: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        processor_time: Callable[[], float] = time.process_time,
    ) -> None:
        """Nothing is measured yet.

        Args:
            there: the viewers.
            slots: where their analyses stand in line.
            cores: that this process may use.
            clock: gives the monotonic time.
            processor_time: gives the seconds that this process has used.
        """
        self._there, self._slots, self._cores = there, slots, cores
        self._clock, self._processor_time = clock, processor_time
        self._snapshots: deque[_Snapshot] = deque()

    def measure(self) -> Load | None:
        """The mean of the last `WINDOW_S`, or since the first call; None at that one."""
        now = _Snapshot(self._clock(), self._slots.turns, self._processor_time())
        self._snapshots.append(now)
        while len(self._snapshots) > 2 and now.at_s - self._snapshots[1].at_s >= WINDOW_S:
            self._snapshots.popleft()
        before = self._snapshots[0]
        span_s = now.at_s - before.at_s
        if span_s <= 0:
            return None
        count = now.turns.count - before.turns.count
        return Load(
            at_s=now.at_s,
            served=tuple(self._served()),
            results_per_s=count / span_s,
            wait_s=(now.turns.waited_s - before.turns.waited_s) / max(1, count),
            turn_s=(now.turns.lasted_s - before.turns.lasted_s) / max(1, count),
            slots=self._slots.count,
            cores=(now.processor_s - before.processor_s) / span_s,
            cores_allowed=self._cores,
        )

    def _served(self) -> Iterator[Served]:
        for one in self._there.settled():
            status = one.status() if isinstance(one, TellsStatus) else None
            if status is not None and status.state in ANALYSED:
                yield Served(status.results_per_s, _wanted_per_s(status))

    def forget(self) -> None:
        """Begin anew, as after a time without viewers."""
        self._snapshots.clear()


def _wanted_per_s(status: LiveStatus) -> float:
    """Pictures that come from a viewer, or would if they were not asked for fewer."""
    sends_less = status.frames_per_s < SENDS_LESS * status.asked_per_s
    return min(MAX_RESULTS_PER_S, status.frames_per_s) if sends_less else MAX_RESULTS_PER_S


@dataclass(frozen=True)
class Standing:
    """How a server stands, for pages and monitors.

    Attributes:
        viewers: there now.
        limit: the most that may be there.
        measured: those who were measured; 0 where there is none, and then the next five are 0, too.
        rate_min: results a second of the one with the fewest.
        rate_median: results a second in the middle.
        wait_s: in the line of the analyses, on average.
        cores: processor time a second.
        cores_per_viewer: the same for each who was measured.
        next_rate: results a second of each with one more viewer, at today's cost; None while it is not known.
        verdict: whether one more is let in.
        fair_per_s: results a second that each is to get; None where the load is not asked.
    """

    viewers: int
    limit: int
    measured: int
    rate_min: float
    rate_median: float
    wait_s: float
    cores: float
    cores_per_viewer: float
    next_rate: float | None
    verdict: Verdict
    fair_per_s: float | None = None


class LoadWatch:
    """Measures a server while it has viewers, and tells its admission. Thread-safe."""

    def __init__(self, there: Viewers, meter: LoadMeter) -> None:
        """Nothing is measured yet; see `watching`."""
        self._there, self._meter = there, meter
        self._newest: Load | None = None

    def look(self) -> None:
        """Measure once, if anybody is there; always from the same thread."""
        if len(self._there) == 0:
            self._meter.forget()
            self._newest = None
            return
        load = self._meter.measure()
        if load is not None:
            self._newest = load
            if self._there.admission is not None:
                self._there.admission.take(load, len(self._there))

    def standing(self) -> Standing:
        """How the server stands now."""
        load, there, admission = self._newest, len(self._there), self._there.admission
        rates = [one.results_per_s for one in load.served] if load is not None else []
        is_known = load is not None and bool(rates)
        return Standing(
            viewers=there,
            limit=self._there.limit,
            measured=len(rates),
            rate_min=min(rates, default=0.0),
            rate_median=median(rates) if rates else 0.0,
            wait_s=load.wait_s if load is not None and is_known else 0.0,
            cores=load.cores if load is not None and is_known else 0.0,
            cores_per_viewer=load.cores_per_viewer if load is not None else 0.0,
            next_rate=None if admission is None or not is_known else admission.each_would_get(there + 1),
            verdict=self._there.verdict(),
            fair_per_s=None if admission is None else admission.fair_per_s,
        )


@for_server
def load_watch() -> LoadWatch:
    """The server's.

    Raises:
        ValueError: a setting in the environment is wrong.
    """
    return LoadWatch(viewers(), LoadMeter(viewers(), analysis_slots(), cores_allowed()))


@contextmanager
def watching(watch: Callable[[], LoadWatch] = load_watch) -> Iterator[None]:
    """Measure each second on a thread of its own for as long as the block lasts."""
    over = threading.Event()

    def work() -> None:
        problem = ""
        while not over.wait(EACH_S):
            # Broad on purpose: an error that ended this thread would leave the admission blind for good.
            try:
                watch().look()
            except Exception as error:
                if repr(error) != problem:
                    log.exception("The load could not be measured")
                problem = repr(error)

    threading.Thread(target=work, name="load", daemon=True).start()
    try:
        yield
    finally:
        over.set()
