"""What one browser tab remembers of the Analyse page beside its widgets. Imports no Streamlit."""

import weakref
from dataclasses import dataclass, field

from app.analysis.jobs import AnalysisJob


@dataclass
class AnalysisMemory:
    """Replaced field by field.

    Attributes:
        job: the analysis that this tab asked for; None before the first and after it was discarded.
        keeping: title of the file that is about to be kept as a session; empty while none is.
        kept: what was kept as a session of that job: a file's title to the session's number and how many samples.
        uploads: how often this tab stored uploads; a fresh number gives a fresh, empty upload field.
    """

    job: AnalysisJob | None = None
    keeping: str = ""
    kept: dict[str, tuple[int, int]] = field(default_factory=dict)
    uploads: int = 0

    def begin(self, job: AnalysisJob) -> None:
        """Keep a job that was submitted; it goes with the tab, or with the process at the latest."""
        self.job, self.keeping, self.kept = job, "", {}
        self.uploads += 1
        weakref.finalize(self, job.discard)

    def discard(self) -> None:
        """Let go of the job and of everything that it wrote."""
        if self.job is not None:
            self.job.discard()
            self.job = None
