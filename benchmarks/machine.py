"""The machine under a measurement: its processor's name, and how much of it other work took meanwhile."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import psutil

from fer_core.processor import CPUINFO, cpuinfo_text, processor_name


def processor(cpuinfo: Path = CPUINFO) -> str:
    """Name of the processor and number of cores, such as "AMD EPYC (Zen 3), 2 cores"."""
    cores = f"{psutil.cpu_count()} cores"
    return f"{processor_name(cpuinfo_text(cpuinfo))}, {cores}"


class ProcessorTime:
    """Processor time of a process with all its children since this was made, in per cent of one core."""

    def __init__(self, pid: int) -> None:
        self._processes = _tree(pid)
        self._before_s = _seconds(self._processes)
        self._started_s = time.monotonic()

    @property
    def percent(self) -> float:
        """Used until now."""
        return (_seconds(self._processes) - self._before_s) / (time.monotonic() - self._started_s) * 100


class OtherWork:
    """What other programs took of the processor while this block ran.

    Attributes:
        percent: of one core, known after the block; up to 100 for each core.
    """

    percent: float = float("nan")

    def __enter__(self) -> Self:
        self._own, self._all_s, self._started_s = _tree(os.getpid()), _busy_s(), time.monotonic()
        self._own_before_s = _seconds(self._own)
        return self

    def __exit__(self, *_: object) -> None:
        own = [*self._own, *(p for p in _tree(os.getpid()) if p not in self._own)]
        own_s = _seconds(own) - self._own_before_s
        self.percent = max(0.0, (_busy_s() - self._all_s - own_s) / (time.monotonic() - self._started_s) * 100)


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _seconds(processes: Iterable[psutil.Process]) -> float:
    total = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))
