"""How fast the store answers with a million samples, on SQLite and on PostgreSQL.

    python -m benchmarks.store [--samples 1000000] [--sessions 120] [--postgresql postgresql://…]

One participant gets many sessions, for the list, the history page and the session page; another one single session of
as many samples, the longest that a page could have to open. The databases that it fills stay empty of
anything else: give it one of its own, it deletes everything there at the end. Without --postgresql a SQLite file in a
temporary folder is measured alone.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import insert, literal, select
from streamlit.testing.v1 import AppTest

from app.opened_store import everybodys_store
from app.sessions.strips import strip
from app.store import tables
from app.store.database import Store, open_store
from app.store.exchange.export import export_session
from app.store.history import daily_means
from app.store.participants import add_participant
from app.store.privacy import delete_everything, delete_session, overview
from app.store.records import NewSession
from app.store.samples import Row, add_samples, read_samples, read_timeline
from app.store.session_list import Wanted, list_sessions
from app.store.sessions import end_session, sessions, start_session
from app.tab_memory import SessionMemory
from benchmarks.table import print_table
from fer_core.emotions import EMOTIONS
from fer_core.expressions.affect import valence_arousal

RATE_PER_S = 5.0
AT_ONCE = 20_000
START = datetime(2026, 1, 1, 9, tzinfo=UTC)


def main(arguments: list[str] | None = None) -> None:
    """Fill, measure, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store", description="Measure the store of sessions.")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=120)
    parser.add_argument("--postgresql", metavar="URL", help="an empty database; all in it is deleted at the end")
    options = parser.parse_args(arguments)
    rows: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/store.sqlite3"}
        if options.postgresql:
            urls["PostgreSQL"] = options.postgresql
        for url in urls.values():
            store = open_store(url)
            try:
                for name, cell in _measure(store, options.samples, options.sessions, Path(folder)):
                    rows.setdefault(name, []).append(cell)
                    print(f"{store.place}: {name}: {cell}", file=sys.stderr, flush=True)
            finally:
                delete_everything(store)
                store.close()
    print_table(
        f"The store with {options.samples:,} samples", ("", *urls), [(name, *cells) for name, cells in rows.items()]
    )


def _measure(store: Store, samples: int, count: int, folder: Path) -> Iterator[tuple[str, str]]:
    person = add_participant(store, "many sessions").id
    template = begin_session(store, add_participant(store, "template").id, 0)
    rows = template_rows(np.random.default_rng(0), AT_ONCE)
    yield f"write {AT_ONCE:,} samples", _timed(lambda: add_samples(store, template, rows), runs=1)
    for number in range(count):
        copy_samples(store, template, begin_session(store, person, number), samples // count)
    yield "on disk", f"{overview(store).database_bytes / 1e6:.0f} MB"
    newest = sessions(store)[0].id
    yield "list all sessions", _timed(lambda: sessions(store))
    wanted = Wanted("many", first=START.date())
    yield "find 20 sessions by a word and a day", _timed(lambda: list_sessions(store, wanted, limit=20))
    page = list_sessions(store, wanted, limit=20)
    yield "the strips of 20 sessions, for the first time", _timed(lambda: [strip(store, one) for one in page], runs=1)
    yield "one session, averaged to 600 points", _timed(lambda: read_timeline(store, newest))
    yield "one session, whole", _timed(lambda: read_samples(store, newest))
    yield "the participant's days", _timed(lambda: daily_means(store, person))
    yield "the history page, as the server draws it", _timed(_opened(store, _history_page))
    yield "the list of sessions, as the server draws it", _timed(_sessions_page(store, None))
    yield "one session's page, as the server draws it", _timed(_sessions_page(store, newest))
    yield "the data page, as the server draws it", _timed(_opened(store, _data_page))
    yield "overview of what is stored", _timed(lambda: overview(store))
    yield "export one session", _timed(lambda: export_session(store, newest, folder / "out.zip"), runs=1)
    yield "delete one session for good", _timed(lambda: delete_session(store, newest), runs=1)
    person = add_participant(store, "one session").id
    only = begin_session(store, person, 0)
    copy_samples(store, template, only, samples)
    yield f"the page of one session of {samples:,}, as the server draws it", _timed(_sessions_page(store, only))
    yield f"one session of {samples:,}, averaged to 600 points", _timed(lambda: read_timeline(store, only))
    yield f"one session of {samples:,}, its means", _timed(lambda: daily_means(store, person))


def _opened(store: Store, view: Callable[[], None]) -> Callable[[], AppTest]:
    """Opens a page over the store, without the browser's part; the app's modules are loaded beforehand."""
    os.environ["DATABASE_URL"] = store.engine.url.render_as_string(hide_password=False)
    everybodys_store.clear()
    page = AppTest.from_function(view, default_timeout=120).run()
    if page.exception or page.error:
        raise RuntimeError(f"the page failed: {[*page.exception, *page.error]}")
    return page.run


def _history_page() -> None:
    """The first participant's by name, the one with many sessions."""
    from app.views.history import page as history

    history.render()


def _data_page() -> None:
    from app.views.your_data import page as data

    data.render()


def _sessions_page(store: Store, opened: int | None) -> Callable[[], None]:
    """Opens the Sessions page in a tab that remembers nothing yet: its list, or a session."""

    def work() -> None:
        page = AppTest.from_function(_sessions, default_timeout=120)
        page.session_state["session_memory"] = SessionMemory(opened=opened)
        page.run()
        if page.exception or page.error:
            raise RuntimeError(f"the page failed: {[*page.exception, *page.error]}")

    _opened(store, _sessions)  # loads the app's modules
    return work


def _sessions() -> None:
    from app.views.sessions import page as sessions

    sessions.render()


def _timed(work: Callable[[], object], *, runs: int = 3) -> str:
    """The fastest and the slowest of some runs, and the processor time of the fastest in this process.

    The first run finds nothing in memory; on a busy machine only the processor time can be compared. It leaves out
    PostgreSQL's work, which other processes do.
    """
    found = []
    for _ in range(runs):
        start_s, start_processor_s = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - start_s, time.process_time() - start_processor_s))
    (fastest_s, processor_s), slowest_s = min(found), max(found)[0]
    return f"{fastest_s:.2f} / {slowest_s:.2f} / {processor_s:.2f}"


