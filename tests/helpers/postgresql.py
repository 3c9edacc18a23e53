"""A real PostgreSQL server on loopback, started where Debian's package is."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

DEBIANS_PLACE = Path("/usr/lib/postgresql")


class Postgresql:
    """A running server and its address, `postgresql://user@host:port`."""

    def __init__(self, home: Path) -> None:
        self._programs, self._who, self._home = programs(), unprivileged(), home
        self._port = free_port()
        self.url = f"postgresql://fer@127.0.0.1:{self._port}"
        if self._who:
            os.chown(home, self._who["user"], self._who["group"])
        self._call("initdb", "-U", "fer", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")

    def start(self) -> None:
        """Start it, for the first time or again."""
        # Without fsync: these data need not survive a power cut.
        self._call("pg_ctl", "-w", "start", "-o", f"-c listen_addresses=127.0.0.1 -p {self._port} -k {self._home} -F")

    def stop(self) -> None:
        """Stop it at once, as a machine that is switched off."""
        self._call("pg_ctl", "-m", "immediate", "stop")

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of an empty database."""
        name = f"test_{uuid.uuid4().hex[:12]}"
        admin = create_engine(
            f"{self.url.replace('postgresql', 'postgresql+psycopg')}/postgres", isolation_level="AUTOCOMMIT"
        )
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        admin.dispose()  # the server may be stopped and started in between
        yield f"{self.url}/{name}"
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), "-D", str(self._home / "data"), *arguments]
        # A pipe would be held open by the server.
        with (self._home.parent / f"{self._home.name}.log").open("ab") as log:
            subprocess.run(command, check=True, stdout=log, stderr=log, cwd=self._home, timeout=120, **self._who)


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """A server that has been started; whether it still runs at the end does not matter."""
    programs(), unprivileged()  # skips before a folder is made
    home = Path(tempfile.mkdtemp(prefix="fer-postgresql-"))
    try:
        server = Postgresql(home)
        server.start()
        try:
            yield server
        finally:
            if (home / "data" / "postmaster.pid").exists():
                server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)
        (home.parent / f"{home.name}.log").unlink(missing_ok=True)


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
    """A port of loopback that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
