"""The processor of this machine: its name, its cores, and the instruction sets that networks run fast with."""

import os
import platform
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_CGROUP: Final = Path("/proc/self/cgroup")
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
USEFUL: Final = (
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "avx512f",
    "avx512_vnni",
    "avx_vnni",
    "amx_int8",
    "neon",
    "asimd",
    "asimddp",
)
"""Instruction sets that LiteRT, OpenCV and the codecs choose faster code by, as Linux names them."""
NEEDED: Final = ("avx2", "asimd", "neon")
"""One of these; without any, a face takes several times as long."""


def cpuinfo_text(path: Path = CPUINFO) -> str:
    """What the system says of its processors; empty where it says nothing, as elsewhere than on Linux."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def processor_name(cpuinfo: str) -> str:
    """The name in the text of /proc/cpuinfo, with AMD's generation where that is known."""
    name = _field(cpuinfo, "model name") or "an unnamed processor"
    family, model = _field(cpuinfo, "cpu family"), _field(cpuinfo, "model")
    if "AMD" not in name or not family or not model:
        return name
    zen = next((zen for f, models, zen in ZENS if f == int(family) and int(model) in models), None)
    return f"{name} ({zen})" if zen else name


def kind(cpuinfo: str) -> str:
    """The processor's name with its architecture, such as "x86_64, AMD EPYC (Zen 5)"."""
    named = processor_name(cpuinfo) if _field(cpuinfo, "model name") else platform.processor()
    return ", ".join(filter(None, (platform.machine(), named)))


def instruction_sets(cpuinfo: str) -> tuple[str, ...]:
    """Those of `USEFUL` that all is well with; empty where the system does not say."""
    flags = (_field(cpuinfo, "flags") or _field(cpuinfo, "Features") or "").split()
    return tuple(name for name in USEFUL if name in flags)


def usable_cores() -> int:
    """Cores that this process may use, at least 1."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cores_allowed(cgroups: Path = CGROUPS, own: Path = OWN_CGROUP) -> float:
    """Cores' worth of processor time that this process may use: a container is often given 1.5 of 64.

    The least of its cores and of the quotas of its control groups (Linux, version 1 or 2), above 0.

    Args:
        cgroups: where the groups are mounted.
        own: which of them are this process'.
    """
    quotas = [quota for folder in _group_folders(cgroups, own) if (quota := _quota(folder)) is not None]
    return min([float(usable_cores()), *quotas])


def _group_folders(cgroups: Path, own: Path) -> Iterator[Path]:
    """The folders of this process' groups that may limit its processor time, and of those above them."""
    try:
        lines = own.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and "cpu" not in controllers.split(","):
            continue
        # Version 1 has a folder for the controller. A container may see its own group as the root, under another name.
        root = cgroups / "cpu" if controllers else cgroups
        inside = root / path.strip("/")
        yield from (folder for folder in (inside, *inside.parents) if folder == root or root in folder.parents)


def _quota(folder: Path) -> float | None:
    try:
        if (folder / "cpu.max").exists():
            words = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            names = ("cpu.cfs_quota_us", "cpu.cfs_period_us")
            words = [(folder / name).read_text(encoding="ascii").strip() for name in names]
        quota, period = int(words[0]), int(words[1])
    except (OSError, ValueError, IndexError):  # "max" is no number: no limit
        return None
    return quota / period if quota > 0 and period > 0 else None


def _field(cpuinfo: str, name: str) -> str | None:
    found = re.search(rf"^{name}\s*: (.*)$", cpuinfo, re.MULTILINE)
    return found.group(1).strip() if found else None
