"""What the command lines share: any text can be printed on any console, and no system error ends in a traceback.

The modules of the library print nothing themselves. Programs that have something to say in the middle of their work
say it through `print_line` and `print_notice`.
"""

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
    r"""Print characters that the console's encoding lacks as escapes, such as `\u4e16`, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def print_line(text: str) -> None:
    """Print a line of the program's result on standard output.

    Raises:
        OSError: nobody reads it any more, or the disk that it goes to is full; see `run_command`.
    """
    print(text)


def print_notice(text: str) -> None:
    """Print a line beside the result, such as progress or a warning, on standard error, at once.

    Raises:
        OSError: as `print_line`.
    """
    print(text, file=sys.stderr, flush=True)


def system_sentence(error: OSError) -> str:
    """What the operating system refused, and what to do."""
    where = f"{error.filename}: " if error.filename is not None else ""
    what = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{where}{what}. Free some space, or choose another disk."
    return f"{where}{what}. Check the path and its permissions."


def _complain(sentence: str) -> None:
    try:
        print_notice(sentence)
    except OSError:
        _silence(sys.stderr)


def _silence_if_broken(stream: TextIO) -> None:
    try:
        stream.flush()
    except OSError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    """Send what is left to nowhere: Python flushes the stream once more at its end, and would complain."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # not a real file, as in a test
        return
