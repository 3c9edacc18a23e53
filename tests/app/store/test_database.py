"""Opening a store: new, shared, unreachable, foreign, newer, damaged; and what importing it costs."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.store import schema
from app.store.database import Store, _use_write_ahead_log, open_store, parse_url
from app.store.errors import StoreError
from app.store.participants import add_participant, participants
from app.store.schema import HEAD, VERSION_TABLE, known_versions
from app.store.tables import metadata
from fer_core.paths import home
from tests.helpers import REPOSITORY
from tests.helpers.store_builders import make_participant, make_session, rows


def run_python(code: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_without_an_address_the_store_is_a_private_file_below_fer_home(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)

    store = open_store()

    assert store.file == home() / "sessions" / "sessions.sqlite3"
    assert stat.S_IMODE(store.file.stat().st_mode) == 0o600
    store.close()


def test_database_url_names_the_store(monkeypatch: pytest.MonkeyPatch, store_url: str):
    monkeypatch.setenv("DATABASE_URL", store_url)

    store = open_store()

    assert store.is_sqlite == store_url.startswith("sqlite")
    store.close()


def test_what_is_stored_is_there_at_the_next_start(store_url: str):
    first = open_store(store_url)
    add_participant(first, "Mia")
    first.close()

    second = open_store(store_url)

    assert [p.name for p in participants(second)] == ["Mia"]
    second.close()


def test_sqlite_is_set_up_for_crashes_readers_and_deletion(sqlite_store: Store):
    with sqlite_store.read() as connection:
        found = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }

    assert found == {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "secure_delete": 1}


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(store: Store):
    with store.everybodys.read() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_the_newest_migration_is_the_one_that_the_program_expects():
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]
    assert known_versions()[-1] == HEAD


def test_two_processes_may_open_a_new_store_at_once(store_url: str):
    code = "import sys; from app.store.database import open_store; open_store(sys.argv[1]).close(); print('ok')"
    children = [run_python(code, store_url) for _ in range(3)]

    answers = [child.communicate(timeout=60) for child in children]

    assert [answer[0] for answer in answers] == ["ok\n"] * 3, answers


class Driver:
    """SQLite's, where another process changes to the write-ahead log at the same moment."""

    def __init__(self, *errors: str) -> None:
        self.errors = list(errors)
        self.mode = "delete"

    def execute(self, pragma: str) -> "Driver":
        if "= WAL" in pragma:
            if self.errors:
                raise sqlite3.OperationalError(self.errors.pop(0))
            self.mode = "wal"
        return self

    def fetchone(self) -> tuple[str]:
        return (self.mode,)


def test_a_store_that_another_process_opens_just_now_is_waited_for():
    driver = Driver("database is locked", "database is locked")
    _use_write_ahead_log(driver)
    assert driver.mode == "wal"


def test_what_is_no_matter_of_waiting_is_said_at_once():
    driver = Driver("disk I/O error", "disk I/O error")
    with pytest.raises(sqlite3.OperationalError, match="disk I/O error"):
        _use_write_ahead_log(driver)
    assert len(driver.errors) == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no address", "must be postgresql://"),
        ("mysql://root@localhost/fer", "'mysql' is not supported"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("postgresql://fer@localhost", "must name a database"),
        ("postgresql://fer:secret@localhost:port/fer", "no such address"),
    ],
)
def test_a_bad_address_is_refused_in_one_sentence(url: str, words: str):
    with pytest.raises(StoreError, match=words) as caught:
        parse_url(url)

    assert "secret" not in str(caught.value)


def test_the_short_name_of_postgresql_is_understood():
    assert parse_url("postgres://fer@localhost/fer").drivername == "postgresql+psycopg"


def test_a_server_that_does_not_answer_is_said_without_the_password():
    with pytest.raises(StoreError, match="no server answers there") as caught:
        open_store("postgresql://fer:secret@127.0.0.1:1/fer")

    assert "secret" not in str(caught.value)


def test_a_database_that_the_server_does_not_have_is_said(server_url: str):
    with pytest.raises(StoreError, match="no such database"):
        open_store(f"{server_url}/nothing_here")


def test_a_store_of_a_newer_program_is_left_alone(store_url: str):
    store = open_store(store_url)
    with store.write() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 'v999_later'"))
    store.close()

    with pytest.raises(StoreError, match="written by a newer FER Studio"):
        open_store(store_url)


def test_a_database_of_another_program_is_left_alone(store_url: str):
    store = open_store(store_url)
    with store.write() as connection:
        connection.execute(text(f"DROP TABLE {VERSION_TABLE}"))
    store.close()

    with pytest.raises(StoreError, match="tables of another program"):
        open_store(store_url)


def test_a_file_that_is_no_database_is_said_and_kept(tmp_path: Path):
    path = tmp_path / "letter.sqlite3"
    path.write_bytes(b"Dear reader, " * 1000)

    with pytest.raises(StoreError, match="not an SQLite database"):
        open_store(f"sqlite:///{path}")
    assert path.read_bytes() == b"Dear reader, " * 1000


def test_a_damaged_file_is_said(tmp_path: Path):
    path = tmp_path / "sessions.sqlite3"
    store = open_store(f"sqlite:///{path}")
    make_session(store, make_participant(store), rows(count=2000))
    store.close()
    with path.open("rb+") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))

    with pytest.raises(StoreError, match="damaged"):
        participants(open_store(f"sqlite:///{path}"))


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(StoreError, match="cannot be created"):
        open_store(f"sqlite:///{tmp_path / 'taken' / 'sessions.sqlite3'}")


def test_importing_the_store_loads_neither_pandas_nor_alembic_nor_a_driver_that_is_not_used():
    code = (
        "import sys\n"
        "from app.store import database, history, participants, privacy, recorder\n"
        "from app.store.exchange import export, import_file\n"
        "print(sorted({'pandas', 'pyarrow', 'alembic', 'psycopg', 'tensorflow', 'streamlit'} & set(sys.modules)))"
    )

    out, error = run_python(code).communicate(timeout=60)

    assert out == "[]\n", error
