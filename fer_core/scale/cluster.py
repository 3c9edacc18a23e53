"""The only module that knows Ray: films as its tasks.

Each film, part and join is a task with a share of a core. Ray gives it to a machine that has that free, spreads the
tasks over the machines, and begins a task anew on another machine where a worker or its machine dies. Tools travel once
to each machine, and a worker's process keeps them ready from task to task: for a picture, making them takes longer than
using them. Actors would keep them too, but a dead actor's films would have to be sent again by hand.

Ray is imported within functions: it is an extra, and everything else works without it.
"""

import importlib.util
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from fer_core.errors import ArtifactError, DetectorError, FerError, ScaleError, error_words
from fer_core.processor import usable_cores
from fer_core.scale import film as films
from fer_core.scale.film import Outcome, Place, Split
from fer_core.scale.part_run import Looker
from fer_core.scale.run import Begin, Finished, OnePart, Work
from fer_core.scale.tools import Tools, keep, ready, unpack

FILM_CORES: Final = 1.0
"""Of a film or a part: its one thread keeps a core busy (docs/scale.md)."""
JOIN_CORES: Final = 0.25
"""Of a join, which mostly waits for the parts' results and for the disk."""
RETRIES: Final = 3
"""How often a task begins anew whose worker or machine died. A film that ends its worker each time is told as such."""
ANSWER_S: Final = 5.0
CONNECT_S: Final = 60.0
STARTS: Final = 3
"""Ray gives up a start after half a minute, which a busy machine may need."""
STORE_BYTES: Final = 256 << 20
"""Shared memory of a cluster on this machine, for the results of parts: about 330 bytes for each face and frame. What
is more goes to the disk."""
WAIT_S: Final = 0.5
COUNT_EVERY_S: Final = 5.0
LOOPBACK: Final = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""With "0" for it Ray listens and calls on loopback; asked for 127.0.0.1, it takes an address that others reach."""
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
MISSING: Final = "--ray needs Ray, which is not installed. Run: pip install -r requirements-scale.txt"


def check_installed() -> None:
    """Say early what is missing.

    Raises:
        ScaleError: Ray is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise ScaleError(MISSING)


@contextmanager
def connected(address: str, tools: Tools, place: Place, *, film_cores: float = FILM_CORES) -> Iterator["RayWorkers"]:
    """Workers of a cluster while the block runs.

    Args:
        address: "local" for one of this machine's own, which ends with the block; "auto" for the one that runs here or
            that `RAY_ADDRESS` names, else like "local"; or the host and port of one.
        tools: what the workers analyse with.
        place: where results go.
        film_cores: see `FILM_CORES`.

    Raises:
        ScaleError: there is no such cluster, or Ray is not installed.
    """
    check_installed()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if address == "auto":
        address = _running() or "local"
    if address == "local":
        _start_own()
    else:
        _check_answers(address)
        if address.rpartition(":")[0] in LOOPBACK_HOSTS:
            os.environ[LOOPBACK] = "0"
        _connect(address)
    import ray

    try:
        yield RayWorkers(tools, place, film_cores)
    finally:
        ray.shutdown()


def _running() -> str | None:
    """The address of the cluster that this machine belongs to, or that `RAY_ADDRESS` names; None without one."""
    if "RAY_ADDRESS" in os.environ:
        return os.environ["RAY_ADDRESS"]
    from ray._private import services

    running = services.find_gcs_addresses()
    return min(running) if running else None


def _start_own() -> None:
    """A cluster of this machine's own, which nobody else can reach.

    Raises:
        ScaleError: it does not start.
    """
    os.environ[LOOPBACK] = "0"
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
                    f"--ray local: Ray does not start: {_first_line(error)} Try again, or without --ray."
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
        why = _first_line(failure[0]) if failure else f"no answer in {CONNECT_S:.0f} s."
        raise ScaleError(f"--ray {address}: this cluster cannot be used: {why} Look at it with: ray status")


def _first_line(error: Exception) -> str:
    return error_words(error).splitlines()[0].rstrip(".") + "."


def _check_answers(address: str) -> None:
    """Raises ScaleError where nothing listens there."""
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


@dataclass
class _Task:
    """References to what a task will give: for a part whether it could be analysed, and apart from that its result."""

    done: Any
    result: Any = None


