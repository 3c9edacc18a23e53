"""`python fer_core/install.py requirements.txt`: install pinned packages into this Python's environment, with progress.

It imports the standard library alone, as it runs before there are any packages. The Makefile calls it with the Python
of `.venv`. pip's own output, warnings included, goes to `setup.log` beside it; people see one line of progress, and
one sentence when it fails.
"""

import argparse
import importlib.util
import os
import platform
import queue
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import IO, Final, TextIO

PIP: Final = "pip==26.3"
"""The first one may be years old: this one resumes downloads that broke off, and tells how far they are."""

LARGE_BYTES: Final = 20_000_000  # of downloads whose progress is shown
PIP_SETTINGS: Final = {"PYTHONIOENCODING": "utf-8", "PIP_ROOT_USER_ACTION": "ignore", "PIP_USER": "0"} | dict.fromkeys(
    ("PIP_DISABLE_PIP_VERSION_CHECK", "PIP_NO_INPUT", "PIP_NO_COLOR"), "1"
)
SECONDS_BETWEEN_LINES: Final = 15.0
AGAIN: Final = "What was downloaded so far is kept. Run make again to continue."
OFFLINE: Final = re.compile(
    r"(NewConnection|NameResolution|Timeout|Proxy|SSL|Protocol|Connection)Error"
    r"|Connection broken|IncompleteRead|incomplete-download|HTTP error 5|onnection timed out"
)

# Two distributions of the same files. On Linux x86-64 the plain one carries 600 MB for NVIDIA cards, unused here.
TENSORFLOWS: Final = frozenset({"tensorflow", "tensorflow-cpu"})
TENSORFLOW: Final = "tensorflow-cpu" if (sys.platform, platform.machine()) == ("linux", "x86_64") else "tensorflow"


class SetupError(Exception):
    """The packages are not all there; the message is for people."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Install what the file lists; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python fer_core/install.py", description="Install pinned packages.")
    parser.add_argument("requirements", type=Path, help="file with one pinned package a line")
    requirements = parser.parse_args(arguments).requirements
    started = time.monotonic()
    try:
        install(requirements, Path(sys.prefix) / "setup.log", Display(sys.stdout))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nStopped. {AGAIN}", file=sys.stderr)
        return 130
    print(f"  done in {time.monotonic() - started:.0f} s", flush=True)
    return 0


def install(requirements: Path, log: Path, display: "Display") -> None:
    """Install or update packages in this environment.

    Args:
        requirements: pinned packages.
        log: file for pip's whole output; written anew.
        display: what people see.

    Raises:
        SetupError: something is missing in the end.
    """
    log.unlink(missing_ok=True)
    if importlib.util.find_spec("pip") is None:  # a set-up that was killed in its first seconds
        run_module(["ensurepip", "--upgrade"], log, display)
    with suppress(SetupError):  # a mirror may lack it; the old one does, too
        run_module(["pip", "install", "--quiet", PIP], log, display)
    wheels = log.with_name("wheels")
    remove_other_tensorflow(requirements, wheels, log, display)
    display.expect(count_packages(requirements))
    wheels.mkdir(exist_ok=True)
    run_module(["pip", "install", *bar(), "--find-links", str(wheels), "-r", str(requirements)], log, display)
    shutil.rmtree(wheels)


def remove_other_tensorflow(requirements: Path, wheels: Path, log: Path, display: "Display") -> None:
    """Remove the distribution of TensorFlow that is not wanted here, so that the wanted one can be installed.

    Both own the same files, so both go. The wanted one is downloaded first: without a network, nothing is removed.
    """
    pinned = re.search(rf"^{TENSORFLOW}==\S+", requirements.read_text(encoding="utf-8"), re.MULTILINE)
    if pinned is None or not any(is_installed(name) for name in TENSORFLOWS - {TENSORFLOW}):
        return
    display.add_line("replacing tensorflow by tensorflow-cpu, which is 600 MB smaller")
    run_module(["pip", "download", *bar(), "--no-deps", "-d", str(wheels), pinned[0]], log, display)
    run_module(["pip", "uninstall", "--yes", *sorted(TENSORFLOWS)], log, display)


def bar() -> list[str]:
    """The option that makes pip tell how far downloads are; versions before 24.1 do not know it."""
    found = re.match(r"(\d+)\.(\d+)", version("pip"))
    return ["--progress-bar", "raw"] if found and (int(found[1]), int(found[2])) >= (24, 1) else []


def is_installed(name: str) -> bool:
    """Whether this environment has the distribution."""
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def count_packages(requirements: Path) -> int:
    """About how many packages the file lists; those for other machines count, too."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return sum(bool(line.strip()) and not line.startswith("#") for line in lines)


