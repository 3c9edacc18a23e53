"""Ray's clusters: one of this machine's own, or one that runs already. Films and sweeps use the same way in.

Ray is imported within functions: it is an extra, and everything else works without it.
"""

import importlib
import importlib.util
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fer_core.errors import ScaleError, error_words
from fer_core.processor import usable_cores

ANSWER_S: Final = 5.0
CONNECT_S: Final = 60.0
STARTS: Final = 3
"""Ray gives up a start after half a minute, which a busy machine may need."""
STORE_BYTES: Final = 256 << 20
"""Shared memory of a cluster on this machine, for the results of parts: about 330 bytes for each face and frame. What
is more goes to the disk. A sweep's trials send a few numbers."""
LOOPBACK: Final = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""With "0" for it Ray listens and calls on loopback; asked for 127.0.0.1, it takes an address that others reach."""
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
MISSING: Final = "--ray needs Ray, which is not installed. Run: pip install -r requirements-scale.txt"


def check_installed(module: str = "ray") -> None:
    """Say early what is missing, Ray itself or what it needs.

    Args:
        module: the part of Ray that is needed: "ray", or "ray.tune" for sweeps.

    Raises:
        ScaleError: Ray is not installed, or cannot be imported.
    """
    if importlib.util.find_spec("ray") is None:
        raise ScaleError(MISSING)
    try:
        importlib.import_module(module)
    except ImportError as error:  # packages whose versions do not go together
        raise ScaleError(
            f"--ray needs Ray, which is installed but cannot be loaded: {first_line(error)} "
            "Run: pip install --force-reinstall -r requirements-scale.txt"
        ) from error


@contextmanager
def joined(address: str) -> Iterator[None]:
    """Within it, `ray` is connected to a cluster.

    Args:
        address: "local" for one of this machine's own, which ends with the block; "auto" for the one that runs here or
            that `RAY_ADDRESS` names, else like "local"; or the host and port of one.

    Raises:
        ScaleError: there is no such cluster, or Ray is not installed or cannot be loaded.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    check_installed()
    if address == "auto":
        address = _running() or "local"
    if address == "local":
        _start_own()
    else:
        _check_answers(address)
        if address.rpartition(":")[0] in LOOPBACK_HOSTS:
            _stay_on_loopback()
        _connect(address)
    import ray

    try:
        yield
    finally:
        ray.shutdown()


def first_line(error: Exception) -> str:
    """What Ray says, without the pages that follow."""
    return error_words(error).splitlines()[0].rstrip(".") + "."


def _running() -> str | None:
    """The address of the cluster that this machine belongs to, or that `RAY_ADDRESS` names; None without one."""
    if named := os.environ.get("RAY_ADDRESS"):
        return named
    from ray._private import services

    running: set[str] = services.find_gcs_addresses()
    return min(running) if running else None


def _stay_on_loopback() -> None:
    os.environ[LOOPBACK] = "0"  # for the processes that Ray starts, and for itself where it is imported after this
    if "ray" in sys.modules:
        from ray._private import ray_constants

        ray_constants.ENABLE_RAY_CLUSTER = False


def _start_own() -> None:
    """A cluster of this machine's own, which nobody else can reach.

    In this thread, as its processes end with the thread that has started them.

    Raises:
        ScaleError: it does not start.
    """
    _stay_on_loopback()
    import ray

    for left in reversed(range(STARTS)):
        try:
            ray.init(
                address="local",
                num_cpus=usable_cores(),
                include_dashboard=False,
                object_store_memory=STORE_BYTES,
                log_to_driver=False,
                logging_level="ERROR",
            )
        except Exception as error:
            ray.shutdown()
            if not left:
                raise ScaleError(
                    f"--ray local: Ray does not start: {first_line(error)} Try again, or without --ray."
                ) from error
        else:
            return


def _connect(address: str) -> None:
    """Join a cluster that runs already.

    Raises:
        ScaleError: it cannot be used.
    """
    import ray

    failure: list[Exception] = []

    def connect() -> None:
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told as one sentence below
            failure.append(error)

    # In a thread, as Ray waits for minutes where something else answers at that address.
    thread = threading.Thread(target=connect, daemon=True)
    thread.start()
    thread.join(CONNECT_S)
    if thread.is_alive() or failure:
        why = first_line(failure[0]) if failure else f"no answer in {CONNECT_S:.0f} s."
        raise ScaleError(f"--ray {address}: this cluster cannot be used: {why} Look at it with: ray status")


def _check_answers(address: str) -> None:
    """Raises ScaleError where nothing listens there: Ray would wait for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdigit():
        raise ScaleError(
            f"--ray {address}: expected auto, local, or the host and port of a cluster, as in 10.0.0.5:6379."
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER_S):
            pass
    except (OSError, OverflowError) as error:
        raise ScaleError(
            f"--ray {address}: no cluster answers there: {error}. Start one with: ray start --head, or use --ray local"
        ) from error
