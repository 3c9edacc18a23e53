"""Work of the training side, done for the pages by child processes whose JSON answers are kept under FER_HOME.

    FER_HOME/archives/           uploads, named by content
    FER_HOME/answers/<job>/      answer.json of a child that succeeded, or error.txt with its one sentence
    FER_HOME/answers/labels-<key>/   label_order.txt: what the numeric labels of an archive were said to mean
    FER_HOME/runs/               run folders (see train.runs.run)

The web process never loads a deep-learning library nor decodes an archive. Imports no Streamlit.
"""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from app.server import kept
from app.settings import folder_from
from fer_core import paths
from fer_core.private import PRIVATE_UMASK, make_file, make_folder
from fer_core.whole_files import write_whole
from train import architectures
from train.archive.label_orders import LABEL_ORDERS

ANSWER: Final = "answer.json"
LABEL_ORDER: Final = "label_order.txt"
ERROR: Final = "error.txt"
FACES: Final = "faces.png"
"""Sample faces of an inspected archive: one row per emotion."""
_ROOT: Final = Path(__file__).resolve().parents[2]
_NICE: Final = 10
ANSWER_VERSION: Final = b"3"
"""Raised when archives are read otherwise or their report says more: earlier versions' answers are asked for anew."""
_SUFFIXES: Final = (".csv", ".zip", ".tar.gz", ".tgz")

JobState = Literal["new", "running", "done", "failed"]


@dataclass(frozen=True)
class Job:
    """One call of `python -m train` that prints JSON.

    Attributes:
        dir: where its answer is kept; named by what it does and by a hash of everything that its answer depends on.
        arguments: of the command.
    """

    dir: Path
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class JobView:
    """A look at a job.

    Attributes:
        state: "new" before its first start, and again when its answer was damaged.
        seconds: how long it has been running; 0 when it is not.
        answer: what its JSON says, once done.
        error: one sentence, when failed.
    """

    state: JobState
    seconds: float = 0.0
    answer: Any = None
    error: str = ""


@dataclass(frozen=True)
class StoredArchive:
    """An archive on this computer: where it is, what people call it, and its size."""

    path: Path
    title: str
    size_bytes: int


_lock = kept(f"{__name__}.lock", threading.Lock)
_began: dict[Path, float] = kept(f"{__name__}.began", dict)
"""Folder of each job that runs now, in whichever browser tab it was asked for, and when it began."""
_processes: dict[Path, "subprocess.Popen[bytes]"] = kept(f"{__name__}.processes", dict)
"""The child of each job that runs now, once it has been started."""
_given_up: set[Path] = kept(f"{__name__}.given_up", set)
"""Folder of each job that runs now and is to end, whether its child has been noted yet or not."""
_failures: dict[Path, str] = kept(f"{__name__}.failures", dict)
"""Sentence of each job whose error file could not be written, as on a full disk."""


def start(job: Job) -> None:
    """Start the job's child, unless it runs already; a failure to start is kept as its error.

    Raises:
        OSError: its folder cannot be written.
    """
    with _lock:
        if job.dir in _began:
            return
        make_folder(job.dir)
        for before in (ANSWER, ERROR):
            (job.dir / before).unlink(missing_ok=True)
        _began[job.dir] = time.monotonic()
        _failures.pop(job.dir, None)
    threading.Thread(target=_run, args=(job,), name=f"job-{job.dir.name}", daemon=True).start()


def give_up(job: Job) -> None:
    """End the job's child, if it runs; the job is as it was before its start."""
    with _lock:
        if job.dir in _began:
            _given_up.add(job.dir)
        if job.dir in _processes:
            _processes[job.dir].terminate()


def look(job: Job) -> JobView:
    """Where the job stands. Reads two small files at most."""
    with _lock:
        began = _began.get(job.dir)
        failure = _failures.get(job.dir)
    if began is not None:
        return JobView("running", seconds=time.monotonic() - began)
    if failure is not None:
        return JobView("failed", error=failure)
    answer = _read_json(job.dir / ANSWER)
    if answer is not None:
        return JobView("done", answer=answer)
    try:
        return JobView("failed", error=(job.dir / ERROR).read_text(encoding="utf-8"))
    except OSError:
        return JobView("new")


def inspection(archive: Path) -> Job:
    """Read an archive into the cache and report on it; sample faces come beside the answer."""
    order = label_order(archive)
    folder = answer_dir("inspect", hash_of(archive_key(archive).encode(), order.encode(), ANSWER_VERSION))
    return Job(folder, ("inspect", str(archive), "--json", "--faces", str(folder / FACES), *label_flags(order)))


