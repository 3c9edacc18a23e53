"""How the store's times grow with its samples: pages, disk and deletion, on SQLite or PostgreSQL.

    python -m benchmarks.store_growth [--samples 10000,100000,1000000] [--postgresql URL] [--plot docs/images/x.svg]

Sessions have 10,000 samples each (33 minutes at five a second), so more samples are more sessions, of one participant.
A database at a URL must be empty: all in it is deleted.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np

from app.store.database import Store, open_store
from app.store.history import daily_means
from app.store.participants import add_participant
from app.store.privacy import delete_everything, delete_session, overview
from app.store.samples import add_samples, read_timeline
from app.store.session_list import Wanted, list_sessions
from app.store.sessions import sessions
from benchmarks.machine import processor
from benchmarks.plot import Chart, Line, save
from benchmarks.store import AT_ONCE, START, begin_session, copy_samples, template_rows
from benchmarks.table import print_table

PER_SESSION: Final = 10_000
TIMES: Final = 5
NAMES: Final = ("the newest 20 sessions", "one session's curve", "the participant's days", "one deletion for good")


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill, measure, print a table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.store_growth", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--samples", default="10000,100000,1000000", help="in the store, a row each")
    parser.add_argument("--postgresql", metavar="URL", help="an empty database; all in it is deleted at the end")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw")
    options = parser.parse_args(arguments)
    numbers = [int(number) for number in options.samples.split(",")]
    rows = []
    for number in numbers:
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(options.postgresql or f"sqlite:///{folder}/store.sqlite3")
            try:
                rows.append(measure(store, number))
            finally:
                delete_everything(store)
                store.close()
        print(f"{number:,} samples: done", file=sys.stderr, flush=True)
    kind = "PostgreSQL" if options.postgresql else "SQLite"
    print_table(
        f"{kind}, {processor()}: seconds, the median of {TIMES} (deletion: once)",
        ["samples", "sessions", *NAMES, "on disk, MB"],
        [
            [f"{number:,}", str(number // PER_SESSION), *(f"{value:.3f}" for value in times), f"{size:.1f}"]
            for number, (times, size) in zip(numbers, rows, strict=True)
        ],
    )
    if options.plot:
        lines = [
            Line(name, [(number, times[i]) for number, (times, _) in zip(numbers, rows, strict=True)])
            for i, name in enumerate(NAMES)
        ]
        disk = Line(kind, [(number, size) for number, (_, size) in zip(numbers, rows, strict=True)])
        charts = [
            Chart("samples in the store", "seconds", lines, x_log=True, y_log=True),
            Chart("samples in the store", "MB on disk", [disk], x_log=True, y_log=True),
        ]
        save(options.plot, f"What samples cost ({kind})", charts)


def measure(store: Store, samples: int) -> tuple[list[float], float]:
    """Fill an empty store; gives seconds in the order of `NAMES`, and megabytes."""
    template = begin_session(store, add_participant(store, "template").id, 0)
    add_samples(store, template, template_rows(np.random.default_rng(0), AT_ONCE))
    person = add_participant(store, "many sessions").id
    for number in range(max(1, samples // PER_SESSION)):
        copy_samples(store, template, begin_session(store, person, number), PER_SESSION)
    delete_session(store, template)
    size = overview(store).database_bytes / 1e6
    newest = sessions(store)[0].id
    wanted = Wanted("many", first=START.date())
    reads: tuple[Callable[[], object], ...] = (
        lambda: list_sessions(store, wanted, limit=20),
        lambda: read_timeline(store, newest),
        lambda: daily_means(store, person),
    )
    times = [median(_seconds(work) for _ in range(TIMES)) for work in reads]
    return [*times, _seconds(lambda: delete_session(store, newest))], size


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
