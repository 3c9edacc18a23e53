"""What is stored, and how it goes for good.

A session that is deleted is first hidden from everybody, in one transaction; its samples then go in short steps, and at
last its traces in the files (see `scrubbing`). Nothing of this reaches copies: backups, snapshots of the file system,
PostgreSQL's own log of changes until it is recycled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, delete, func, insert, select, text, true

from app.store import tables
from app.store.checks import check_range
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.hidden import hidden_sessions, hide, hide_all, is_person, is_shown, purge
from app.store.scrubbing import scrub, scrub_if_due

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
    """What a number of days of retention would delete now.

    Attributes:
        next_at: when the next session would follow, UTC; None where no ended session is left.
    """

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


def delete_sessions(store: Store, session_ids: Sequence[int]) -> Deleted:
    """`delete_session` for several at once; those that are gone already hinder nothing.

    Raises:
        NoSuchRecordError: none of them is there.
        StoreError: a video cannot be deleted, or the database cannot be written; the sessions are still there.
    """
    done = _delete_sessions(store, tables.sessions.c.id.in_(session_ids))
    if not done.sessions:
        raise NoSuchRecordError("There are no such sessions; they may have been deleted, so reload the list.")
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
        stand_in, count = hide(connection, ours)
        person = delete(tables.participants).where(is_person()).filter_by(id=participant_id)
        if not connection.execute(person).rowcount:
            raise NoSuchRecordError(f"There is no participant {participant_id}; reload the page.")
    return Deleted(count, videos, _purged(store, stand_in))


def delete_everything(store: Store) -> Deleted:
    """Delete all that this store shows, with its videos; of everybody's store its settings and stray videos too.

    Raises:
        StoreError: a video cannot be deleted, or the database cannot be written.
    """
    with store.write() as connection:
        videos = _delete_videos(store, connection, true())
        stand_in, count = hide_all(connection)
        connection.execute(delete(tables.participants).where(is_person()))  # with what is theirs
        if store.owner.sees_all:
            connection.execute(delete(tables.settings))
    if store.owner.sees_all:
        videos += sum(_unlink(path) for path in sorted(store.videos.glob("*")) if path.is_file())
    return Deleted(count, videos, _purged(store, stand_in))


def retention_days(store: Store) -> int | None:
    """After how many days sessions are deleted; None for never."""
    with store.read() as connection:
        value = connection.scalar(select(tables.settings.c.value).filter_by(name=_RETENTION))
    return None if value is None else int(value)


def set_retention_days(store: Store, days: int | None) -> None:
    """Choose it for everybody's; None keeps sessions until somebody deletes them.

    Nothing is deleted yet: see `apply_retention`.

    Raises:
        StoreError: `days` is not 1 to 36500, or the store shows only a part.
    """
    _refuse_a_part(store)
    check_range("Days of retention", days, 1, MAX_RETENTION_DAYS)
    with store.write() as connection:
        connection.execute(delete(tables.settings).filter_by(name=_RETENTION))
        if days is not None:
            connection.execute(insert(tables.settings).values(name=_RETENTION, value=str(days)))


def apply_retention(store: Store, now: datetime | None = None) -> Deleted:
    """Delete everybody's ended sessions, baselines and check-ins that are older than the chosen days, at each start.

    Raises:
        StoreError: a video cannot be deleted, the database cannot be written, or the store shows only a part.
    """
    _refuse_a_part(store)
    scrub_if_due(store.everybodys)
    days = retention_days(store)
    if days is None:
        return Deleted(0, 0)
    before = (now or datetime.now(UTC)) - timedelta(days=days)
    with store.write() as connection:
        loose = 0
        for table, moment in ((tables.baselines, "measured_at"), (tables.check_ins, "at")):
            loose += connection.execute(delete(table).where(table.c[moment] < before)).rowcount
    done = _delete_sessions(store, tables.sessions.c.ended_at < before)
    return Deleted(0, 0, scrub(store.everybodys)) if loose and not done.sessions else done


def overdue(store: Store, days: int, now: datetime | None = None) -> Overdue:
    """What `apply_retention` would delete, were that many days chosen; for people to read before they choose."""
    before = (now or datetime.now(UTC)) - timedelta(days=days)
    ended = tables.sessions.c.ended_at
    with store.read() as connection:
        past = select(tables.sessions.c.id).where(ended < before, is_shown())

        def count(table: Any, moment: str) -> int:
            # What belongs to a session goes with it, however new it is itself.
            old = (table.c[moment] < before) | table.c.session_id.in_(past)
            return int(connection.scalar(select(func.count()).select_from(table).where(old)) or 0)

        next_end = connection.scalar(select(func.min(ended)).where(ended >= before, is_shown()))
        return Overdue(
            int(connection.scalar(select(func.count()).select_from(past.subquery())) or 0),
            count(tables.baselines, "measured_at"),
            count(tables.check_ins, "at"),
            None if next_end is None else next_end + timedelta(days=days),
        )


def overview(store: Store) -> Overview:
    """Counts of all that this store shows, the bytes of its videos, and those of the whole database."""
    counted = (
        tables.participants,
        tables.sessions,
        tables.samples,
        tables.markers,
        tables.baselines,
        tables.check_ins,
    )
    with store.read() as connection:
        counts = {table.name: _count(connection, table) for table in counted}
        oldest = connection.scalar(select(func.min(tables.sessions.c.started_at)).where(is_shown()))
        named = connection.scalars(select(tables.sessions.c.video_file).where(is_shown())).all()
    with store.everybodys.read() as connection:
        size = _database_bytes(store, connection)
    paths = store.videos.glob("*") if store.owner.sees_all else (store.videos / name for name in named if name)
    videos = sum(path.stat().st_size for path in paths if path.is_file())
    return Overview(**counts, database_bytes=size, video_bytes=videos, oldest=oldest)


def _count(connection: Connection, table: Table) -> int:
    """Rows of a table, without those of sessions that are still being stored or deleted."""
    query = select(func.count()).select_from(table)
    if table is tables.participants:
        query = query.where(is_person())
    elif table is tables.sessions:
        query = query.where(is_shown())
    elif hidden := list(connection.scalars(hidden_sessions())):
        query = query.where(func.coalesce(table.c.session_id, 0).not_in(hidden))
    return int(connection.scalar(query) or 0)


def _refuse_a_part(store: Store) -> None:
    if not store.owner.sees_all:
        raise StoreError("Only an administrator can choose for how long everybody's sessions are kept.")


def _delete_sessions(store: Store, which: Any) -> Deleted:
    with store.read() as connection:
        if connection.scalar(select(tables.sessions.c.id).where(which, is_shown()).limit(1)) is None:
            return Deleted(0, 0)
    with store.write() as connection:
        videos = _delete_videos(store, connection, which)
        stand_in, count = hide(connection, which)
    return Deleted(count, videos, _purged(store, stand_in))


def _purged(store: Store, stand_in: int) -> str:
    """Delete for good what nobody sees any more; gives a sentence where a part of that must wait."""
    try:
        purge(store, stand_in)
        return scrub(store.everybodys)
    except StoreError as error:
        return f"It is deleted from all pages, but not yet from the disk; the next start completes this. {error}"


def _delete_videos(store: Store, connection: Connection, which: Any) -> int:
    """Before the rows: should this fail, the session still names its video. A missing file is as good as deleted."""
    named: Sequence[str | None] = connection.scalars(
        select(tables.sessions.c.video_file).where(which, is_shown())
    ).all()
    return sum(_unlink(store.videos / name) for name in named if name is not None)


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StoreError(
            f"The video {path} cannot be deleted: {error.strerror}. Correct its permissions and try again."
        ) from error
    return True


def _database_bytes(store: Store, connection: Connection) -> int:
    if store.file is not None:
        files = (store.file.with_name(store.file.name + suffix) for suffix in ("", "-wal", "-shm"))
        return sum(file.stat().st_size for file in files if file.exists())
    size = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
    return sum(int(connection.scalar(size, {"name": name}) or 0) for name in tables.metadata.tables)
