"""Fixtures of the Train page's tests."""

import pytest

from train.runs import files as progress
from train.runs.run import TrainingRun


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[TrainingRun]:
    """The runs that were started, whose processes were not."""
    runs: list[TrainingRun] = []

    def launch(self: TrainingRun, *, epoch: int) -> None:
        progress.write_status(self.dir, progress.RunStatus("queued", epoch=epoch, queued_at=1.0))
        runs.append(self)

    monkeypatch.setattr(TrainingRun, "_launch", launch)
    return runs
