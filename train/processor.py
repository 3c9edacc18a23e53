"""What a training process needs of the C library and of TensorFlow before either starts, on processors.

Measured on two cores of an AMD EPYC (Zen 3) by `python -m benchmarks.training_step`: a step of deep_se takes half the
time with both.
"""

import os
import platform
import sys
from collections.abc import MutableMapping
from typing import Final

GLIBC: Final = "GLIBC_TUNABLES"
KEPT_MEMORY: Final = ":".join(
    (
        "glibc.malloc.hugetlb=1",
        "glibc.malloc.mmap_threshold=4294967296",
        "glibc.malloc.trim_threshold=8589934592",
        "glibc.malloc.top_pad=268435456",
    )
)
"""glibc gives a step's large buffers back to the system after each step, and the next step waits while millions of
pages are cleared and handed out anew. With these it keeps them, in huge pages where the system has some."""
ONEDNN: Final = "TF_ENABLE_ONEDNN_OPTS"
"""TensorFlow's convolutions through oneDNN. By itself it takes them only on processors with AVX-512."""


def prepare(environment: MutableMapping[str, str]) -> bool:
    """Set what is missing in the environment of a training process; what somebody has set stays.

    Returns:
        Whether the C library reads something of it, at the start of a process alone: a running one must start anew.
    """
    environment.setdefault(ONEDNN, "1")
    if GLIBC in environment or platform.libc_ver()[0] != "glibc":
        return False
    environment[GLIBC] = KEPT_MEMORY
    return True


def start_anew() -> None:
    """Start this `python -m train` again, in the same process, where `prepare` set something that needs it."""
    if prepare(os.environ):
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
