"""How far a run over many films is, and how long the rest will take; on stderr, as stdout is the result's."""

import sys
import time
from types import TracebackType
from typing import Any, Final, Self

from fer_core.console import print_notice

SECONDS_BETWEEN_LINES: Final = 10.0


class RunProgress:
    """A bar on a terminal, now and then a line elsewhere. What is left is measured in bytes: films differ in length."""

    def __init__(self, films: int, size: int) -> None:
        """Begin.

        Args:
            films: how many.
            size: of all together in bytes.
        """
        self._films, self._size = films, max(1, size)
        self._done, self._bytes = 0, 0.0
        self._started = self._printed_at = time.monotonic()
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=self._size, unit="B", unit_scale=True, dynamic_ncols=True, smoothing=0.05)

    def advance(self, size: float, films: int) -> None:
        """So many more bytes, and films, are done."""
        self._bytes += size
        self._done += films
        if self._bar is not None:
            self._bar.set_description(f"{self._done} of {self._films} files", refresh=False)
            self._bar.update(size)

    def is_due(self) -> bool:
        """Whether it is time for a line; never where there is a bar."""
        return self._bar is None and time.monotonic() - self._printed_at >= SECONDS_BETWEEN_LINES

    def tell(self, machines: int, cores: float) -> None:
        """Print a line.

        Args:
            machines: that work now.
            cores: theirs, counted in films that run side by side.
        """
        self._printed_at = time.monotonic()
        print_notice(self.line(self._printed_at - self._started, machines, cores))

    def line(self, elapsed_s: float, machines: int, cores: float) -> str:
        """Such as "12 of 40 files, 34 %, about 6 min left, 4 at a time on 2 machines"."""
        share = min(1.0, self._bytes / self._size)
        left = f"about {_duration(elapsed_s * (1 - share) / share)} left, " if share > 0 else ""
        where = "1 machine" if machines == 1 else f"{machines} machines"
        return f"{self._done} of {self._films} files, {share:.0%}, {left}{cores:.0f} at a time on {where}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"
