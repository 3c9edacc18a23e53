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
    """Somebody wished to stop, and the child that was waited for has ended."""


class _Wish:
    asked = False


@contextmanager
def stop_children_first() -> Iterator[None]:
    """Within it, SIGTERM and Ctrl-C are handed on to the children, and `run_train` raises Stopped once they have ended.

    A second signal kills them. Only the main thread may enter.
    """

    def on_signal(number: int, frame: FrameType | None) -> None:
        for child in list(_running):
            child.send_signal(signal.SIGKILL if _Wish.asked else signal.SIGTERM)
        _Wish.asked = True

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        _Wish.asked = False
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
    if _Wish.asked:
        raise Stopped
    command = [sys.executable, "-m", "train"]
    command += [str(word.resolve()) if isinstance(word, Path) else str(word) for word in words]
    # A group of its own: a terminal's Ctrl-C would reach it beside the wish that is handed on, and twice means at once.
    with subprocess.Popen(command, cwd=_ROOT, env=environment, process_group=0) as child:
        _running.add(child)
        try:
            child.wait()
        finally:
            _running.discard(child)
    if _Wish.asked:
        raise Stopped
