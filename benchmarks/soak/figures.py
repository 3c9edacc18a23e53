"""What a server's processes hold, and whether it grows."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Final, Self

import numpy as np
import psutil

from fer_core.quantiles import student_quantile

LEAST_BLOCKS: Final = 8


@dataclass(frozen=True)
class Held:
    """What processes hold together at one time.

    Attributes:
        resident_mb: memory, resident.
        own_mb: memory, each shared page counted in parts (PSS).
        threads: of all processes.
        descriptors: open files, sockets and pipes.
        children: processes below them.
    """

    resident_mb: float
    own_mb: float
    threads: float
    descriptors: float
    children: float

    @classmethod
    def now(cls, pids: Sequence[int]) -> Self:
        """Of the processes of these numbers, their children not counted in but for their number.

        Raises:
            psutil.NoSuchProcess: one of them has ended.
        """
        processes = [psutil.Process(pid) for pid in pids]
        return cls(
            sum(process.memory_info().rss for process in processes) / 1e6,
            sum(_own_bytes(pid) for pid in pids) / 1e6,
            sum(process.num_threads() for process in processes),
            sum(process.num_fds() for process in processes),
            sum(len(process.children(recursive=True)) for process in processes),
        )

    @classmethod
    def least(cls, several: Sequence[Self]) -> Self:
        """The least of each value."""
        return cls(*np.min([astuple(one) for one in several], axis=0).tolist())


NAMES: Final = {
    "resident_mb": "memory, resident, MB",
    "own_mb": "memory, its own, MB",
    "threads": "threads",
    "descriptors": "descriptors",
    "children": "children",
}
assert list(NAMES) == [field.name for field in fields(Held)]
MORE_AT_REST: Final = Held(60.0, 60.0, 3.0, 3.0, 0.0)
"""What a server may hold more at the second rest than at the first: pools of threads and of memory that came into use.

A viewer that is never let go has 10 MB, three threads and two descriptors, and dozens come in the shortest soak.
"""
LEAST_RISE: Final = Held(20.0, 20.0, 2.0, 2.0, 1.0)
"""A rise over the whole time that is smaller than this is none, however sure it is."""


@dataclass(frozen=True)
class Trend:
    """A straight line through values of which neighbours are alike, by means of blocks.

    Attributes:
        mean: of the blocks.
        rise: over the whole time.
        per_h: rise in an hour, with the ends of its 95 % interval.
    """

    mean: float
    rise: float
    per_h: tuple[float, float, float]

    @classmethod
    def of(
        cls, times_s: Sequence[float] | np.ndarray, values: Sequence[float] | np.ndarray, *, block_s: float
    ) -> "Trend | None":
        """None where there are fewer than `LEAST_BLOCKS` blocks.

        Args:
            times_s: of the values, rising.
            values: one for each time.
            block_s: longer than neighbours are alike for, as one visit.
        """
        at_s, value = np.asarray(times_s, np.float64), np.asarray(values, np.float64)
        numbers = ((at_s - at_s[0]) // block_s).astype(int) if len(at_s) else np.array([], int)
        blocks = [numbers == number for number in np.unique(numbers)]
        if len(blocks) < LEAST_BLOCKS:
            return None
        x = np.array([at_s[block].mean() for block in blocks])
        y = np.array([value[block].mean() for block in blocks])
        from_mean = x - x.mean()
        slope = float(from_mean @ y / (from_mean @ from_mean))
        degrees = len(x) - 2
        left = y - y.mean() - slope * from_mean
        error = float(np.sqrt(left @ left / degrees / (from_mean @ from_mean)))
        half = student_quantile(0.975, degrees) * error
        ends = (slope - half) * 3600, (slope + half) * 3600
        return cls(float(y.mean()), slope * float(x[-1] - x[0]), (slope * 3600, *ends))

    def is_flat(self, least_rise: float) -> bool:
        """Whether no rise shows: its interval reaches down to none, or it is smaller than matters."""
        return self.per_h[1] <= 0 or self.rise < least_rise


def _own_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
