"""A run with all that its training needs, put together once by `train.jobs.job` and handed down from there."""

from dataclasses import dataclass, field
from pathlib import Path

from train.archive.reader import Dataset
from train.dataset.for_run import RunVotes
from train.runs.request import RunRequest
from train.settings.training import TrainingConfig
from train.teaching.supervision import Supervision


@dataclass(frozen=True, eq=False)
class PreparedRun:
    """What a run was asked to do, and what was read and resolved for it.

    Attributes:
        request: the settings and inputs.
        folder: the run folder.
        dataset: the archive, cleaned as the run asks; it has training and validation faces.
        precision: that the network computes in: "float32" or "mixed_bfloat16".
        supervision: votes and teachers' answers; empty where the run learns from labels alone.
        votes: of FER+'s voters, on the training and validation images.
    """

    request: RunRequest
    folder: Path
    dataset: Dataset
    precision: str
    supervision: Supervision = field(default_factory=Supervision)
    votes: RunVotes | None = None

    @property
    def config(self) -> TrainingConfig:
        """The settings of the training."""
        return self.request.training