def label_order(archive: Path) -> str:
    """What its numeric labels were said to mean: a name in `LABEL_ORDERS`, empty where nothing was said."""
    try:
        order = (answer_dir("labels", archive_key(archive)) / LABEL_ORDER).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
    return order if order in LABEL_ORDERS else ""


def keep_label_order(archive: Path, order: str) -> None:
    """Keep what its numeric labels mean, for all pages; empty to forget it.

    Raises:
        OSError: it cannot be written.
    """
    folder = answer_dir("labels", archive_key(archive))
    write_whole(folder / LABEL_ORDER, order)


def label_flags(order: str) -> tuple[str, ...]:
    """The order as options of `python -m train`."""
    return ("--label-order", order) if order else ()


def architecture_list() -> Job:
    """Size and cost of every network; asked anew when one of their files changes."""
    sources = [path.read_bytes() for path in sorted(Path(architectures.__path__[0]).glob("*.py"))]
    return Job(answer_dir("list", hash_of(*sources)), ("list", "--json"))


def answer_dir(kind: str, key: str) -> Path:
    """Where the answer to a job of one kind is kept."""
    return paths.home() / "answers" / f"{kind}-{key}"


def archive_key(archive: Path) -> str:
    """Changes with the file: its path, size and time of change."""
    stat = archive.stat()
    return hash_of(str(archive).encode(), f"{stat.st_size} {stat.st_mtime_ns}".encode())


def hash_of(*parts: bytes) -> str:
    """A short name for contents, the same whenever they are."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:20]


def archives_dir() -> Path:
    """Where uploads are kept."""
    return paths.home() / "archives"


def runs_dir() -> Path:
    """Where run folders are."""
    return paths.home() / "runs"


def server_folder() -> Path | None:
    """The folder out of which people may name archives, if whoever runs the server set FER_ARCHIVES."""
    return folder_from("FER_ARCHIVES")


def stored_archives() -> tuple[StoredArchive, ...]:
    """Uploads, the newest first."""
    folder = archives_dir()
    if not folder.is_dir():
        return ()
    found = [path for path in folder.iterdir() if path.name.lower().endswith(_SUFFIXES) and path.is_file()]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return tuple(StoredArchive(path, archive_title(path), path.stat().st_size) for path in found)


def archive_title(path: Path) -> str:
    """A stored archive's own name, without the hash that keeps uploads apart."""
    return re.sub(r"^[0-9a-f]{16}-", "", path.name)


def delete_archive(path: Path) -> None:
    """Delete an upload; anything else is left alone."""
    if path.parent == archives_dir():
        path.unlink(missing_ok=True)


def _run(job: Job) -> None:
    """Wait for the child on a thread of its own, and keep its answer or its sentence."""
    try:
        error = _run_child(job)
    except OSError as problem:
        error = f"The work could not be done: {problem}. Check the disk and try again."
    with _lock:
        _processes.pop(job.dir, None)
    kept = True
    if error:
        try:
            (job.dir / ERROR).write_text(error, encoding="utf-8")
        except OSError:
            kept = False
    with _lock:
        if not kept:
            _failures[job.dir] = error
        _began.pop(job.dir, None)
        _given_up.discard(job.dir)


def _run_child(job: Job) -> str:
    """Run it to its end; returns why it failed, or nothing."""
    part, words = job.dir / f".{ANSWER}.part", job.dir / "log.txt"
    for path in (part, words):
        make_file(path, exist_ok=True)
    with part.open("wb") as out, words.open("w+", encoding="utf-8", errors="replace") as log:
        command = [sys.executable, "-m", "train", *job.arguments]
        process = subprocess.Popen(
            command, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=log, umask=PRIVATE_UMASK
        )
        with _lock:
            _processes[job.dir] = process
            if job.dir in _given_up:
                process.terminate()
        with contextlib.suppress(OSError, AttributeError):  # lower priority where the system knows it
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
        status = process.wait()
        log.seek(0)
        last = next((line.strip() for line in reversed(log.read().splitlines()) if line.strip()), "")
    if status == -signal.SIGTERM:  # given up: as if it had not been started
        return ""
    if status == 2 and last:  # the command's own word for what it could not do
        return last
    if status != 0:
        return f"The work ended unexpectedly (status {status}), perhaps for lack of memory. {last}".strip()
    if _read_json(part) is None:
        return "The answer came incomplete; the disk may be full. Free some space and try again."
    part.replace(job.dir / ANSWER)
    return ""


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
