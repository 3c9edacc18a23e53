"""Taking what was deleted out of the database's files, without keeping recordings waiting.

SQLite overwrites what is deleted with zeros at once (secure_delete). Then the file gives back its free pages, and the
write-ahead log is emptied into it and cut to nothing. A file that an older version of this program made gives pages
back only when it is rewritten (VACUUM), and PostgreSQL's tables must be rewritten (VACUUM FULL): both lock everybody
out, so they wait for the next start while somebody records.
"""

import time
from typing import Final

from sqlalchemy import Connection, delete, insert, select, text

from app.store import tables
from app.store.database import Store
from app.store.hidden import is_shown
from app.store.owners import is_dead
from app.store.steps import Steps

_DUE: Final = "rewrite_due"
_INCREMENTAL: Final = 2
_PAGES_AT_ONCE: Final = 250
_TRIES: Final = 20
_TRY_EACH_S: Final = 0.1
_READ_WORDS: Final = (
    "It is deleted, but the database is being read, by this program or another one: until that ends and this program "
    "starts again, traces of it stay in the file that ends in -wal."
)
_RECORDED_WORDS: Final = (
    "It is deleted, but traces of it stay in the server's tables while somebody records: they are rewritten when this "
    "program starts the next time."
)


def scrub(store: Store) -> str:
    """Take what was deleted out of the files; gives a sentence where that must wait, else an empty one.

    Raises:
        StoreError: the database cannot do it.
    """
    return _scrub_sqlite(store) if store.is_sqlite else _scrub_postgresql(store)


def scrub_if_due(store: Store) -> None:
    """What waited because somebody recorded; to be called as the program starts.

    Raises:
        StoreError: the database cannot do it.
    """
    with store.read() as connection:
        is_due = connection.scalar(select(tables.settings.c.value).filter_by(name=_DUE)) is not None
    if is_due:
        scrub(store)


def is_recording(store: Store) -> bool:
    """Whether a session is being recorded now, by whichever process."""
    with store.read() as connection:
        rows = connection.execute(select(tables.sessions).where(is_shown()).filter_by(state="open")).all()
    return any(not is_dead(row.owner, row.alive_at) for row in rows)


def _scrub_sqlite(store: Store) -> str:
    with store.read() as connection:
        is_incremental = _pragma(connection, "auto_vacuum") == _INCREMENTAL
        free, pages = _pragma(connection, "freelist_count"), _pragma(connection, "page_count")
    if free > pages // 4:
        if is_incremental:
            _give_pages_back(store)
        else:
            _rewrite(store, ["VACUUM"])
    # The first waits for nobody and does nearly all of it; the second must wait until nobody reads, and meanwhile
    # nobody can write, so it tries often and waits hardly at all.
    with store.outside_transaction(busy_ms=1) as connection:
        connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)"))
        for _ in range(_TRIES):
            if not connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]:
                return ""
            time.sleep(_TRY_EACH_S)
    return _READ_WORDS


def _scrub_postgresql(store: Store) -> str:
    names = [table.name for table in tables.metadata.sorted_tables]
    if _rewrite(store, [f"VACUUM FULL {name}" for name in names]):
        return ""
    with store.outside_transaction() as connection:
        for name in names:
            connection.execute(text(f"VACUUM {name}"))
    return _RECORDED_WORDS


def _rewrite(store: Store, commands: list[str]) -> bool:
    """Run the commands, unless somebody records: then it is noted for the next start. Gives whether they ran."""
    waits = is_recording(store)
    with store.write() as connection:
        connection.execute(delete(tables.settings).filter_by(name=_DUE))
        if waits:
            connection.execute(insert(tables.settings).values(name=_DUE, value="1"))
    if waits:
        return False
    with store.outside_transaction() as connection:
        for command in commands:
            connection.execute(text(command))
    return True


def _give_pages_back(store: Store) -> None:
    def some(connection: Connection) -> bool:
        for _ in range(_PAGES_AT_ONCE):  # Python's driver takes one step of a statement without columns: one page
            connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
        return _pragma(connection, "freelist_count") > 0

    steps = Steps(store)
    while steps.in_step(some):
        pass


def _pragma(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)
