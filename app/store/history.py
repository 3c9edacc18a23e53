"""A participant's sessions and days in figures, averaged by the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, func, select

from app.store import tables
from app.store.database import Store
from app.store.records import Session
from app.store.samples import counted
from app.store.sessions import sessions
from fer_core.emotions import EMOTIONS


@dataclass(frozen=True)
class Means:
    """Means over samples that count (no ignored faces, no excluded ranges).

    Attributes:
        day: by the person's own clock when the session began.
        session_ids: what was averaged, oldest first.
        count: samples.
        probabilities: float64 (7,), in the order of `EMOTIONS`: the emotions' shares, summing to 1.
        valence: -1 to 1; likewise `arousal`.
        unsure: share of the samples without a label, 0-1.
        leaning: share of those whose label is only leaning, 0-1.
    """

    day: date
    session_ids: tuple[int, ...]
    count: int
    probabilities: np.ndarray
    valence: float
    arousal: float
    unsure: float
    leaning: float


def session_means(store: Store, participant_id: int) -> list[Means]:
    """One for each session of a participant that has samples, oldest first."""
    listed = sessions(store, participant_id=participant_id)
    with store.read() as connection:
        special = _with_exceptions(connection, participant_id)
        table = tables.samples
        plain = [session.id for session in listed if session.id not in special]
        found: dict[int, Sequence[float]] = {}
        if plain:
            ours = select(tables.sessions.c.id).filter_by(participant_id=participant_id)
            if special:
                ours = ours.where(tables.sessions.c.id.not_in(special))
            for row in connection.execute(_averages(table.c.session_id.in_(ours)).group_by(table.c.session_id)):
                found[row[0]] = tuple(row)[1:]
        for session_id in special:
            wanted, _ = counted(connection, session_id)
            for row in connection.execute(_averages(wanted).group_by(table.c.session_id)):
                found[session_id] = tuple(row)[1:]
    return [_means(session, found[session.id]) for session in reversed(listed) if session.id in found]


def daily_means(store: Store, participant_id: int) -> list[Means]:
    """One for each day on which a session of the participant began, oldest first; each sample weighs alike."""
    days: dict[date, list[Means]] = {}
    for means in session_means(store, participant_id):
        days.setdefault(means.day, []).append(means)
    return [_pooled(day, parts) for day, parts in sorted(days.items())]


def _with_exceptions(connection: Connection, participant_id: int) -> list[int]:
    """Sessions with ignored faces or excluded ranges: few, so that all others can be averaged in one go."""
    ours = select(tables.sessions.c.id).filter_by(participant_id=participant_id)
    ignoring = select(tables.identities.c.session_id).where(
        tables.identities.c.ignored, tables.identities.c.session_id.in_(ours)
    )
    excluding = select(tables.markers.c.session_id).where(
        tables.markers.c.kind == "exclude", tables.markers.c.session_id.in_(ours)
    )
    return sorted({int(row[0]) for row in connection.execute(ignoring.union(excluding))})


def _averages(wanted: ColumnElement[bool]) -> Select[Any]:
    table = tables.samples
    means = [func.avg(table.c[name]) for name in (*EMOTIONS, "valence", "arousal")]
    # count(label) counts the samples with a label, count(level) the leaning ones: no other level is stored.
    counts = (func.count(), func.count(table.c.label), func.count(table.c.level))
    return select(table.c.session_id, *counts, *means).where(wanted)


def _means(session: Session, values: Sequence[float]) -> Means:
    count, labelled, leaning, *means = values
    return Means(
        day=session.started_local.date(),
        session_ids=(session.id,),
        count=int(count),
        probabilities=np.array(means[: len(EMOTIONS)], np.float64),
        valence=float(means[-2]),
        arousal=float(means[-1]),
        unsure=1 - labelled / count,
        leaning=leaning / count,
    )


def _pooled(day: date, parts: Sequence[Means]) -> Means:
    weights = np.array([part.count for part in parts], np.float64)

    def mean(values: Sequence[Any]) -> Any:
        return np.average(np.array(values, np.float64), axis=0, weights=weights)

    return Means(
        day=day,
        session_ids=tuple(number for part in parts for number in part.session_ids),
        count=int(weights.sum()),
        probabilities=mean([part.probabilities for part in parts]),
        valence=float(mean([part.valence for part in parts])),
        arousal=float(mean([part.arousal for part in parts])),
        unsure=float(mean([part.unsure for part in parts])),
        leaning=float(mean([part.leaning for part in parts])),
    )
