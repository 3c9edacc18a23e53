"""What recordings cost the database: a transaction a second each, with the samples of that second.

    python -m benchmarks.recording_writes [--writers 1,4] [--seconds 5] [--postgresql URL]

The writers do what a recording does, as fast as the database takes it, from threads of one process. Without a URL, a
PostgreSQL server is started here, without fsync. Its processor time says how many recordings one of its cores bears.
"""

import argparse
import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

import psutil

from app.store.database import Store, open_store
from app.store.samples import insert_samples
from app.store.sessions import mark_alive, start_session
from benchmarks.machine import OtherWork, ProcessorTime, processor
from benchmarks.table import print_table
from tests.helpers.postgresql import postgresql
from tests.helpers.store_builders import make_participant, new_session, rows

PER_S: Final = 5
"""Samples of one face that a recording stores each second."""
WARM_UP_S: Final = 2.0
HEADER: Final = [
    "writers",
    "transactions/s",
    "samples/s",
    "database, ms of a core per transaction",
    "recordings that one core of the database bears",
    "server's process, ms of a core per transaction",
    "other work, % of a core",
]


def write(store: Store, writers: int, seconds: float) -> list[object]:
    """A row of the table: so many recordings written at once, as fast as they can be."""
    sessions = [
        start_session(store, new_session(make_participant(store, f"P{i:02d} of {writers} at {time.time():.3f}")))
        for i in range(writers)
    ]
    counts = [0] * writers
    over = threading.Event()

    def record(number: int) -> None:
        while not over.is_set():
            batch = rows(start_ms=counts[number] * 1000, count=PER_S)
            with store.write() as connection:
                mark_alive(connection, sessions[number])
                insert_samples(connection, sessions[number], batch)
            counts[number] += 1

    threads = [threading.Thread(target=record, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    time.sleep(WARM_UP_S)  # each has a connection, and so the database a process for it
    database, own = ProcessorTime(_postmaster(store)), ProcessorTime(psutil.Process().pid)
    started_s, before = time.monotonic(), sum(counts)
    with OtherWork() as other:
        time.sleep(seconds)
        done, lasted_s = sum(counts) - before, time.monotonic() - started_s
        # Per cent of a core over so long, for each transaction: milliseconds.
        database_ms, own_ms = (10 * one.percent * lasted_s / max(1, done) for one in (database, own))
    over.set()
    for thread in threads:
        thread.join()
    own_ms -= database_ms if psutil.Process(_postmaster(store)).ppid() == psutil.Process().pid else 0.0
    return [
        writers,
        f"{done / lasted_s:.0f}",
        f"{PER_S * done / lasted_s:.0f}",
        f"{database_ms:.2f}",
        f"{1000 / database_ms:.0f}",
        f"{own_ms:.2f}",
        f"{other.percent:.0f}",
    ]


def _postmaster(store: Store) -> int:
    """The number of the database's first process, which must run on this machine."""
    with store.read() as connection:
        backend = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
    return int(psutil.Process(backend).ppid())


@contextlib.contextmanager
def _opened(url: str | None) -> Iterator[Store]:
    with contextlib.ExitStack() as running:
        if url is None:
            url = running.enter_context(running.enter_context(postgresql()).database())
        store = open_store(url)
        running.callback(store.close)
        yield store


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recording_writes", description=__doc__)
    parser.add_argument("--writers", default="1,4", help="at once, a row each; default: 1,4")
    parser.add_argument("--seconds", type=float, default=5, help="of each row; default: 5")
    parser.add_argument("--postgresql", metavar="URL", help="of a server on this machine; its samples stay there")
    options = parser.parse_args(arguments)
    with _opened(options.postgresql) as store:
        found = [write(store, int(writers), options.seconds) for writers in options.writers.split(",")]
    print_table(f"Recordings into PostgreSQL, {processor()}, {datetime.now(UTC):%Y-%m-%d}", HEADER, found)


if __name__ == "__main__":
    main()
