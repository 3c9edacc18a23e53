"""`python -m train …` as a child process: a sweep runs one after the other, a recipe several side by side.

A child handles a request to stop itself and ends where nothing is lost (`train.runs.stopping`). A request to the parent
is meant for the children, so the parent passes it on and waits for them.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[2]
_running: Final[set["subprocess.Popen[bytes]"]] = set()


class Stopped(Exception):  # noqa: N818 - no fault, as KeyboardInterrupt is none
    """Somebody asked this process to stop, and the child that it waited for has ended."""


class _StopRequested:
    """Whether somebody has asked this process to stop."""

    asked = False


@contextmanager
def stop_children_first() -> Iterator[None]:
    """Within it, SIGTERM and Ctrl-C are passed on to the children, and `run_train` raises Stopped once they have ended.

    A second signal kills them. Only the main thread may enter.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        for child in list(_running):
            child.send_signal(signal.SIGKILL if _StopRequested.asked else signal.SIGTERM)
        _StopRequested.asked = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        _StopRequested.asked = False
        for number, handler in before.items():
            signal.signal(number, handler)


def run_train(words: Sequence[object], environment: Mapping[str, str] | None = None) -> None:
    """Run `python -m train` with these words until it ends; it writes to this terminal. Any thread may call this.

    Args:
        words: the arguments; paths are made absolute.
        environment: instead of this process' own.

    Raises:
        Stopped: within `stop_children_first`, once somebody has asked to stop.
    """
    if _StopRequested.asked:
        raise Stopped
    command = [sys.executable, "-m", "train"]
    command += [str(word.resolve()) if isinstance(word, Path) else str(word) for word in words]
    # A process group of its own: otherwise a terminal's Ctrl-C would reach the child directly, in addition to the
    # signal that is passed on, and a second signal ends it at once.
    with subprocess.Popen(command, cwd=_ROOT, env=environment, process_group=0) as child:
        _running.add(child)
        try:
            child.wait()
        finally:
            _running.discard(child)
    if _StopRequested.asked:
        raise Stopped