def begin_session(store: Store, participant_id: int, number: int) -> int:
    """Start a session `number` days after the first; returns its id."""
    started_at = START + timedelta(days=number)
    return start_session(
        store,
        NewSession(
            participant_id,
            f"Session {number}",
            "live",
            "compact_se",
            "0" * 64,
            START,
            "1",
            rate_per_s=RATE_PER_S,
            started_at=started_at,
        ),
    )


def copy_samples(store: Store, template: int, session_id: int, count: int) -> None:
    """Fill a session with `count` samples, the template's over and over, and end it: faster than to make them anew."""
    table = tables.samples
    others = [column for column in table.c if column.name not in ("session_id", "time_ms")]
    part_ms = round(AT_ONCE * 1000 / RATE_PER_S)
    with store.write() as connection:
        connection.execute(insert(tables.identities).values(session_id=session_id, face=1, name="", ignored=False))
        for first in range(0, count, AT_ONCE):
            last_ms = round((count - first) * 1000 / RATE_PER_S)
            shift_ms = first // AT_ONCE * part_ms
            rows = select(literal(session_id), table.c.time_ms + shift_ms, *others)
            rows = rows.where(table.c.session_id == template, table.c.time_ms < last_ms)
            connection.execute(insert(table).from_select(["session_id", "time_ms", *others], rows))
    end_session(store, session_id)


def template_rows(generator: np.random.Generator, count: int) -> list[Row]:
    """Samples as a recording has them, with a baseline."""
    shares = generator.dirichlet(np.full(len(EMOTIONS), 0.4), count).astype(np.float32).tolist()
    box = dict(zip(("left_px", "top_px", "right_px", "bottom_px"), (210.25, 120.5, 330.75, 240.0), strict=True))
    rows = []
    for index, values in enumerate(shares):
        probabilities = dict(zip(EMOTIONS, values, strict=True))
        valence, arousal = valence_arousal(probabilities)
        label, confidence = max(probabilities.items(), key=lambda pair: pair[1])
        rows.append(
            {"time_ms": round(index * 1000 / RATE_PER_S), "face": 1, "valence": valence, "arousal": arousal}
            | probabilities
            | {f"{emotion}_corrected": share for emotion, share in probabilities.items()}
            | {"valence_corrected": valence, "arousal_corrected": arousal, "confidence": confidence}
            | {"label": label if confidence > 0.5 else None, "doubts": 0 if confidence > 0.5 else 16}
            | box
            | {"light": 120.0, "sharpness": 0.5, "turn": 0.1}
        )
    return rows


if __name__ == "__main__":
    main()
