"""The files of a run folder, which is the interface between a training process and whoever watches it.

    config.json              TrainingConfig and the archive's name and hash
    network.json             the network's structure, as Keras writes it
    recipe.json              which recipe's step the run is, where it is one
    status.json              RunStatus: state, process, and a heartbeat within epochs
    progress.jsonl           one EpochMetrics per line
    confusion.json           the validation split's confusion matrix after the last epoch
    log.txt                  what the run said, its errors included
    checkpoint.weights.h5    weights and optimizer state after a whole epoch, and which epoch that was
    best.weights.h5          averaged weights of the epoch with the best validation accuracy
    report.json              figures of the exported model
    mistakes-<split>.png     the faces of its mistakes, in the report's order
    model/                   the exported model
    stop                     somebody has asked the run to stop
    stopped_early            a sweep ended the run, as others did better after as many epochs

Readers tolerate what a killed writer leaves: half a last line, or no file. No deep-learning library is imported here.
"""

import json
import os
import re
import subprocess
import time
import zlib
from dataclasses import MISSING, asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from fer_core.private import make_file
from fer_core.whole_files import write_whole

CONFIG: Final = "config.json"
NETWORK: Final = "network.json"
RECIPE: Final = "recipe.json"
"""In a run's folder: the recipe and the step that the run is, for the card. In a recipe's folder: the recipe."""
STATUS: Final = "status.json"
PROGRESS: Final = "progress.jsonl"
CONFUSION: Final = "confusion.json"
LOG: Final = "log.txt"
CHECKPOINT: Final = "checkpoint.weights.h5"
PREVIOUS: Final = "previous.weights.h5"
"""The checkpoint before the last one, for when that is damaged."""
BEST: Final = "best.weights.h5"
START: Final = "start.weights.h5"
PRETRAINED: Final = "pretrained.json"
"""Which published weights the run started from; missing where it started from random ones."""
REPORT: Final = "report.json"
MODEL: Final = "model"
STOP: Final = "stop"
STOPPED_EARLY: Final = "stopped_early"
SWEEP: Final = "sweep.json"
"""In the folder of a sweep's runs: its plan."""

_START_UP: Final = re.compile(
    r"WARNING: All log messages before absl|[IWE]\d{4} .* (port|cudart_stub|cuda_platform|cpu_feature_guard)\.cc:"
)

RunState = Literal["queued", "running", "stopping", "finished", "stopped", "failed"]
ACTIVE: Final[frozenset[RunState]] = frozenset({"queued", "running", "stopping"})
"""States of a run whose process lives, or is about to start."""
FINAL: Final[frozenset[RunState]] = frozenset({"finished", "stopped", "failed"})
"""States of a run whose process has ended."""


@dataclass(frozen=True)
class EpochMetrics:
    """One line of progress.jsonl. Losses in nats, accuracies 0-1; training figures are on augmented images.

    `steady_seconds` is the epoch's length without what a process does once, such as compiling; 0 where that is not
    known, None in lines of earlier versions. `crowd_accuracy` is on the validation images whose voters agree, 0-1; None
    where the run has no votes.
    """

    epoch: int
    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float
    images_per_second: float
    steady_seconds: float | None = None
    crowd_accuracy: float | None = None


@dataclass(frozen=True)
class RunStatus:
    """Where a run stands.

    Attributes:
        state: one of ACTIVE or FINAL.
        stage: what it does now, in words.
        pid: of the training process; 0 before it has spoken.
        process_started: when that process started, by `process_start`; with the pid it is never mistaken for another.
        epoch: whole epochs done.
        epochs: epochs planned.
        batch: batches done within the present epoch.
        batches: batches per epoch.
        images_per_second: over the present epoch after its first step, which may have compiled the network; 0 before.
        queued_at: when the run was asked for, in seconds since 1970.
        started_at: when this process began to train, in seconds since 1970; 0 before.
        updated_at: of this status, in seconds since 1970.
        started_s: like `started_at`, by `time.monotonic`, which all processes of a machine share and nobody sets.
        updated_s: like `updated_at`, likewise.
        error: why it failed, one sentence; else empty.
        notes: what people should know about the run, such as weights that could not be downloaded.
    """

    state: RunState
    stage: str = ""
    pid: int = 0
    process_started: float = 0.0
    epoch: int = 0
    epochs: int = 0
    batch: int = 0
    batches: int = 0
    images_per_second: float = 0.0
    queued_at: float = 0.0
    started_at: float = 0.0
    updated_at: float = 0.0
    started_s: float = 0.0
    updated_s: float = 0.0
    error: str = ""
    notes: tuple[str, ...] = ()


