"""What one browser tab remembers of the Train and Models pages beside its widgets. Imports no Streamlit."""

from dataclasses import dataclass
from pathlib import Path


@dataclass
class TrainingMemory:
    """Replaced field by field.

    Attributes:
        go_to: part of the Train page to show at the next run; empty to stay.
        run: name of the run to show at the next run of the page; empty to stay.
        archive: the archive to choose at the next run of the page; None to stay.
        uploads: how many uploads this tab has stored; a fresh number gives a fresh, empty upload field.
        said: a sentence to show once, about what was done.
        problem: a sentence to show once, about what could not be done.
    """

    go_to: str = ""
    run: str = ""
    archive: Path | None = None
    uploads: int = 0
    said: str = ""
    problem: str = ""
