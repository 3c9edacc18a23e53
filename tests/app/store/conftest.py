"""Each test of the store runs on SQLite and on a real PostgreSQL server, started here where Debian's package is."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from app.store.database import Store, open_store

DEBIANS_PLACE = Path("/usr/lib/postgresql")


def programs() -> Path:
    """The folder of initdb and pg_ctl; the test is skipped where they are not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(DEBIANS_PLACE.glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            return folder
    pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")


def unprivileged() -> dict[str, Any]:
    """How to start the server, which refuses to run as root; the test is skipped where there is nobody else."""
    if os.geteuid() != 0:
        return {}
    try:
        account = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of a PostgreSQL server on loopback that lives as long as the tests."""
    folder, who = programs(), unprivileged()
    home = Path(tempfile.mkdtemp(prefix="fer-postgresql-"))
    if who:
        os.chown(home, who["user"], who["group"])
    port = free_port()

    def call(program: str, *arguments: str) -> None:
        command = [str(folder / program), "-D", str(home / "data"), *arguments]
        with (home.parent / f"{home.name}.log").open("ab") as log:  # a pipe would be held open by the server
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=home, timeout=120, **who)

    try:
        call("initdb", "-U", "fer", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        # Without fsync: these data need not survive a power cut.
        call("pg_ctl", "-w", "start", "-o", f"-c listen_addresses=127.0.0.1 -p {port} -k {home} -F")
        try:
            yield f"postgresql://fer@127.0.0.1:{port}"
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)
        (home.parent / f"{home.name}.log").unlink(missing_ok=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store' / 'sessions.sqlite3'}"
        return
    server: str = request.getfixturevalue("server_url")
    name = f"test_{uuid.uuid4().hex[:12]}"
    admin = create_engine(
        f"{server.replace('postgresql', 'postgresql+psycopg')}/postgres", isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield f"{server}/{name}"
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """One user's part of an empty store, once of each kind: as pages see it, and each query restricted."""
    opened = open_store(store_url)
    yield opened.own
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """An empty store in a file, for what only SQLite does."""
    opened = open_store(f"sqlite:///{tmp_path / 'store' / 'sessions.sqlite3'}")
    yield opened
    opened.close()
