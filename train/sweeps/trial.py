"""One trial of a sweep: its run's process, begun here or found alive, watched by its folder, ended politely.

The process that watches never imports TensorFlow. If it dies, the run goes on; whoever watches it next takes it over.
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fer_core.private import PRIVATE_UMASK, is_private, make_file, make_folder
from train.runs.files import ACTIVE, FINAL, LOG, STOPPED_EARLY, read_status
from train.runs.run import TrainingRun
from train.sweeps.plan import SweepPlan, Trial

POLL_S: Final = 0.2
LONGEST_END_S: Final = 600.0
"""How long a run may take to stop, export and report before it is killed."""
_ROOT: Final = Path(__file__).resolve().parents[2]


class TrialDied(Exception):  # noqa: N818 - it is said to Tune, which tries again
    """A run's process ended without a word: killed, crashed, or gone with its machine."""


def arguments_of(plan: SweepPlan, trial: Trial, folder: Path, archive: Path) -> list[object]:
    """The arguments of `python -m train` for a trial: a run that began goes on with its own archive and settings."""
    run = TrainingRun(folder / trial.name)
    if run.request() is None:
        return plan.fit_arguments(trial, folder, archive)
    (run.dir / STOPPED_EARLY).unlink(missing_ok=True)
    return ["fit", "--output", run.dir]


def thread_limits(cores: float) -> dict[str, str]:
    """What keeps a training process to so many cores; parts of a core count as one."""
    threads = str(max(1, int(cores)))
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
    return dict.fromkeys(names, threads)


def has_died(run: TrainingRun) -> bool:
    """Whether a run whose process has ended left no last word in its folder."""
    status = read_status(run.dir)
    return status is None or status.state in ACTIVE


class TrialProcess:
    """The process of one trial's run.

    Args:
        run: its folder.
        arguments: of `python -m train`, to begin it or to go on.
        environment: set in addition to this process' own.
    """

    def __init__(self, run: TrainingRun, arguments: list[object], environment: Mapping[str, str]) -> None:
        self._run = run
        self._child: subprocess.Popen[bytes] | None = None
        self._was_asked = False
        if run.status().state in (*ACTIVE, "finished"):
            return  # its watcher died, and it lives on, or has just come to its end: it is watched from here
        make_folder(run.dir)
        make_file(run.dir / LOG, exist_ok=True)
        with (run.dir / LOG).open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "train", *map(str, arguments)],
                cwd=_ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                process_group=0,
                umask=PRIVATE_UMASK if is_private(run.dir) else -1,
            )

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        if self._child is not None:
            return self._child.poll() is not None
        return self._run.status().state in FINAL

    @property
    def died(self) -> bool:
        """Whether it ended without a word of its own, though nobody asked it to."""
        if not self.is_over or self._was_asked:
            return False
        return has_died(self._run) and (self._child is None or self._child.returncode < 0)

    def ask_to_stop(self) -> None:
        """Ask it to end after the present batch, with the best model so far exported and reported."""
        if self._was_asked or self.is_over:
            return
        self._was_asked = True
        if self._child is not None:
            self._child.terminate()
        else:
            self._run.stop()

    def wait(self) -> None:
        """Wait until it has ended; one that does not end is killed."""
        patience_s = time.monotonic() + LONGEST_END_S
        while not self.is_over:
            if time.monotonic() > patience_s:
                self.kill()
            time.sleep(POLL_S)

    def kill(self) -> None:
        """End it at once."""
        if self._child is not None:
            self._child.kill()
        else:
            self._run.kill()
