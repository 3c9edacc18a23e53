"""What is stored, and how it goes for good.

SQLite overwrites what is deleted with zeros (secure_delete), and the write-ahead log is emptied into the file and cut
to nothing; a file that is then a quarter empty is rewritten. PostgreSQL's tables are rewritten (VACUUM FULL). Neither
reaches copies: backups, snapshots of the file system, PostgreSQL's own log of changes until it is recycled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, text

from app.store import tables
from app.store.checks import check_range
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError

_RETENTION: Final = "retention_days"
MAX_RETENTION_DAYS: Final = 36_500


@dataclass(frozen=True)
class Deleted:
    """What a deletion did.

    Attributes:
        sessions: how many went.
        videos: files of videos that went with them.
        warning: why traces of it may still be in the database's file, and until when; empty when there are none.
    """

    sessions: int
    videos: int
    warning: str = ""


@dataclass(frozen=True)
class Overview:
    """What is stored: how many of each, the bytes on disk, and since when (UTC; None without sessions)."""

    participants: int
    sessions: int
    samples: int
    markers: int
    baselines: int
    check_ins: int
    database_bytes: int
    video_bytes: int
    oldest: datetime | None


@dataclass(frozen=True)
class Overdue:
    """What a number of days of retention would delete now, and when the next session would follow (UTC; None where no
    ended session is left)."""

    sessions: int
    baselines: int
    check_ins: int
    next_at: datetime | None


def delete_session(store: Store, session_id: int) -> Deleted:
    """Delete a session with its samples, markers, faces, video, and the check-ins and baselines that belong to it.

    Raises:
        NoSuchRecordError: there is none of that number.
        StoreError: its video cannot be deleted, or the database cannot be written; the session is still there.
    """
    done = _delete_sessions(store, tables.sessions.c.id == session_id)
    if not done.sessions:
        raise NoSuchRecordError(f"There is no session {session_id}; it may have been deleted, so reload the list.")
    return done


def delete_participant(store: Store, participant_id: int) -> Deleted:
    """Delete a participant with all sessions, videos, baselines and check-ins.

    Raises:
        NoSuchRecordError: there is none of that number.
        StoreError: a video cannot be deleted, or the database cannot be written; the participant is still there.
    """
    ours = tables.sessions.c.participant_id == participant_id
    with store.write() as connection:
        videos = _delete_videos(store, connection, ours)
        count = connection.scalar(select(func.count()).select_from(tables.sessions).where(ours)) or 0
        if not connection.execute(delete(tables.participants).filter_by(id=participant_id)).rowcount:
            raise NoSuchRecordError(f"There is no participant {participant_id}; reload the page.")
    return Deleted(count, videos, scrub(store))


def delete_everything(store: Store) -> Deleted:
    """Delete all that the store holds, its settings and stray videos too; the empty tables stay.

    Raises:
        StoreError: a video cannot be deleted, or the database cannot be written.
    """
    with store.write() as connection:
        count = connection.scalar(select(func.count()).select_from(tables.sessions)) or 0
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))
    videos = sum(_unlink(path) for path in sorted(store.videos.glob("*")) if path.is_file())
    return Deleted(count, videos, scrub(store))


def retention_days(store: Store) -> int | None:
    """After how many days sessions are deleted; None for never."""
    with store.read() as connection:
        value = connection.scalar(select(tables.settings.c.value).filter_by(name=_RETENTION))
    return None if value is None else int(value)


def set_retention_days(store: Store, days: int | None) -> None:
    """Choose it; None keeps sessions until somebody deletes them. Nothing is deleted yet: see `apply_retention`.

    Raises:
        StoreError: `days` is not 1 to 36500.
    """
    check_range("Days of retention", days, 1, MAX_RETENTION_DAYS)
    with store.write() as connection:
        connection.execute(delete(tables.settings).filter_by(name=_RETENTION))
        if days is not None:
            connection.execute(insert(tables.settings).values(name=_RETENTION, value=str(days)))


def apply_retention(store: Store, now: datetime | None = None) -> Deleted:
    """Delete the ended sessions, baselines and check-ins that are older than the chosen days; call it at each start.

    Raises:
        StoreError: a video cannot be deleted, or the database cannot be written.
    """
    days = retention_days(store)
    if days is None:
        return Deleted(0, 0)
    before = (now or datetime.now(UTC)) - timedelta(days=days)
    with store.write() as connection:
        loose = 0
        for table, moment in ((tables.baselines, "measured_at"), (tables.check_ins, "at")):
            loose += connection.execute(delete(table).where(table.c[moment] < before)).rowcount
    done = _delete_sessions(store, tables.sessions.c.ended_at < before)
    return Deleted(0, 0, scrub(store)) if loose and not done.sessions else done


def overdue(store: Store, days: int, now: datetime | None = None) -> Overdue:
    """What `apply_retention` would delete, were that many days chosen; for people to read before they choose."""
    before = (now or datetime.now(UTC)) - timedelta(days=days)
    ended = tables.sessions.c.ended_at
    with store.read() as connection:
        past = select(tables.sessions.c.id).where(ended < before)

        def count(table: Any, moment: str) -> int:
            # What belongs to a session goes with it, however new it is itself.
            old = (table.c[moment] < before) | table.c.session_id.in_(past)
            return int(connection.scalar(select(func.count()).select_from(table).where(old)) or 0)

        next_end = connection.scalar(select(func.min(ended)).where(ended >= before))
        return Overdue(
            int(connection.scalar(select(func.count()).select_from(past.subquery())) or 0),
            count(tables.baselines, "measured_at"),
            count(tables.check_ins, "at"),
            None if next_end is None else next_end + timedelta(days=days),
        )


def overview(store: Store) -> Overview:
    """Counts and bytes of all that is stored."""
    counted = (
        tables.participants, tables.sessions, tables.samples, tables.markers, tables.baselines, tables.check_ins,
    )  # fmt: skip
    with store.read() as connection:
        counts = {table.name: int(connection.scalar(select(func.count()).select_from(table)) or 0) for table in counted}
        oldest = connection.scalar(select(func.min(tables.sessions.c.started_at)))
        size = _database_bytes(store, connection)
    videos = sum(path.stat().st_size for path in store.videos.glob("*") if path.is_file())
    return Overview(**counts, database_bytes=size, video_bytes=videos, oldest=oldest)


def scrub(store: Store) -> str:
    """Take what was deleted out of the database's files; gives a sentence where that must wait, else an empty one.

    Raises:
        StoreError: the database cannot do it.
    """
    with store.outside_transaction() as connection:
        if not store.is_sqlite:
            for table in tables.metadata.sorted_tables:
                connection.execute(text(f"VACUUM FULL {table.name}"))
            return ""
        free, pages = (int(connection.scalar(text(f"PRAGMA {name}")) or 0) for name in ("freelist_count", "page_count"))
        if free > pages // 4:
            connection.execute(text("VACUUM"))
        busy = connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()[0]
    if busy:
        return (
            "It is deleted, but another program is reading the database: until that ends and this program starts "
            "again, traces of it stay in the file that ends in -wal."
        )
    return ""


def _delete_sessions(store: Store, which: Any) -> Deleted:
    with store.write() as connection:
        videos = _delete_videos(store, connection, which)
        count = connection.execute(delete(tables.sessions).where(which)).rowcount
    return Deleted(count, videos, scrub(store) if count else "")


def _delete_videos(store: Store, connection: Connection, which: Any) -> int:
    """Before the rows: should this fail, the session still names its video. A missing file is as good as deleted."""
    named: Sequence[str | None] = connection.scalars(select(tables.sessions.c.video_file).where(which)).all()
    return sum(_unlink(store.videos / name) for name in named if name is not None)


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(
            f"The video {path} cannot be deleted: {error.strerror}. Mend its rights and try again."
        ) from error
    return True


def _database_bytes(store: Store, connection: Connection) -> int:
    if store.file is not None:
        files = (store.file.with_name(store.file.name + suffix) for suffix in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())
    size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
    return sum(int(connection.scalar(size, {"name": name}) or 0) for name in tables.metadata.tables)
