"""Each test of the store runs on SQLite and on a real PostgreSQL server, started here where Debian's package is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.database import Store, open_store
from tests.helpers.postgresql import Postgresql, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[Postgresql]:
    """A PostgreSQL server on loopback that lives as long as the tests."""
    with postgresql() as running:
        yield running


@pytest.fixture(scope="session")
def server_url(server: Postgresql) -> str:
    """Its address."""
    return server.url


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, once of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store' / 'sessions.sqlite3'}"
        return
    server: Postgresql = request.getfixturevalue("server")
    with server.database() as url:
        yield url


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