_Record = TypeVar("_Record", EpochMetrics, RunStatus)


def write_json(path: Path, values: Any) -> None:
    """Write JSON so that readers see the old file or the new one, never half of it."""
    _write(path, json.dumps(values, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    """Not forced to disk, as this happens twice a second. Only the run's own process writes, and it may be killed."""
    write_whole(path, text, durable=False, temporary_name=f".new-{path.name}")


def read_json(path: Path) -> Any:
    """What a JSON file holds, or None where it is missing or damaged."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _from_json(kind: type[_Record], values: Any) -> _Record | None:
    """A dataclass from a JSON object; None where a field is missing. Fields of other versions are left out."""
    if not isinstance(values, dict):
        return None
    known = {f.name: f for f in fields(kind)}
    if any(name not in values for name, f in known.items() if f.default is MISSING):
        return None
    record: _Record = kind(**{name: value for name, value in values.items() if name in known})
    return record


def write_status(run_dir: Path, status: RunStatus) -> None:
    """Replace status.json, with the present time in it."""
    write_json(run_dir / STATUS, asdict(replace(status, updated_at=time.time(), updated_s=time.monotonic())))


def read_status(run_dir: Path) -> RunStatus | None:
    """What status.json says, without a look at the process; None where there is none. See `train.runs.run.read_run`."""
    values = read_json(run_dir / STATUS)
    if not isinstance(values, dict) or values.get("state") not in ACTIVE | FINAL:
        return None
    return _from_json(RunStatus, values | {"notes": tuple(values.get("notes", ()))})


def append_epoch(run_dir: Path, metrics: EpochMetrics) -> None:
    """Add a line to progress.jsonl."""
    make_file(run_dir / PROGRESS, exist_ok=True)
    with (run_dir / PROGRESS).open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(asdict(metrics)) + "\n")


def read_epochs(run_dir: Path) -> list[EpochMetrics]:
    """The epochs recorded so far, oldest first; a line that was not written to its end is left out."""
    try:
        lines = (run_dir / PROGRESS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    epochs: dict[int, EpochMetrics] = {}
    for line in lines:
        try:
            values = json.loads(line)
        except ValueError:
            continue
        metrics = _from_json(EpochMetrics, values)
        if metrics is not None:
            epochs[metrics.epoch] = metrics
    return [epochs[number] for number in sorted(epochs)]


def keep_epochs(run_dir: Path, count: int) -> list[EpochMetrics]:
    """Drop from progress.jsonl what lies beyond the checkpoint's epoch; returns what is kept."""
    kept = [metrics for metrics in read_epochs(run_dir) if metrics.epoch <= count]
    path = run_dir / PROGRESS
    if path.exists():
        _write(path, "".join(json.dumps(asdict(metrics)) + "\n" for metrics in kept))
    return kept


def read_log(run_dir: Path, *, lines: int = 50) -> str:
    """The end of log.txt, without what TensorFlow says at each start of a machine without an NVIDIA card."""
    try:
        with (run_dir / LOG).open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - 400 * lines))
            text = stream.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join([line for line in text.splitlines() if not _START_UP.match(line)][-lines:])


def process_start(pid: int) -> float:
    """When a living process started: a number that no later process with its pid shares; 0 where there is none.

    Read from /proc, in clock ticks since boot; elsewhere from `ps`, in a hash of its words. A zombie is not living.
    """
    if pid <= 0:
        return 0.0
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            words = stat.read_text().rpartition(")")[2].split()  # the name before may hold spaces
        except OSError:
            return 0.0
        return 0.0 if words[0] in "ZX" else float(words[19])
    command = ["ps", "-o", "state=,lstart=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True).stdout.split()
    return 0.0 if not shown or shown[0].startswith("Z") else float(zlib.crc32("".join(shown[1:]).encode()))
