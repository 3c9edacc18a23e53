"""A bound on the memory that one step may take, where the system has such a thing."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

EXTRA_BYTES: Final = 4 << 30


@contextlib.contextmanager
def bounded_memory(extra_bytes: int = EXTRA_BYTES) -> Iterator[None]:
    """Within it, this process may take so much more memory than it has now; what asks for more fails.

    Python then raises MemoryError. Libraries in other languages may end the process, so this is for child processes.
    On systems without the limit nothing is bounded.
    """
    try:
        import resource

        before = resource.getrlimit(resource.RLIMIT_DATA)
        limit = _data_bytes() + extra_bytes
        if before[0] == resource.RLIM_INFINITY or limit < before[0]:
            resource.setrlimit(resource.RLIMIT_DATA, (limit, before[1]))
    except (ImportError, OSError, ValueError):
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)


def _data_bytes() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))