def run_module(words: Sequence[str], log: Path, display: "Display") -> None:
    """Run `python -m` with these words.

    Raises:
        SetupError: it failed; the sentence says why and what to do.
    """
    output: list[str] = []
    with log.open("a", encoding="utf-8") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *words],
            env=os.environ | PIP_SETTINGS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        assert process.stdout is not None  # nosec B101 # it is a pipe; told to mypy
        for line in lines_with_ticks(process.stdout):
            display.show(line)
            if line and not line.startswith("Progress "):
                out.write(line + "\n")
                output.append(line)
        status = process.wait()
    display.end()
    if status:
        raise SetupError(f"{reason(output)} (pip's whole output: {log})")


def lines_with_ticks(stream: IO[str]) -> Iterator[str]:
    """The lines of a stream without their ends, and an empty one for each second without any."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        for line in stream:
            lines.put(line.rstrip())
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=1.0)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def reason(output: Sequence[str]) -> str:
    """Why pip failed and what to do, in a sentence or two, from the lines of its output."""
    text = "\n".join(output)
    errors = [line.removeprefix("ERROR: ") for line in output if line.startswith("ERROR: ")]
    if "No space left" in text or "Errno 28" in text:
        return f"The disk is full. Free some space: the packages need 3 GB. {AGAIN}"
    if OFFLINE.search(text):
        return f"The packages could not be downloaded: the connection failed or was interrupted. {AGAIN}"
    if "No matching distribution found for" in text:
        package = text.rpartition("No matching distribution found for ")[2].split()[0]
        machine = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
        if "(from versions: none)" in text:
            return f"No {package} was found for {machine}: the connection failed, or there is no such version. {AGAIN}"
        return f"There is no {package} for {machine}. Use another Python: make PYTHON=/path/to/python3"
    if "Permission denied" in text or "Errno 13" in text:
        return f"{sys.prefix} cannot be written. Check its permissions, or delete it and run make again."
    return f"The packages could not be installed: {errors[0] if errors else 'pip gave no reason'}. {AGAIN}"


@dataclass
class Display:
    """Shows pip's progress: on a terminal in a line that is overwritten, elsewhere in a line now and then."""

    stream: TextIO
    _total: int = 0
    _done: int = 0
    _package: str = ""
    _doing: str = ""
    _since: float = 0.0
    _printed_at: float = field(default_factory=time.monotonic)

    def expect(self, packages: int) -> None:
        """Begin to count, up to the number of packages that pip will collect."""
        self._total, self._done = packages, 0

    def add_line(self, words: str) -> None:
        """Print a line that stays."""
        self.end()
        print("  " + words, file=self.stream, flush=True)

    def show(self, line: str) -> None:
        """Show the progress that a line of pip's output tells of; an empty line means that a second has passed."""
        if found := re.match(r"Progress (\d+) of (\d+)$", line):
            got, size = int(found[1]), int(found[2])
            if size >= LARGE_BYTES:
                self._show_progress(f"{self._counted()}{self._package}: {got / 1e6:.0f} of {size / 1e6:.0f} MB")
        elif found := re.match(r"(?:Collecting|Processing|Requirement already satisfied:) (\S+)", line):
            self._done += 1
            self._package = re.split(r"[=<>!~;\[]|-\d", Path(found[1]).name)[0]
            self._show_progress(self._counted() + self._package)
        elif line.startswith("Ignoring "):
            self._total -= 1
        elif line.startswith("Installing collected packages"):
            self.add_line(f"unpacking {line.count(',') + 1} packages, a minute or two")
            self._doing, self._since = "unpacking", time.monotonic()
        elif not line and self._doing:
            self._show_progress(f"{self._doing}: {time.monotonic() - self._since:.0f} s")

    def end(self) -> None:
        """Clear the line that is overwritten."""
        if self.stream.isatty():
            print("\r\x1b[K", end="", file=self.stream, flush=True)
        self._doing = ""

    def _counted(self) -> str:
        return f"{min(self._done, self._total)} of {self._total}: " if self._total else ""

    def _show_progress(self, words: str) -> None:
        if self.stream.isatty():
            print(f"\r\x1b[K  {words}"[:75], end="", file=self.stream, flush=True)
        elif time.monotonic() - self._printed_at >= SECONDS_BETWEEN_LINES:
            self._printed_at = time.monotonic()
            print("  " + words, file=self.stream, flush=True)


if __name__ == "__main__":
    sys.exit(main())
