"""The door to the database: which one, how it is opened, and its errors as plain sentences."""

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from app.store.errors import StoreError, driver_sentence
from app.store.own_rows import EVERYBODY, OPTION, Owner, only_own_rows
from app.store.schema import bring_up_to_date
from fer_core.paths import home
from fer_core.private import make_folder

BUSY_MS: Final = 10_000
"""So long SQLite waits for a lock."""
START_BUSY_MS: Final = 2_000
"""And so long while the program starts, when somebody looks at an empty page."""
CONNECT_S: Final = 5
_FORMS: Final = "postgresql://user:password@host/database or sqlite:////absolute/path/file.sqlite3"


_is_hasty: ContextVar[bool] = ContextVar("_is_hasty", default=False)


@contextmanager
def hasty() -> Iterator[None]:
    """Within it, this thread waits for SQLite's locks only as long as somebody waits for a page to open."""
    token = _is_hasty.set(True)
    try:
        yield
    finally:
        _is_hasty.reset(token)


class Somebody(Protocol):
    """Who uses the store: under whom their things are stored, and whether they may see everybody's."""

    @property
    def owner(self) -> str:
        """It stays the same for an account."""

    @property
    def sees_all(self) -> bool:
        """As an administrator does."""


@dataclass
class _Shared:
    """What the parts of one database share.

    Attributes:
        whole: everybody's store.
        parts: by owner.
        counting: locks all but the first.
        writing: how often this process holds SQLite's write lock now.
        written: how often it has held it.
    """

    whole: "Store"
    parts: dict[Owner, "Store"]
    counting: threading.Lock = field(default_factory=threading.Lock)
    writing: int = 0
    written: int = 0


class Store:
    """An opened database, the folder of its videos, and one for files on their way.

    Any thread may use it; each call takes its own connection. `open_store` gives everybody's; a page works with the one
    `of` its user, in which the records of others do not exist (see `own_rows`).
    """

    def __init__(
        self, engine: Engine, folder: Path, *, owner: Owner = EVERYBODY, shared: "_Shared | None" = None
    ) -> None:
        """Take an engine whose tables are up to date; `open_store` makes one.

        Args:
            engine: of the database; its connections work for `owner`.
            folder: beside which videos and temporary files are.
            owner: whose records it shows.
            shared: of the whole store, where this one shows a part of it.
        """
        self.engine = engine
        self.videos = folder / "videos"
        self.temporary = folder / "temporary"
        self.owner = owner
        self._folder = folder
        self._shared = _Shared(self, {owner: self}) if shared is None else shared

    @property
    def everybodys(self) -> "Store":
        """The whole store, for the server's own work: recovery, retention, tidying up, running recordings."""
        return self._shared.whole

    @property
    def own(self) -> "Store":
        """What belongs to this store's owner alone, also where they may see more."""
        return self._part(Owner(self.owner.name, sees_all=False))

    def of(self, user: "Somebody") -> "Store":
        """The part that a user may see, the same object at each call; an administrator's has everything in it."""
        return self._part(Owner(user.owner, user.sees_all))

    def _part(self, owner: Owner) -> "Store":
        shared = self._shared
        with shared.counting:
            if owner not in shared.parts:
                engine = shared.whole.engine.execution_options(**{OPTION: owner})
                shared.parts[owner] = Store(engine, self._folder, owner=owner, shared=shared)
            return shared.parts[owner]

    @property
    def place(self) -> str:
        """The database, without its password."""
        return place_of(self.engine.url)

    @property
    def file(self) -> Path | None:
        """SQLite's file; None on PostgreSQL."""
        return Path(self.engine.url.database or "") if self.is_sqlite else None

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite; else it is PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that reads.

        Raises:
            StoreError: the database cannot be reached or read.
        """
        with self._plain_errors(), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes, all of it or nothing.

        Raises:
            StoreError: the database cannot be reached or written.
        """
        with self._plain_errors(), self.engine.connect() as plain:
            # SQLite's lock is taken at once: a transaction that first reads and then writes may be refused.
            connection = plain.execution_options(begin="IMMEDIATE")
            with connection.begin(), self._counted():
                yield connection

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """Like `write`, for steps that make tables anew: SQLite would delete what refers to a table that is dropped.

        Raises:
            StoreError: the database cannot be written, or a step left a reference to nothing.
        """
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with self._plain_errors(), self.engine.connect() as plain:
            driver: Any = plain.connection.driver_connection
            driver.execute("PRAGMA foreign_keys = OFF")  # does nothing within a transaction
            try:
                connection = plain.execution_options(begin="IMMEDIATE")
                with connection.begin(), self._counted():
                    yield connection
                    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                        raise StoreError(f"The store {self.place} has rows that refer to nothing; it was left alone.")
            finally:
                driver.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def outside_transaction(self, *, busy_ms: int | None = None) -> Iterator[Connection]:
        """A connection for commands that allow no transaction around them, such as VACUUM.

        Args:
            busy_ms: how long SQLite waits for a lock; None for as long as ever.

        Raises:
            StoreError: the database cannot do it.
        """
        with self._plain_errors(), self.engine.connect() as plain:
            if self.is_sqlite:
                connection = plain.execution_options(begin="")
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {_wait_ms() if busy_ms is None else busy_ms}")
                with self._counted():
                    yield connection
            else:
                yield plain.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Give all connections back; the next use opens new ones."""
        self.engine.dispose()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Around what holds SQLite's write lock, so that a message can say whose lock it is."""
        shared = self._shared
        with shared.counting:
            shared.writing += 1
        try:
            yield
        finally:
            with shared.counting:
                shared.writing -= 1
                shared.written += 1

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        shared = self._shared
        with shared.counting:
            before = shared.written
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error) as error:  # the latter where a connection is prepared
            words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
            with shared.counting:
                is_own_lock = shared.writing > 0 or shared.written != before
            raise StoreError(driver_sentence(self.place, words, is_own_lock=is_own_lock)) from error


