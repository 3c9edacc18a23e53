"""Films as tasks of Ray.

Each film, part and join is a task with a share of a core. Ray gives it to a machine that has that free, spreads the
tasks over the machines, and begins a task anew on another machine where a worker or its machine dies. Tools travel once
to each machine, and a worker's process keeps them ready from task to task: for a picture, making them takes longer than
using them. Actors would keep them too, but a dead actor's films would have to be sent again by hand.

Ray is imported within functions: it is an extra, and everything else works without it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from fer_core.errors import ArtifactError, DetectorError, FerError, ScaleError, error_words
from fer_core.scale import film as films
from fer_core.scale.film import Outcome, Place, Split
from fer_core.scale.joining import first_line, joined
from fer_core.scale.part_run import Looker
from fer_core.scale.run import Begin, Finished, OnePart, Work
from fer_core.scale.tools import Tools, keep, ready, unpack

FILM_CORES: Final = 1.0
"""Of a film or a part: its one thread keeps a core busy (docs/scale.md)."""
JOIN_CORES: Final = 0.25
"""Of a join, which mostly waits for the parts' results and for the disk."""
RETRIES: Final = 3
"""How often a task begins anew whose worker or machine died. A film that ends its worker each time is told as such."""
WAIT_S: Final = 0.5
COUNT_EVERY_S: Final = 5.0


@contextmanager
def connected(address: str, tools: Tools, place: Place, *, film_cores: float = FILM_CORES) -> Iterator["RayWorkers"]:
    """Workers of a cluster while the block runs.

    Args:
        address: see `fer_core.scale.joining.joined`.
        tools: what the workers analyse with.
        place: where results go.
        film_cores: see `FILM_CORES`.

    Raises:
        ScaleError: there is no such cluster, or Ray is not installed.
    """
    with joined(address):
        yield RayWorkers(tools, place, film_cores)


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
            return Finished(number, None, first_line(error).rstrip("."))

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
