"""Whether the database of the sessions can be reached and written, and has this program's tables."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from app.store.database import CONNECT_S, parse_url, place_of, store_url
from app.store.errors import StoreError, driver_sentence
from app.store.schema import HEAD, VERSION_TABLE, known_version
from fer_core.findings import Finding, failing, ok, warning

_BUSY_S: Final = 2.0
_MEND: Final = "Start the database, or correct DATABASE_URL."
_MEND_FILE: Final = (
    "Correct the permissions of the file and its folder, or set FER_HOME or DATABASE_URL to another place."
)


def store() -> Finding:
    """Whether it answers, and a change is taken; the change is taken back at once."""
    try:
        url = parse_url(store_url())
    except StoreError as error:
        return failing(str(error), "Correct DATABASE_URL.")
    if url.get_backend_name() == "sqlite":
        return _file(Path(str(url.database)))
    try:
        with _connected() as connection:
            version = str(connection.scalar(text("SHOW server_version"))).split()[0]
            if VERSION_TABLE in inspect(connection).get_table_names():
                connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = version_num"))
            else:
                connection.execute(text("CREATE TABLE fer_studio_doctor (probe integer)"))
            connection.rollback()
    except StoreError as error:
        return failing(str(error), _MEND)
    return ok(f"PostgreSQL {version}, {place_of(url)}: reached and written")


def migrations() -> Finding:
    """Whether the tables are those of this program."""
    try:
        url = parse_url(store_url())
        if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
            return ok(f"no tables yet: the first start makes {HEAD}")
        with _connected() as connection:
            version = known_version(connection, place_of(url))
    except StoreError as error:
        return failing(str(error), "Do what the message says.")
    if version is None:
        return ok(f"no tables yet: the first start makes {HEAD}")
    if version != HEAD:
        return warning(f"{version}; this program has {HEAD}", "Make a backup: the next start changes the tables.")
    return ok(f"{HEAD}, up to date")


def _file(path: Path) -> Finding:
    """SQLite's file, which may not be there yet. Its driver is used alone, as the app's own way would make it."""
    if not path.exists():
        above = next(folder for folder in path.absolute().parents if folder.exists())
        if not above.is_dir() or not os.access(above, os.W_OK):
            return failing(f"SQLite, {path}: it cannot be made in {above}", _MEND_FILE)
        return ok(f"SQLite, {path}: made at the first start")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_BUSY_S)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE fer_studio_doctor (probe INTEGER)")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return warning(f"SQLite, {path}: another process writes for {_BUSY_S:.0f} s", "Look again in a moment.")
        return failing(driver_sentence(str(path), str(error)), _MEND_FILE)
    except sqlite3.Error as error:
        return failing(driver_sentence(str(path), str(error)), _MEND_FILE)
    return ok(f"SQLite, {path}: reached and written")


@contextmanager
def _connected() -> Iterator[Connection]:
    """A connection for a look: no table is made and no file.

    Raises:
        StoreError: it cannot be had, or what was asked on it failed.
    """
    url = parse_url(store_url())
    timeouts = {"timeout": _BUSY_S} if url.get_backend_name() == "sqlite" else {"connect_timeout": CONNECT_S}
    engine = create_engine(url, connect_args=timeouts)
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        words = str(getattr(error, "orig", None) or error)
        raise StoreError(driver_sentence(place_of(url), words)) from error
    finally:
        engine.dispose()
