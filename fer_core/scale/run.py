"""Send films to workers, and write down what comes back: which films, in which order, and what follows on what.

It knows no cluster: see `Workers`.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from fer_core.files.run_report import Tally
from fer_core.scale.data_set import DataSet
from fer_core.scale.film import Film, Outcome, Place, Split, unreadable

AHEAD: Final = 2
"""Tasks for each core that are sent at a time: one waits while one works. A million at once would fill the memory of
the program that sends them."""


@dataclass(frozen=True)
class Begin:
    """Work: analyse a film, or say how it is to be split; a whole one is not split."""

    film: Film
    is_whole: bool = False


@dataclass(frozen=True)
class OnePart:
    """Work: analyse a part of a split film."""

    split: Split
    number: int


@dataclass(frozen=True)
class Join:
    """Work: write a split film's rows from the parts' results, given as the tasks that made them."""

    split: Split
    parts: tuple[int, ...]


Work = Begin | OnePart | Join


@dataclass(frozen=True)
class Finished:
    """A task that ended.

    Attributes:
        task: its number.
        result: of `Begin` an outcome or a split, of `Join` an outcome, of `OnePart` whether the part could be analysed;
            None where the task was lost.
        loss: why it was lost, a few words; else None.
    """

    task: int
    result: Outcome | Split | bool | None
    loss: str | None = None


class Workers(Protocol):
    """What does the work."""

    def cores(self) -> float:
        """How many tasks can run side by side now."""
        ...

    def send(self, work: Work) -> int:
        """Begin a task; returns its number."""
        ...

    def finished(self) -> Iterator[Finished]:
        """Tasks that have ended, each once; waits a moment where none has.

        Raises:
            FerError: what no other film would be spared.
        """
        ...

    def forget(self, task: int) -> None:
        """The results of a part that nobody will ask for."""
        ...


@dataclass
class _SplitFilm:
    """A split film's parts on their way."""

    split: Split
    tasks: dict[int, int] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)


class Run:
    """One run over films.

    Attributes:
        tally: counts of all films that were done in it.
        known: sources whose rows were there already.
    """

    def __init__(
        self,
        films: Sequence[Film],
        sizes: Sequence[int],
        data_set: DataSet,
        place: Place,
        on_done: Callable[[float, int], None],
    ) -> None:
        """Prepare.

        Args:
            films: all of them.
            sizes: theirs in bytes, by which the largest are sent first, so that none is left alone at the end.
            data_set: where results are written down.
            place: the same, for failures.
            on_done: gets how many bytes more are done, and how many films; of a split film the parts' bytes alone.
        """
        self.tally = Tally()
        self.known: list[str] = []
        order = sorted(range(len(films)), key=lambda i: -sizes[i])
        self._queue = deque((films[i], sizes[i]) for i in order)
        self._sizes = {film.source: size for film, size in zip(films, sizes, strict=True)}
        self._data_set, self._place, self._on_done = data_set, place, on_done
        self._work: dict[int, Work] = {}
        self._split: dict[str, _SplitFilm] = {}

    def go(self, workers: Workers, should_stop: Callable[[], bool]) -> None:
        """Do all films, or stop; what is done by then is written down.

        Raises:
            FerError: no film can be done any more.
            OSError: the data set cannot be written.
        """
        while (self._queue or self._work) and not should_stop():
            room = AHEAD * max(1, round(workers.cores()))
            while self._queue and len(self._work) < room:
                film, _ = self._queue.popleft()
                self._send(workers, Begin(film))
            for finished in workers.finished():
                self._take(workers, finished)

    def _send(self, workers: Workers, work: Work) -> int:
        task = workers.send(work)
        self._work[task] = work
        return task

    def _take(self, workers: Workers, finished: Finished) -> None:
        work = self._work.pop(finished.task, None)
        if isinstance(work, Begin):
            self._take_begun(workers, work, finished)
        elif isinstance(work, OnePart):
            self._take_part(workers, work, finished)
        elif isinstance(work, Join):
            self._take_joined(workers, work, finished)

    def _take_begun(self, workers: Workers, work: Begin, finished: Finished) -> None:
        film = work.film
        if isinstance(finished.result, Split):
            state = self._split[film.source] = _SplitFilm(finished.result)
            for number in range(len(finished.result.parts)):
                state.tasks[number] = self._send(workers, OnePart(finished.result, number))
        elif isinstance(finished.result, Outcome):
            self._write(film, finished.result, self._sizes[film.source])
        else:
            sentence = (
                f"{film.source}: its analysis broke off on its worker ({finished.loss}). Convert it and try again."
            )
            self._write(film, unreadable(film, None, sentence, self._place), self._sizes[film.source])

    def _take_part(self, workers: Workers, work: OnePart, finished: Finished) -> None:
        film, state = work.split.film, self._split.get(work.split.film.source)
        if state is None:  # given up by another part
            workers.forget(finished.task)
        elif finished.result is not True:
            self._begin_again(workers, film)
        else:
            state.done.add(work.number)
            self._on_done(self._sizes[film.source] / len(work.split.parts), 0)
            if len(state.done) == len(work.split.parts):
                self._send(workers, Join(work.split, tuple(state.tasks[i] for i in range(len(state.tasks)))))

    def _take_joined(self, workers: Workers, work: Join, finished: Finished) -> None:
        film = work.split.film
        if not isinstance(finished.result, Outcome):
            self._begin_again(workers, film)
            return
        for task in work.parts:
            workers.forget(task)
        del self._split[film.source]
        self._write(film, finished.result, 0.0)

    def _begin_again(self, workers: Workers, film: Film) -> None:
        """Its parts will not do: analyse it as a whole."""
        state = self._split.pop(film.source)
        parts = len(state.split.parts)
        self._on_done(-len(state.done) * self._sizes[film.source] / parts, 0)
        for number in state.done:
            workers.forget(state.tasks[number])
        self._send(workers, Begin(film, is_whole=True))

    def _write(self, film: Film, outcome: Outcome, size: float) -> None:
        if outcome.entry is None:
            self.known.append(film.source)
        else:
            self._data_set.add(outcome.entry)
        self.tally.merge(outcome.tally)
        self._on_done(size, 1)
