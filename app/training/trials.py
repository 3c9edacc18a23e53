"""How long a run would take on this machine, from a trial by a child process. Imports no Streamlit.

FER_HOME/answers/trial-<key>/     see app.training.child_jobs
"""

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from app.training.child_jobs import Job, answer_dir, hash_of
from train import architectures


def trial(names: Sequence[str]) -> Job:
    """Time some steps of these networks; asked anew on another machine, or when a network's file changes."""
    sources = [path.read_bytes() for path in sorted(Path(architectures.__path__[0]).glob("*.py"))]
    machine = f"{platform.node()} {platform.machine()} {os.cpu_count()}"
    key = hash_of(machine.encode(), *(name.encode() for name in names), *sources)
    return Job(answer_dir("trial", key), ("trial", *names, "--json"))


def about(seconds: float) -> str:
    """An estimated duration, no finer than it can be: "about 40 s", "about 25 min", "about 3 h"."""
    if seconds < 90:
        return f"about {max(10, round(seconds / 10) * 10)} s"
    minutes = seconds / 60
    if minutes < 20:
        return f"about {round(minutes)} min"
    if minutes < 100:
        return f"about {round(minutes / 5) * 5} min"
    hours = minutes / 60
    return f"about {hours:.1f} h" if hours < 10 else f"about {hours:.0f} h"
