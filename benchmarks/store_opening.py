"""How long a person waits for the pages of stored sessions: from the click to what is to be seen, in real Chromium.

    python -m benchmarks.store_opening [--samples 1000000] [--sessions 120]

A SQLite store as `benchmarks.store` fills it, the server and the browser on the same machine.
"""

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from statistics import median

import numpy as np
from playwright.sync_api import Browser, Locator, Page

from app.store.database import Store, open_store
from app.store.participants import add_participant
from app.store.samples import add_samples
from app.store.sessions import end_session, session
from benchmarks.store import AT_ONCE, RATE_PER_S, begin_session, copy_samples, template_rows
from benchmarks.table import print_table
from tests.helpers.browser import studio

RUNS = 5
SETTLE_MS = 1500
MANY, ONE = "A: many sessions", "B: one session"


def main(arguments: list[str] | None = None) -> None:
    """Fill, open, print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store_opening", description="Open sessions' pages.")
    parser.add_argument("--samples", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=120)
    options = parser.parse_args(arguments)
    seconds: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder), options.samples, options.sessions)
        with studio.serve(environment={"FER_HOME": folder}) as server, studio.chromium(camera=None) as browser:
            for _ in range(RUNS):
                for name, waited_s in _open(browser, server.url, options.sessions):
                    seconds[name].append(waited_s)
    rows = [(name, f"{median(values):.2f}", f"{max(values):.2f}") for name, values in seconds.items()]
    print_table(f"{options.samples:,} samples, {RUNS} times", ("from the click to", "median, s", "slowest, s"), rows)


def _fill(home: Path, samples: int, count: int) -> None:
    store = open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")
    template = begin_session(store, add_participant(store, "template").id, 0)
    add_samples(store, template, template_rows(np.random.default_rng(0), AT_ONCE))
    person = add_participant(store, MANY).id
    for number in range(count):
        _session(store, template, begin_session(store, person, number), samples // count)
    _session(store, template, begin_session(store, add_participant(store, ONE).id, count), samples)  # the newest
    store.close()


def _session(store: Store, template: int, number: int, samples: int) -> None:
    copy_samples(store, template, number, samples)
    end_session(store, number, session(store, number).started_at + timedelta(seconds=samples / RATE_PER_S))


def _open(browser: Browser, url: str, count: int) -> Iterator[tuple[str, float]]:
    """Each page in a tab that has shown no chart yet, and the longest session once more in one that has."""
    page = _tab(browser, f"{url}/data")
    link, last = page.get_by_role("link", name="Sessions").first, page.get_by_text(f"1–20 of {count + 2:,}")
    yield f"the list of {count} sessions; the slowest is the first time", _wait(page, link, last)
    page.context.close()
    page = _tab(browser, f"{url}/sessions")
    longest = page.get_by_role("button", name=f"Session {count}", exact=True)
    yield "the longest session's chart, the first of its tab", _wait(page, longest, _chart(page))
    page.context.close()
    page = _tab(browser, f"{url}/sessions")
    other = page.get_by_role("button", name=f"Session {count - 1}", exact=True)
    yield f"one of {count} sessions' chart, the first of its tab", _wait(page, other, _chart(page))
    page.get_by_role("button", name="All sessions").click()
    longest = page.get_by_role("button", name=f"Session {count}", exact=True)
    yield "the longest session's chart, a later one of its tab", _wait(page, longest, _chart(page))
    page.context.close()
    page = _tab(browser, f"{url}/data")
    link = page.get_by_role("link", name="History").first
    yield f"the history's sentences over {count} sessions", _wait(page, link, page.get_by_text("What changed").first)
    page.context.close()


def _tab(browser: Browser, address: str) -> Page:
    page = studio.new_tab(browser)
    page.goto(address, wait_until="domcontentloaded")
    return page


def _chart(page: Page) -> Locator:
    return page.locator(".js-plotly-plot .scatterlayer").first


def _wait(page: Page, pressed: Locator, seen: Locator) -> float:
    """Seconds from the click on the one to the sight of the other, on a page that has come to rest."""
    pressed.wait_for()
    page.wait_for_timeout(SETTLE_MS)
    started = time.monotonic()
    pressed.click()
    seen.wait_for()
    return time.monotonic() - started


if __name__ == "__main__":
    main()
