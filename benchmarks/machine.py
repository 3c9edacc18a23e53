"""The machine under a measurement: its processor's name, and how much of it other work took meanwhile."""

import os
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

import psutil

ZENS: Final = (
    (0x17, range(0x00, 0x30), "Zen"),
    (0x17, range(0x30, 0x100), "Zen 2"),
    (0x19, range(0x00, 0x10), "Zen 3"),
    (0x19, range(0x10, 0x20), "Zen 4"),
    (0x19, range(0x20, 0x60), "Zen 3"),
    (0x19, range(0x60, 0x100), "Zen 4"),
    (0x1A, range(0x00, 0x100), "Zen 5"),
)
"""AMD's generation by CPUID family and models; a virtual machine often names no more than "AMD EPYC"."""


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Name of the processor and number of cores, such as "AMD EPYC (Zen 3), 2 cores"."""
    cores = f"{psutil.cpu_count()} cores"
    try:
        text = cpuinfo.read_text()
    except OSError:
        return f"an unnamed processor, {cores}"
    return f"{processor_name(text)}, {cores}"


def processor_name(cpuinfo: str) -> str:
    """The name in the text of /proc/cpuinfo, with AMD's generation where that is known."""
    name = _field(cpuinfo, "model name") or "an unnamed processor"
    family, model = _field(cpuinfo, "cpu family"), _field(cpuinfo, "model")
    if "AMD" not in name or not family or not model:
        return name
    zen = next((zen for f, models, zen in ZENS if f == int(family) and int(model) in models), None)
    return f"{name} ({zen})" if zen else name


def _field(cpuinfo: str, name: str) -> str | None:
    found = re.search(rf"^{name}\s*: (.*)$", cpuinfo, re.MULTILINE)
    return found.group(1).strip() if found else None


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