def open_store(url: str | None = None) -> Store:
    """Open the store; where it is new or older, make its tables.

    Args:
        url: where; None takes `DATABASE_URL`, or else a SQLite file below `FER_HOME`.

    Raises:
        StoreError: the address is no good, the database cannot be reached or read, or is another program's.
    """
    folder = home() / "sessions"
    address = parse_url(url or store_url())
    if address.get_backend_name() == "sqlite":
        engine = _sqlite(address)
    else:
        engine = create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_S})
    event.listen(engine, "before_execute", only_own_rows, retval=True)
    store = Store(engine, folder)
    try:
        with hasty():
            bring_up_to_date(store.read, store.migrating, store.place)
    except Exception:
        store.close()
        raise
    return store


def store_url() -> str:
    """The store's address as text: `DATABASE_URL`, or else a SQLite file below `FER_HOME`."""
    return os.environ.get("DATABASE_URL") or f"sqlite:///{home() / 'sessions' / 'sessions.sqlite3'}"


def parse_url(text: str) -> URL:
    """The address of a database.

    Args:
        text: `postgresql://…` (or `postgres://…`), or `sqlite:///…` with a file.

    Raises:
        StoreError: it is neither.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError) as error:  # its words would repeat the password
        raise StoreError(f"DATABASE_URL must be {_FORMS}; this is no such address.") from error
    backend = "postgresql" if url.drivername == "postgres" else url.get_backend_name()
    if backend == "postgresql":
        if not url.database:
            raise StoreError(f"DATABASE_URL must name a database: {_FORMS}; it is {place_of(url)}.")
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"DATABASE_URL must be {_FORMS}; {url.drivername!r} is not supported.")
    if not url.database or url.database == ":memory:":
        raise StoreError(f"DATABASE_URL must name a file for SQLite: {_FORMS}; it is {place_of(url)}.")
    return url.set(drivername="sqlite")


def place_of(url: URL) -> str:
    """What a message may say of an address: no password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def _sqlite(url: URL) -> Engine:
    """SQLite with a write-ahead log: readers never wait, and a killed process leaves a whole database."""
    path = Path(str(url.database))
    try:
        make_folder(path.parent)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))  # sessions are nobody else's business
    except OSError as error:
        raise StoreError(
            f"The store {path} cannot be created: {error.strerror}. Correct the permissions of its folder."
        ) from error
    engine = create_engine(url, connect_args={"timeout": START_BUSY_MS / 1000})
    write_ahead = threading.Lock()

    @event.listens_for(engine, "connect")
    def prepare(driver: Any, _record: object) -> None:
        driver.isolation_level = None  # the driver opens no transactions by itself; `begin` below does
        # A new file learns before anything is in it to give free pages back in short steps. secure_delete overwrites
        # what is deleted with zeros.
        for pragma in ("auto_vacuum = INCREMENTAL", "foreign_keys = ON", "secure_delete = ON", "synchronous = NORMAL"):
            driver.execute(f"PRAGMA {pragma}")
        with write_ahead:
            _use_write_ahead_log(driver)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("begin", "DEFERRED")
        if mode:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {_wait_ms()}")
            connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def _use_write_ahead_log(driver: Any) -> None:
    """SQLite does not wait for another process that makes the same change just now; it says "locked" at once."""
    deadline_s = time.monotonic() + START_BUSY_MS / 1000
    while True:
        try:
            if driver.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                driver.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline_s:
                raise
            time.sleep(0.005)
        else:
            return


def _wait_ms() -> int:
    return START_BUSY_MS if _is_hasty.get() else BUSY_MS
