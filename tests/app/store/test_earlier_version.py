"""A store that version 0.1.0 made opens, shows what is in it, and takes more."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, insert, select, text

from app.access.types import OF_ADMINISTRATORS, Role, User
from app.store import schema
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.history import daily_means
from app.store.participants import add_participant, find_or_add, participants
from app.store.privacy import delete_participant
from app.store.replicas import Replica, replicas, tell
from app.store.samples import add_samples, read_samples
from app.store.schema import HEAD, VERSION_TABLE
from app.store.session_parts import identities, markers
from app.store.sessions import end_session, session, sessions, start_session
from app.store.tables import metadata
from fer_core.paths import home
from fer_core.results import Doubt, Level
from tests.helpers.store_builders import NOON, make_participant, make_session, new_session, rows

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
    assert samples.label.tolist() == ["happy"] * 5 + ["sad"] * 5
    assert not samples.leaning.any(), "what had a label was named"
    assert (marker.time_ms, marker.text) == (600, "here")


def test_a_store_of_before_takes_new_sessions(earlier: Path):
    store = open_store()
    number = start_session(store, new_session(1, title="Second look"))
    add_samples(store, number, rows(count=2) + rows("sad", start_ms=400, count=1, level=Level.LEANING))
    end_session(store, number, NOON.replace(minute=1))

    assert [session(store, n).title for n in (1, number)] == ["First look", "Second look"]
    assert session(store, 1).belongs_to == OF_ADMINISTRATORS
    samples = read_samples(store, number)
    assert samples.label.tolist() == ["happy", "happy", "sad"]
    assert samples.leaning.tolist() == [False, False, True]


def back_to(version: str, store: Store) -> None:
    """The same rows in the tables of an earlier version; on SQLite the write-ahead log is emptied, too."""
    with store.read() as connection:
        rows_of = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in metadata.sorted_tables
        }
        given = list(connection.execute(text("SELECT name, seq FROM sqlite_sequence"))) if store.is_sqlite else []
    with store.migrating() as connection:
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
        config = Config()
        config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        there = MetaData()
        there.reflect(connection)
        for name, stored in rows_of.items():
            if name in there.tables and stored:
                columns = [column.name for column in there.tables[name].columns]
                found = [{column: row[column] for column in columns} for row in stored]
                connection.execute(insert(there.tables[name]), found)
        for name, highest in given:
            connection.execute(text(f"UPDATE sqlite_sequence SET seq = {highest} WHERE name = '{name}'"))
        if connection.dialect.name == "postgresql":  # numbers were given by hand
            for name in ("participants", "sessions", "markers"):
                highest = f"SELECT setval('{name}_id_seq', (SELECT COALESCE(MAX(id), 1) FROM {name}))"
                connection.execute(text(highest))
    store.close()


def test_samples_without_levels_are_named_or_unsure_by_their_label(store_url: str):
    first = open_store(store_url)
    person = make_participant(first)
    doubtful = rows("sad", start_ms=2000, count=30, doubts=(Doubt.NOT_CONFIDENT,))
    number = make_session(first, person, rows(count=10) + doubtful)
    back_to("v001_first_tables", first)

    store = open_store(store_url)

    samples = read_samples(store, number)
    assert [label is not None for label in samples.label] == [True] * 10 + [False] * 30
    assert not samples.leaning.any()
    (day,) = daily_means(store, person)
    assert (day.unsure, day.leaning) == (0.75, 0.0)
    store.close()


def test_the_level_is_added_without_rewriting_the_samples(store_url: str):
    first = open_store(store_url)
    make_session(first, make_participant(first), rows(count=10_000))
    back_to("v001_first_tables", first)
    before = place_of_samples(first)
    first.close()

    store = open_store(store_url)

    with store.read() as connection:
        assert connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == HEAD
    assert place_of_samples(store) == before
    if store.file is not None:
        log = store.file.with_name(f"{store.file.name}-wal")
        assert log.stat().st_size < 100_000 < store.file.stat().st_size / 10
    store.close()


def place_of_samples(store: Store) -> object:
    """PostgreSQL's number of the file of all samples, which a rewritten table has anew; None on SQLite."""
    if store.is_sqlite:
        return None
    with store.read() as connection:
        return connection.scalar(text("SELECT pg_relation_filenode('samples')"))


def test_what_was_stored_before_there_were_owners_is_the_administrators(store_url: str):
    first = open_store(store_url)
    person = make_participant(first)
    number = make_session(first, person)
    gone = add_participant(first, "the last one").id
    delete_participant(first, gone)
    back_to("v002_level", first)

    store = open_store(store_url)

    assert [(p.name, p.belongs_to) for p in participants(store)] == [("P01", OF_ADMINISTRATORS)]
    assert (session(store, number).participant_id, len(read_samples(store, number).time_s)) == (person, 10)
    assert len(identities(store, number)) == 1
    anna = store.of(User("anna", "Anna", frozenset({Role.RECORDER})))
    assert (participants(anna), sessions(anna)) == ([], [])
    if store.is_sqlite:  # elsewhere `back_to` itself gives them twice
        assert add_participant(store, "new").id > gone, "no number is given twice"
    store.close()


def test_after_the_migration_names_are_free_for_other_owners_and_references_are_kept(store_url: str):
    first = open_store(store_url)
    person = make_participant(first, "P01")
    number = make_session(first, person)
    back_to("v001_first_tables", first)

    store = open_store(store_url)

    anna = store.of(User("anna", "Anna", frozenset({Role.RECORDER})))
    with anna.write() as connection:
        assert find_or_add(connection, "P01") != person
    with pytest.raises(StoreError), store.write() as connection:
        connection.execute(text("INSERT INTO markers SELECT 99, 4711, 0, NULL, 'note', ''"))
    delete_participant(store, person)
    with store.read() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM samples WHERE session_id = {number}")) == 0
    store.close()


def test_a_store_without_a_table_of_servers_gets_one(store_url: str):
    first = open_store(store_url)
    number = make_session(first, make_participant(first))
    back_to("v003_owners", first)

    store = open_store(store_url)
    tell(store, Replica("other/1/2", datetime.now(UTC), "1.0", 0, 8, 0, 0.0, 0.0, 0.0, 0.0, "open"))

    assert [one.name for one in replicas(store)] == ["other/1/2"]
    assert len(read_samples(store, number).time_s) == 10
    store.close()
