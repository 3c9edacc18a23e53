"""The doctor's rows of the store: on SQLite files and a real PostgreSQL, sound, away, foreign and older."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from app.doctor.store import migrations, store
from app.store.database import open_store
from app.store.schema import HEAD, VERSION_TABLE
from fer_core.findings import Status
from tests.helpers.postgresql import Postgresql


def tables_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the SQLite file will be."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    return tmp_path / "sessions" / "sessions.sqlite3"


def test_nothing_is_made_by_looking(file: Path):
    assert store().status is migrations().status is Status.OK
    assert "made at the first start" in store().found
    assert not file.parent.exists()


def test_a_sound_file_is_written_and_left_as_it_was(file: Path):
    open_store().close()
    before = tables_of(file)

    assert store().status is Status.OK
    assert "reached and written" in store().found
    assert migrations().found == f"{HEAD}, up to date"
    assert tables_of(file) == before


def test_a_file_that_is_no_database(file: Path):
    file.parent.mkdir()
    file.write_bytes(b"no database, but text that is long enough to be read as one\n" * 20)

    assert store().status is Status.FAILING
    assert "not an SQLite database" in store().found
    assert store().remedy


def test_a_locked_file_is_a_warning(file: Path):
    open_store().close()
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store().status is Status.WARNING


def test_a_place_where_no_folder_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'deep' / 's.sqlite3'}")

    assert store().status is Status.FAILING
    assert str(tmp_path / "file") in store().found


def test_older_tables_are_a_warning_and_newer_ones_failing(file: Path):
    opened = open_store()
    for version, status in (("v001_start", Status.WARNING), ("v999_future", Status.FAILING)):
        known = next(path.stem for path in Path("app/store/migrations/versions").glob("v001*.py"))
        with opened.write() as connection:
            name = known if version.startswith("v001") else version
            connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = :name"), {"name": name})
        assert migrations().status is status
        assert migrations().remedy
    opened.close()


def test_an_address_that_is_none_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "mysql://me:secret@host/base")

    for found in (store(), migrations()):
        assert found.status is Status.FAILING
        assert "secret" not in found.found


def test_postgresql_reached_written_then_stopped(server: Postgresql, monkeypatch: pytest.MonkeyPatch):
    with server.database() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        assert store().status is Status.OK
        assert "no tables yet" in migrations().found

        open_store().close()
        assert store().status is Status.OK, "with its tables too"
        assert "PostgreSQL" in store().found
        assert migrations().found == f"{HEAD}, up to date"

        server.stop()
        try:
            for found in (store(), migrations()):
                assert found.status is Status.FAILING
                assert "no server answers there" in found.found
        finally:
            server.start()


def test_a_database_that_may_only_be_read(server: Postgresql, monkeypatch: pytest.MonkeyPatch):
    with server.database() as url:
        open_store(url).close()
        monkeypatch.setenv("DATABASE_URL", f"{url}?options=-c%20default_transaction_read_only%3Don")

        assert store().status is Status.FAILING
        assert "it cannot be written to" in store().found
