"""Which process works on a session, and whether it still lives."""

import os
import socket
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

_PROCESS: Final = uuid.uuid4().hex[:12]
SILENT: Final = timedelta(seconds=60)
"""A process says each second that it lives; one that was silent for so long is dead wherever it ran."""


def this_process() -> str:
    """This process' name, for the column `owner`."""
    return f"{socket.gethostname()}/{os.getpid()}/{_PROCESS}"


def is_dead(owner: str, alive_at: datetime) -> bool:
    """Whether the process of that name seems to be gone: known at once on the same machine, else by its silence.

    One that only cannot reach the database is silent, too, and so is one whose machine has another time of day. See
    `lookout`.

    Args:
        owner: what `this_process` gave it.
        alive_at: when it last said that it lives, with a time zone.
    """
    return datetime.now(UTC) - alive_at > SILENT or is_gone(owner)


def is_gone(owner: str) -> bool:
    """Whether the process of that name is certainly gone: known of this machine's alone."""
    host, _, rest = owner.partition("/")
    pid, _, process = rest.partition("/")
    if process == _PROCESS or host != socket.gethostname() or not pid.isdigit():
        return False
    if int(pid) == os.getpid():
        return True  # the number was given again, as in a restarted container
    if os.name != "posix":
        return False  # elsewhere asking a process means ending it
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
