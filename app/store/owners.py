"""Which process works on a session, and whether it still lives."""

import os
import socket
import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

_PROCESS: Final = uuid.uuid4().hex[:12]
_SILENT: Final = timedelta(seconds=60)
"""A process says each second that it lives; one that was silent for so long is dead wherever it ran."""


def this_process() -> str:
    """This process' name, for the column `owner`."""
    return f"{socket.gethostname()}/{os.getpid()}/{_PROCESS}"


def is_dead(owner: str, alive_at: datetime) -> bool:
    """Whether the process of that name is gone: known at once on the same machine, else by its silence.

    Args:
        owner: what `this_process` gave it.
        alive_at: when it last said that it lives, with a time zone.
    """
    if datetime.now(UTC) - alive_at > _SILENT:
        return True
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
