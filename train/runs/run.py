"""Training runs as their watchers see them: start, read, stop, resume, delete. No deep-learning library is imported.

A run is a child process in a session of its own and a folder (see `train.runs.files`), so it survives the web server.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from fer_core.private import PRIVATE_UMASK, is_private, make_file, make_folder
from train.errors import ConfigError
from train.runs.files import (
    ACTIVE,
    CHECKPOINT,
    CONFIG,
    CONFUSION,
    LOG,
    MODEL,
    PREVIOUS,
    REPORT,
    STATUS,
    STOP,
    STOPPED_EARLY,
    SWEEP,
    EpochMetrics,
    RunStatus,
    read_epochs,
    read_json,
    read_log,
    read_status,
    write_status,
)
from train.runs.locks import is_alive
from train.runs.request import RunRequest, read_request, resolve_start
from train.settings.training import TrainingConfig

_ROOT: Final = Path(__file__).resolve().parents[2]
_FULL_DISK_BYTES: Final = 32 << 20


@dataclass(frozen=True)
class TrainingRun:
    """One run folder. Every method reads the folder anew; nothing is kept in memory."""

    dir: Path

    @classmethod
    def start(
        cls,
        root: Path,
        archive: Path,
        training: TrainingConfig,
        *,
        name: str | None = None,
        cleaning: tuple[str, ...] = (),
        report_test: bool = False,
        export: bool = True,
        label_order: str = "",
    ) -> "TrainingRun":
        """Make a run folder below `root` and start its process; it waits while another run of `root` trains.

        Args:
            root: folder of the runs; made if missing.
            archive: FER2013 archive.
            training: the settings.
            name: of the new folder; by default made of the date and the architecture.
            cleaning: switches of `train.runs.request.CLEANING`.
            report_test: whether the finished run reports the test split, too.
            export: whether the best weights become a model folder at the end.
            label_order: what the archive's numeric labels mean (see `train.archive.label_orders`).

        Raises:
            ConfigError: `name` is taken or no plain name.
            ArtifactError: the model to start from is missing or damaged.
        """
        training = resolve_start(training)
        given = f"{datetime.now():%Y-%m-%d-%H%M%S}-{training.architecture}" if name is None else name
        run_dir = _make_folder(root, given, may_number=name is None)
        request = RunRequest(
            training,
            archive.resolve(),
            archive.name,
            cleaning=tuple(cleaning),
            report_test=report_test,
            export=export,
            label_order=label_order,
        )
        request.write(run_dir)
        run = cls(run_dir)
        run._launch(epoch=0)
        return run

    @property
    def sweep(self) -> str:
        """The name of the sweep that it belongs to; empty for a run on its own."""
        return self.dir.parent.name if (self.dir.parent / SWEEP).is_file() else ""

    @property
    def title(self) -> str:
        """What to call it beside all others: its folder's name, after that of its sweep."""
        return f"{self.sweep}/{self.dir.name}" if self.sweep else self.dir.name

    def status(self) -> RunStatus:
        """Where the run stands; see `read_run`."""
        return read_run(self.dir)

    def request(self) -> RunRequest | None:
        """What it was asked to do; None where the folder does not say."""
        return read_request(self.dir)

    def epochs(self) -> list[EpochMetrics]:
        """Its whole epochs so far."""
        return read_epochs(self.dir)

    def confusion(self) -> list[list[int]] | None:
        """The validation split's confusion matrix after the last epoch, rows true; None before the first."""
        values: dict[str, Any] | None = read_json(self.dir / CONFUSION)
        return values["counts"] if values else None

    def report(self) -> dict[str, Any] | None:
        """What report.json holds; None before the end."""
        values: dict[str, Any] | None = read_json(self.dir / REPORT)
        return values

    def log(self, *, lines: int = 50) -> str:
        """The end of its log."""
        return read_log(self.dir, lines=lines)

    @property
    def model_dir(self) -> Path:
        """Where its exported model is, once it has one."""
        return self.dir / MODEL

    @property
    def can_resume(self) -> bool:
        """Whether it ended before its last epoch, or before the first was saved."""
        status = self.status()
        return status.state in ("stopped", "failed") and (self.dir / CONFIG).exists()

    def stop(self) -> None:
        """Ask it to end after the present batch; the best model so far is kept, exported and reported."""
        if self.status().state in ACTIVE:
            (self.dir / STOP).touch()

    def kill(self) -> None:
        """End it at once; it can be resumed from its last whole epoch."""
        status = read_status(self.dir)
        if status is not None and status.pid and is_alive(status):
            os.kill(status.pid, signal.SIGKILL)

    def resume(self) -> None:
        """Go on from the last whole epoch, or begin where there is none.

        Raises:
            ConfigError: it is active or finished, or its settings are gone.
        """
        status = self.status()
        if not self.can_resume:
            raise ConfigError(f"{self.dir.name} is {status.state}; only a stopped or failed run can be resumed.")
        self._launch(epoch=status.epoch)

    def delete(self) -> None:
        """Remove the folder with all that is in it.

        Raises:
            ConfigError: it is active, or no run folder.
        """
        if not (self.dir / CONFIG).exists() and not (self.dir / STATUS).exists():
            raise ConfigError(f"{self.dir} is no run folder; nothing was deleted.")
        if self.status().state in ACTIVE:
            raise ConfigError(f"{self.dir.name} is {self.status().state}. Stop it first.")
        shutil.rmtree(self.dir)

    def _launch(self, *, epoch: int) -> None:
        for name in (STOP, STOPPED_EARLY):
            (self.dir / name).unlink(missing_ok=True)
        write_status(self.dir, RunStatus("queued", stage="starting", epoch=epoch, queued_at=time.time()))
        command = [sys.executable, "-m", "train", "fit", "--output", str(self.dir.resolve()), "--queue"]
        make_file(self.dir / LOG, exist_ok=True)
        with (self.dir / LOG).open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                umask=PRIVATE_UMASK if is_private(self.dir) else -1,
            )
        # Reaps the child when it ends, or it would stay a zombie for as long as this server lives.
        threading.Thread(target=process.wait, name=f"wait-{process.pid}", daemon=True).start()