class RayWorkers:
    """`fer_core.scale.run.Workers`, by Ray."""

    def __init__(self, tools: Tools, place: Place, film_cores: float) -> None:
        """Send the tools to the cluster's store."""
        import ray

        self._ray = ray
        self._film_cores = film_cores
        self._tools = [ray.put(tools)], tools.key()
        self._place = place
        self._whole = Place(place.folder, place.settings, 0.0, place.overlap_s)
        self._tasks: dict[int, _Task] = {}
        self._waiting: dict[Any, int] = {}
        self._last = 0
        self._cores, self._counted_at = 0.0, -COUNT_EVERY_S - 1
        how = {"max_retries": RETRIES, "scheduling_strategy": "SPREAD"}
        self._begin = ray.remote(num_cpus=film_cores, **how)(_begin)
        self._part = ray.remote(num_cpus=film_cores, num_returns=2, **how)(_part)
        self._join = ray.remote(num_cpus=min(film_cores, JOIN_CORES), **how)(_join)

    def cores(self) -> float:
        """How many films can be analysed side by side, as of some seconds ago: asking takes a while."""
        if time.monotonic() - self._counted_at > COUNT_EVERY_S:
            self._counted_at = time.monotonic()
            self._cores = float(self._ray.cluster_resources().get("CPU", 0.0)) / self._film_cores
        return self._cores

    def machines(self) -> int:
        """How many are there now."""
        return sum(bool(node["Alive"]) for node in self._ray.nodes())

    def send(self, work: Work) -> int:
        """Begin a task; see `Workers`."""
        if isinstance(work, Begin):
            task = _Task(self._begin.remote(self._tools, work.film, self._whole if work.is_whole else self._place))
        elif isinstance(work, OnePart):
            task = _Task(*self._part.remote(self._tools, work.split, work.number))
        else:
            parts = [self._tasks[number].result for number in work.parts]
            task = _Task(self._join.remote(self._tools, work.split, parts, self._place))
        self._last += 1
        self._tasks[self._last] = task
        self._waiting[task.done] = self._last
        return self._last

    def finished(self) -> Iterator[Finished]:
        """Tasks that have ended; see `Workers`.

        Raises:
            FerError: the rows cannot be written, or a worker lacks what every film needs.
        """
        ended, _ = self._ray.wait(list(self._waiting), num_returns=1, timeout=WAIT_S)
        for reference in ended:
            number = self._waiting.pop(reference)
            yield self._told(number, reference)
            if self._tasks[number].result is None:
                self.forget(number)

    def _told(self, number: int, reference: Any) -> Finished:
        try:
            return Finished(number, self._ray.get(reference))
        except FerError as error:  # as the worker raised it
            raise ScaleError(str(getattr(error, "cause", error))) from error
        except ImportError as error:
            raise ScaleError(
                f"A worker lacks what the analysis needs: {error_words(error)}. Install this version on every machine."
            ) from error
        except self._ray.exceptions.RayError as error:
            return Finished(number, None, _first_line(error).rstrip("."))

    def forget(self, task: int) -> None:
        """Let a task's result go."""
        self._tasks.pop(task, None)

    def cancel(self) -> None:
        """End all tasks that still run; what they would have written is left out."""
        for reference in self._waiting:
            self._ray.cancel(reference)
        self._waiting.clear()


# On a worker


def _looker(tools: tuple[list[Any], str]) -> Looker:
    """The tools of this process, made at its first task: the bytes are asked for only then."""
    import ray

    references, key = tools
    looker = ready(key)
    if looker is None:
        try:
            looker = keep(key, unpack(ray.get(references[0])))
        except (ArtifactError, DetectorError) as error:  # some kinds of error cannot travel
            raise ScaleError(str(error)) from None
    return looker


def _begin(tools: tuple[list[Any], str], film: films.Film, place: Place) -> Outcome | Split:
    return films.begin(film, place, _looker(tools))


def _part(tools: tuple[list[Any], str], split: Split, number: int) -> tuple[bool, Any]:
    result = films.analyse_part(split, number, _looker(tools))
    return result is not None, result


def _join(tools: tuple[list[Any], str], split: Split, parts: list[Any], place: Place) -> Outcome:
    import ray

    return films.join(split, (ray.get(part) for part in parts), place, _looker(tools))
