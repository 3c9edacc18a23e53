"""Run a target's child, watch it, keep each failing input, and start another child after a crash or a hang."""

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from tests.fuzz.child import case_folder
from tests.helpers import REPOSITORY

KEPT: Final = REPOSITORY / ".work" / "fuzz"
START_S: Final = 120.0
"""Until the first input: modules are imported and samples made."""
INPUT_S: Final = 60.0
"""Longer than this no input may take, on a busy machine either."""


@dataclass(frozen=True)
class Failure:
    """An input that was neither read nor refused.

    Attributes:
        number: with target and seed it makes the input again: `--first NUMBER --count 1`.
        words: the traceback, the signal that ended the child, or that it hung.
        kept: where the input is.
    """

    number: int
    words: str
    kept: Path


@dataclass
class Outcome:
    """How a target fared. `counts` has "read", "refused" and "failed"."""

    target: str
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)


def run_target(target: str, *, seed: int, seconds: float, first: int = 0, count: int | None = None) -> Outcome:
    """Fuzz one target for so long, or for so many inputs. The time that a child takes to start does not count."""
    outcome = Outcome(target)
    left_s, number = seconds, first
    end = None if count is None else first + count
    while left_s > 0 and (end is None or number < end):
        with tempfile.TemporaryDirectory(prefix=f"fuzz-{target}-") as folder:
            child = _Child(target, seed, number, Path(folder), None if end is None else end - number)
            try:
                number, used_s = child.watch(outcome, left_s)
            finally:
                child.kill()
        left_s -= used_s
    return outcome


class _Child:
    def __init__(self, target: str, seed: int, first: int, folder: Path, count: int | None) -> None:
        command = [sys.executable, "-m", "tests.fuzz.child", target, "--seed", str(seed), "--first", str(first)]
        command += ["--folder", str(folder), *(["--count", str(count)] if count is not None else [])]
        self._seed, self._first, self._folder = seed, first, folder
        self._errors = (folder / "stderr.txt").open("w+b")
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=self._errors, process_group=0
        )
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue()
        assert self._process.stdout is not None
        threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()

    def watch(self, outcome: Outcome, seconds: float) -> tuple[int, float]:
        """Until the time is over or the child ends; gives the next number and the time used."""
        number, began_s, at_work = self._first, 0.0, False
        while True:
            try:
                said = self._lines.get(timeout=INPUT_S if began_s else START_S)
            except queue.Empty:
                self._keep(outcome, number, f"no end after {INPUT_S if began_s else START_S:.0f} s")
                return number + 1, INPUT_S
            began_s = began_s or time.monotonic()
            used_s = time.monotonic() - began_s
            if said is None:
                status = self._process.wait()
                if status != 0 or at_work:
                    self._keep(outcome, number, f"the process ended with {_name(status)}\n{self._last_words()}")
                return number + 1, max(used_s, 0.1)
            number, at_work = said["number"], "ended" not in said
            if not at_work:
                outcome.counts[said["ended"]] += 1
                if said["words"]:
                    self._keep(outcome, number, said["words"], is_counted=True)
            if used_s >= seconds and not at_work:
                return number + 1, used_s

    def kill(self) -> None:
        """End the child and what it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._errors.close()

    def _listen(self, stream: IO[bytes]) -> None:
        for line in stream:
            try:
                self._lines.put(json.loads(line))
            except ValueError:
                continue
        self._lines.put(None)

    def _last_words(self) -> str:
        self._errors.flush()
        return (self._folder / "stderr.txt").read_text(encoding="utf-8", errors="replace")[-2000:]

    def _keep(self, outcome: Outcome, number: int, words: str, *, is_counted: bool = False) -> None:
        if not is_counted:
            outcome.counts["failed"] += 1
        kept = KEPT / f"{outcome.target}-{self._seed}-{number}"
        shutil.rmtree(kept, ignore_errors=True)
        case = case_folder(self._folder)
        if case.exists():
            shutil.copytree(case, kept, symlinks=True)
        kept.mkdir(parents=True, exist_ok=True)
        (kept / "words.txt").write_text(words, encoding="utf-8")
        outcome.failures.append(Failure(number, words, kept))


def _name(status: int) -> str:
    if status >= 0:
        return f"status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