def list_runs(root: Path) -> list[TrainingRun]:
    """The runs in `root` and in the folders of sweeps there, the latest request first."""
    if not root.is_dir():
        return []
    sweeps = [folder for folder in root.iterdir() if (folder / SWEEP).is_file()]
    folders = [path for place in (root, *sweeps) for path in place.iterdir()]
    runs = [TrainingRun(folder) for folder in folders if (folder / STATUS).is_file()]
    return sorted(runs, key=lambda run: (run.status().queued_at, run.dir.name), reverse=True)


def read_run(run_dir: Path) -> RunStatus:
    """Where a run stands, after a look at its process: one that is gone without a last word has failed.

    A folder of an earlier version, without status.json, reads as stopped.
    """
    status = read_status(run_dir)
    if status is None:
        return RunStatus("stopped", epoch=len(read_epochs(run_dir)))
    if status.state not in ACTIVE:
        return status
    if not is_alive(status):
        status = read_status(run_dir) or status  # its last word may have come between the two looks
        if status.state not in ACTIVE:
            return status
        return replace(status, state="failed", error=_why_gone(run_dir, status))
    if (run_dir / STOP).exists():
        return replace(status, state="stopping")
    return status


def _why_gone(run_dir: Path, status: RunStatus) -> str:
    if status.pid == 0:
        return "The training process did not start; the log may say why."
    if shutil.disk_usage(run_dir).free < _FULL_DISK_BYTES:
        return "The training process ended without a message, and the disk is full. Free some space, then resume."
    remedy = f"Resume to continue after epoch {status.epoch}" if _has_checkpoint(run_dir) else "Start it again"
    return (
        "The training process was killed or crashed, perhaps because memory ran out; "
        f"the end of the log may say more. {remedy}."
    )


def _has_checkpoint(run_dir: Path) -> bool:
    """Also where it was killed between putting the one before aside and the newest in its place."""
    return any((run_dir / name).exists() for name in (CHECKPOINT, PREVIOUS))


def _make_folder(root: Path, name: str, *, may_number: bool) -> Path:
    if not name or Path(name).name != name or name.startswith("."):
        raise ConfigError(f"a run's name must be a plain folder name, got {name!r}")
    make_folder(root)
    for number in range(1, 1000):
        run_dir = root / (name if number == 1 else f"{name}-{number}")
        try:
            make_folder(run_dir, exist_ok=False)
        except FileExistsError:
            if not may_number:
                break
        else:
            return run_dir
    raise ConfigError(f"{root / name} exists already. Choose another name.")
