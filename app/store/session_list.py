"""The list of sessions as people look through it: by words, participant and day, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, String, and_, case, cast, false, func, or_, select

from app.store import tables
from app.store.database import Store
from app.store.records import Session
from app.store.samples import counted
from app.store.sessions import with_names
from fer_core.emotions import EMOTIONS


@dataclass(frozen=True)
class Wanted:
    """Which sessions are looked for; all conditions hold at once.

    Attributes:
        words: each of them stands in the title, the participant's name or the note; upper and lower case are the same.
        participant_id: whose; None for everybody's.
        first: day on which the session began, by the person's own clock; None without a limit.
        last: likewise.
    """

    words: str = ""
    participant_id: int | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Labels:
    """The labels of one session's samples that count; n of them.

    Attributes:
        time_s: float64 (n,), seconds since the session's start, not falling.
        face: int64 (n,), the face that each counts for.
        label: int64 (n,), the label's index in `EMOTIONS`; as many as there are emotions where the program was unsure.
    """

    time_s: np.ndarray
    face: np.ndarray
    label: np.ndarray


def count_sessions(store: Store, wanted: Wanted) -> int:
    """How many there are."""
    with store.read() as connection:
        found = _where(connection, with_names(), wanted).subquery()
        return int(connection.scalar(select(func.count()).select_from(found)) or 0)


def list_sessions(store: Store, wanted: Wanted, *, offset: int = 0, limit: int) -> list[Session]:
    """A page of them, newest first.

    Args:
        store: where.
        wanted: which.
        offset: so many are passed over.
        limit: at most so many are given.
    """
    with store.read() as connection:
        query = _where(connection, with_names(), wanted)
        query = query.order_by(tables.sessions.c.started_at.desc(), tables.sessions.c.id.desc())
        return [Session.of(row) for row in connection.execute(query.offset(offset).limit(limit))]


def sessions_of(store: Store, session_ids: Sequence[int]) -> list[Session]:
    """Those of these numbers that are stored, oldest first."""
    query = with_names().where(tables.sessions.c.id.in_(session_ids))
    query = query.order_by(tables.sessions.c.started_at, tables.sessions.c.id)
    with store.read() as connection:
        return [Session.of(row) for row in connection.execute(query)]


def read_labels(store: Store, session_id: int) -> Labels:
    """What one session's samples were labelled; empty where there are none."""
    table = tables.samples
    with store.read() as connection:
        wanted, face = counted(connection, session_id)
        number = case({name: i for i, name in enumerate(EMOTIONS)}, value=table.c.label, else_=len(EMOTIONS))
        # One long row instead of one for each sample: a fourth of the time.
        columns = (func.aggregate_strings(cast(column, String), ",") for column in (table.c.time_ms, face, number))
        texts = connection.execute(select(*columns).where(wanted)).one()
    time_ms, faces, labels = (np.fromstring(text or "", np.int64, sep=",") for text in texts)
    order = np.argsort(time_ms, kind="stable")
    return Labels(time_ms[order] / 1000, faces[order], labels[order])


def _where(connection: Connection, query: Select[Any], wanted: Wanted) -> Select[Any]:
    """With the conditions; databases may know the two cases of ASCII's letters alone, so others are tried in both."""
    columns = (tables.sessions.c.title, tables.participants.c.name, tables.sessions.c.note)
    for word in wanted.words.split():
        ways = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
        conditions = (column.icontains(way, autoescape=True) for column in columns for way in ways)
        query = query.where(or_(*conditions))
    if wanted.participant_id is not None:
        query = query.where(tables.sessions.c.participant_id == wanted.participant_id)
    if wanted.first is not None or wanted.last is not None:
        offsets = connection.scalars(select(tables.sessions.c.utc_offset_min).distinct()).all()
        query = query.where(or_(false(), *(_on_days(offset, wanted) for offset in offsets)))
    return query


def _on_days(offset_min: int, wanted: Wanted) -> ColumnElement[bool]:
    """Of the sessions whose clock is that far ahead of UTC, those that began on the days wanted."""
    table, ahead = tables.sessions, timedelta(minutes=offset_min)
    conditions = [table.c.utc_offset_min == offset_min]
    if wanted.first is not None:
        conditions.append(table.c.started_at >= datetime.combine(wanted.first, time(), UTC) - ahead)
    if wanted.last is not None:
        conditions.append(table.c.started_at < datetime.combine(wanted.last, time(), UTC) + timedelta(days=1) - ahead)
    return and_(*conditions)
