"""A store that version 0.1.0 made opens, shows what is in it, and takes more."""

import sqlite3
from pathlib import Path

import pytest

from app.store.database import open_store
from app.store.samples import add_samples, read_samples
from app.store.session_parts import markers
from app.store.sessions import end_session, session, start_session
from fer_core.paths import home
from tests.helpers.store_builders import NOON, new_session, rows

DUMP = Path(__file__).with_name("earlier_version.sql")
"""The whole database of a participant with one session of ten samples and a marker, as SQL."""


@pytest.fixture
def earlier() -> Path:
    """The database at its usual place."""
    path = home() / "sessions" / "sessions.sqlite3"
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.executescript(DUMP.read_text(encoding="utf-8"))
    connection.close()
    return path


def test_a_session_of_before_is_read_with_all_its_parts(earlier: Path):
    store = open_store()
    stored = session(store, 1)
    samples = read_samples(store, 1)
    (marker,) = markers(store, 1)

    assert (stored.title, stored.state) == ("First look", "closed")
    assert len(samples.time_s) == 10
    assert (marker.time_ms, marker.text) == (600, "here")


def test_a_store_of_before_takes_new_sessions(earlier: Path):
    store = open_store()
    number = start_session(store, new_session(1, title="Second look"))
    add_samples(store, number, rows(count=3))
    end_session(store, number, NOON.replace(minute=1))

    assert [session(store, n).title for n in (1, number)] == ["First look", "Second look"]
    assert len(read_samples(store, number).time_s) == 3
