"""What a command line shares: any text can be printed on any console, and no failure of the system is a traceback."""

import errno
import io
import os
import sys
from collections.abc import Callable
from typing import Final, TextIO

from fer_core.errors import FerError

FAILED: Final = 2
OUTPUT_CLOSED: Final = 141
"""As a shell reports a program that SIGPIPE ended: `… | head` has read enough."""
INTERRUPTED: Final = 130


def run_command(command: Callable[[], int]) -> int:
    """Run a command to its end, with its output flushed.

    Args:
        command: gives the exit status.

    Returns:
        That status, or another one after an error that one sentence on stderr explains.
    """
    try:
        status = command()
        sys.stdout.flush()
        return status
    except FerError as error:
        _complain(str(error))
    except BrokenPipeError:
        _silence(sys.stdout)
        return OUTPUT_CLOSED
    except OSError as error:
        _silence_if_broken(sys.stdout)
        _complain(system_sentence(error))
    except KeyboardInterrupt:
        _complain("Interrupted.")
        return INTERRUPTED
    return FAILED


def print_anything() -> None:
    """Print characters that the console's encoding lacks as escapes, such as `\\u4e16`, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def system_sentence(error: OSError) -> str:
    """What the operating system refused, and what to do."""
    where = f"{error.filename}: " if error.filename is not None else ""
    what = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}{what}. Free some space, or choose another disk."
    return f"{where}{what}. Check the path and its permissions."


def _complain(sentence: str) -> None:
    try:
        print(sentence, file=sys.stderr, flush=True)
    except OSError:
        _silence(sys.stderr)


def _silence_if_broken(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Otherwise Python flushes it once more at its end, and complains."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # not a real file, as in a test
        return
