"""Which version the tables have, and how they are brought up to date: at first use, in the process, one at a time."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from app.store.errors import StoreError
from app.store.tables import metadata

HEAD: Final = "v004_replicas"
VERSION_TABLE: Final = "fer_studio_version"  # a name of its own: a PostgreSQL database may serve other programs too
_MIGRATIONS: Final = Path(__file__).with_name("migrations")
_LOCK_KEY: Final = 0x0FE2_5700  # any number, the same in every process of this program


def bring_up_to_date(
    reading: Callable[[], AbstractContextManager[Connection]],
    writing: Callable[[], AbstractContextManager[Connection]],
    place: str,
) -> None:
    """Make or change the tables where they are not those of this program.

    Args:
        reading: opens a transaction that reads.
        writing: opens a transaction that writes; SQLite's takes the one write lock at its start.
        place: the database, for messages.

    Raises:
        StoreError: a newer program wrote it, or another one.
    """
    with reading() as connection:
        if known_version(connection, place) == HEAD:
            return
    # Imported only when there is something to change, as it takes a fifth of a second; before the lock is taken, for
    # which others wait.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        # Asked again under the lock: another process may have done it in the meantime.
        if known_version(connection, place) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def known_version(connection: Connection, place: str) -> str | None:
    """The version of the tables; None where there are none yet.

    Args:
        connection: to any database.
        place: the database, for messages.

    Raises:
        StoreError: a newer program wrote it, or another one.
    """
    there = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in there:
        strangers = there & set(metadata.tables) if connection.dialect.name == "postgresql" else there
        if strangers:
            raise StoreError(
                f"The store {place} has tables of another program ({', '.join(sorted(strangers)[:3])}); "
                "name an empty database in DATABASE_URL."
            )
        return None
    version: str | None = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    if version is not None and version not in known_versions():
        raise StoreError(
            f"The store {place} was written by a newer FER Studio (its tables are {version!r}, this program knows up "
            f"to {HEAD!r}); update FER Studio, or name another database."
        )
    return version


def known_versions() -> tuple[str, ...]:
    """The names of all steps that this program has."""
    return tuple(sorted(path.stem for path in (_MIGRATIONS / "versions").glob("v*.py")))
