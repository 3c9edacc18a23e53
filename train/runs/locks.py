"""Who may train now: locks that the system releases by itself when a process dies, and a queue in order of arrival.

A run holds the lock of its own folder for as long as it lives, so that no folder is trained in twice. A queued run
also waits for the lock of the folder above; it takes it only when no living run beside it has waited longer.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep, time
from typing import Final

from train.errors import ConfigError
from train.runs.files import RunStatus, process_start, read_status

POLL_S: Final = 0.5
SILENCE_S: Final = 60.0
"""How long a started process may take before it says its first word."""
_RUN_LOCK: Final = ".lock"
_QUEUE_LOCK: Final = ".training.lock"


@contextmanager
def only_process_in(run_dir: Path) -> Iterator[None]:
    """Hold the run folder.

    Raises:
        ConfigError: another process trains in it.
    """
    descriptor = _try_lock(run_dir / _RUN_LOCK)
    if descriptor is None:
        raise ConfigError(f"Another process is training in {run_dir}. Wait for it, or stop it first.")
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def turn_to_train(run_dir: Path, *, still_wanted: Callable[[], bool]) -> Iterator[bool]:
    """Wait until no other queued run beside `run_dir` trains; gives False when it was not wanted any more."""
    descriptor = None
    while descriptor is None and still_wanted():
        descriptor = _try_lock(run_dir.parent / _QUEUE_LOCK) if _is_next(run_dir) else None
        if descriptor is None:
            sleep(POLL_S)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            os.close(descriptor)


def is_alive(status: RunStatus) -> bool:
    """Whether the process behind an active status still runs, or may just be about to say its first word."""
    if status.pid == 0:
        return abs(time() - status.updated_at) < SILENCE_S  # a time to come is that of a clock that was set back
    return process_start(status.pid) == status.process_started != 0.0


def _is_next(run_dir: Path) -> bool:
    own = read_status(run_dir)
    if own is None:
        return True
    for folder in run_dir.parent.iterdir():
        status = read_status(folder) if folder != run_dir and folder.is_dir() else None
        if status is None or status.state != "queued" or not is_alive(status):
            continue
        if (status.queued_at, folder.name) < (own.queued_at, run_dir.name):
            return False
    return True


def _try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock until it is closed, or None where another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
