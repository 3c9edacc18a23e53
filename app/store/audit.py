"""The log of who did what: rows of the table `audit`, kept for a time and then forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select

from app.store import tables
from app.store.database import Store

KEPT_DAYS: Final = 400
"""So long an entry is kept: a year, and the weeks in which somebody looks back at it."""


@dataclass(frozen=True)
class AuditEntry:
    """One thing that somebody did.

    Attributes:
        at: when, UTC.
        event: what kind of thing, a value of `app.access.audit.AuditEvent`.
        who: the owner under whom their things are stored; empty for somebody who is not known.
        what: the kind and number of what it was done to, such as "session 12"; no name, title or file name.
        count: how many.
    """

    at: datetime
    event: str
    who: str
    what: str
    count: int


def add_entries(store: Store, entries: Sequence[AuditEntry]) -> None:
    """Keep them, and forget those that are too old.

    Raises:
        StoreError: the database cannot be written; none of them is kept.
    """
    before = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    with store.write() as connection:
        connection.execute(insert(tables.audit), [vars(entry) for entry in entries])
        connection.execute(delete(tables.audit).where(tables.audit.c.at < before))


def recent_entries(store: Store, limit: int) -> list[AuditEntry]:
    """The newest, the newest first.

    Raises:
        StoreError: the database cannot be read.
    """
    table = tables.audit
    query = select(*(table.c[field.name] for field in fields(AuditEntry)))
    query = query.order_by(table.c.at.desc(), table.c.id.desc()).limit(limit)
    with store.read() as connection:
        return [AuditEntry(*row) for row in connection.execute(query)]
