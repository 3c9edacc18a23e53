"""Samples: from results to rows, and back as NumPy arrays, whole or averaged down to what a chart can show."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, insert, not_, or_, select

from app.store import tables
from app.store.database import Store
from app.store.own_rows import refuse_others
from app.store.records import Identity
from app.store.session_parts import identities_of
from app.store.tables import CORRECTED
from fer_core.emotions import EMOTIONS
from fer_core.expressions.affect import valence_arousal
from fer_core.results import Doubt, FaceEmotion, Level

Correct = Callable[[FaceEmotion], Mapping[str, float] | None]
"""Gives a face's probabilities with the baseline taken off; None where it has no baseline."""
Row = dict[str, Any]
SampleTuple = tuple[float | str | None, ...]

# Written out, not counted from Doubt: stored numbers must keep their meaning when a doubt is added.
DOUBT_BITS: Final[Mapping[Doubt, int]] = {
    Doubt.TOO_SMALL: 1,
    Doubt.TOO_DARK: 2,
    Doubt.BLURRED: 4,
    Doubt.TURNED_AWAY: 8,
    Doubt.NOT_CONFIDENT: 16,
}
SAMPLE_COLUMNS: Final = tuple(column.name for column in tables.samples.c if column.name != "session_id")
"""Of each sample, in the order of the table; exported under the same names."""
_READ_AT_ONCE: Final = 20_000
MANY: Final = 100_000
"""So many samples of a session are averaged span by span on SQLite, which takes two thirds of the time then."""


@dataclass(frozen=True)
class Samples:
    """Samples of one session in the order of time; n of them.

    Attributes:
        time_s: float64 (n,), seconds since the session's start.
        face: int32 (n,), the face that each counts for: merged faces have the number that they were merged into.
        probabilities: float32 (n, 7), 0-1, in the order of `EMOTIONS`.
        corrected: the same with the baseline taken off; NaN where there was none.
        valence: float32 (n,), -1 to 1; likewise `arousal`, and both `…_corrected`.
        label: object (n,), an emotion, or None where the program was unsure.
        leaning: bool (n,), whether the label is only leaning; False for named ones, and without a label.
        confidence: float32 (n,), 0-1.
        doubts: int16 (n,), sums of `DOUBT_BITS`.
    """

    time_s: np.ndarray
    face: np.ndarray
    probabilities: np.ndarray
    corrected: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    valence_corrected: np.ndarray
    arousal_corrected: np.ndarray
    label: np.ndarray
    leaning: np.ndarray
    confidence: np.ndarray
    doubts: np.ndarray


@dataclass(frozen=True)
class Timeline:
    """A session averaged over equal spans of time: n pairs of span and face, by time, without empty spans.

    Attributes:
        span_s: how long each span is.
        time_s: float64 (n,), the middle of the span, seconds since the session's start.
        face: int32 (n,), see `Samples`.
        count: int32 (n,), how many samples were averaged.
        probabilities: float32 (n, 7), their means in the order of `EMOTIONS`.
        valence: float32 (n,), mean; likewise `arousal`.
        unsure: float32 (n,), the share without a label, 0-1.
    """

    span_s: float
    time_s: np.ndarray
    face: np.ndarray
    count: np.ndarray
    probabilities: np.ndarray
    valence: np.ndarray
    arousal: np.ndarray
    unsure: np.ndarray


def sample_row(time_ms: int, emotion: FaceEmotion, correct: Correct | None = None) -> Row:
    """The row of one face at one moment, without its session."""
    corrected = correct(emotion) if correct is not None else None
    turn = emotion.quality.turn
    row: Row = {"time_ms": time_ms, "face": emotion.face.track_id or 0}
    row |= {name: float(emotion.probabilities[name]) for name in EMOTIONS}
    row |= {
        name: None if corrected is None else float(corrected[e]) for name, e in zip(CORRECTED, EMOTIONS, strict=True)
    }
    row["valence"], row["arousal"] = float(emotion.valence), float(emotion.arousal)
    row["valence_corrected"], row["arousal_corrected"] = (
        (None, None) if corrected is None else valence_arousal(corrected)
    )
    row["label"], row["level"] = emotion.label, stored_level(emotion.level)
    row["confidence"] = float(emotion.confidence)
    row["doubts"] = sum(DOUBT_BITS[doubt] for doubt in emotion.doubts)
    row |= dict(zip(("left_px", "top_px", "right_px", "bottom_px"), map(float, emotion.face.xyxy), strict=True))
    row["light"], row["sharpness"] = float(emotion.quality.light), float(emotion.quality.sharpness)
    row["turn"] = float(turn) if turn is not None and np.isfinite(turn) else None
    return row


def stored_level(level: Level) -> str | None:
    """What is stored of a level: only "leaning", as the label tells the other two."""
    return level.value if level is Level.LEANING else None


def insert_samples(connection: Connection, session_id: int, rows: Sequence[Row]) -> None:
    """Store rows of `sample_row`, and the faces that are new among them."""
    if not rows:
        return
    connection.execute(insert(tables.samples), [row | {"session_id": session_id} for row in rows])
    known = {identity.face for identity in identities_of(connection, session_id)}
    new = sorted({int(row["face"]) for row in rows} - known)
    values = [{"session_id": session_id, "face": face, "name": "", "ignored": False} for face in new]
    if values:
        connection.execute(insert(tables.identities), values)


def insert_tuples(connection: Connection, session_id: int, rows: Sequence[SampleTuple]) -> None:
    """Store values in the order of `SAMPLE_COLUMNS`, whose faces are stored already; five times as fast as rows.

    Raises:
        NoSuchRecordError: the session is not the connection's owner's.
        IntegrityError: of a moment and face there is a sample already.
    """
    refuse_others(connection, "session_id", {session_id})  # the driver's own commands are not restricted
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    names = ", ".join(("session_id", *SAMPLE_COLUMNS))
    marks = ", ".join([mark] * (1 + len(SAMPLE_COLUMNS)))
    command = f"INSERT INTO {tables.samples.name} ({names}) VALUES ({marks})"
    connection.exec_driver_sql(command, [(session_id, *row) for row in rows])


def add_samples(store: Store, session_id: int, rows: Sequence[Row]) -> None:
    """Store rows of `sample_row`, all or none: for files, which come faster than they are watched.

    Raises:
        StoreError: the session is not there, or has samples of the same moments and faces.
    """
    with store.write() as connection:
        insert_samples(connection, session_id, rows)


def read_samples(store: Store, session_id: int, *, everything: bool = False) -> Samples:
    """All samples of a session that count: without ignored faces and excluded ranges.

    Args:
        store: where.
        session_id: of which session; one without samples gives empty arrays.
        everything: with ignored faces and excluded ranges too, each face under its own number.
    """
    names = [name for name in SAMPLE_COLUMNS if name in _READ]
    with store.read() as connection:
        wanted, face = counted(connection, session_id)
        if everything:
            wanted, face = tables.samples.c.session_id == session_id, tables.samples.c.face
        chosen = [face.label("face") if name == "face" else tables.samples.c[name] for name in names]
        query = select(*chosen).where(wanted).order_by(tables.samples.c.time_ms, tables.samples.c.face)
        columns = read_columns(connection, query, names)
    return Samples(
        time_s=columns["time_ms"] / 1000,
        face=columns["face"].astype(np.int32),
        probabilities=np.stack([columns[name] for name in EMOTIONS], axis=1),
        corrected=np.stack([columns[name] for name in CORRECTED], axis=1),
        leaning=columns["level"] == Level.LEANING.value,
        doubts=columns["doubts"].astype(np.int16),
        **{name: columns[name] for name in _AS_THEY_ARE},
    )


def read_timeline(store: Store, session_id: int, *, points: int = 600, corrected: bool = False) -> Timeline:
    """A session's samples that count, averaged by the database down to at most `points` spans of time.

    Args:
        store: where.
        session_id: of which session; one without samples gives empty arrays.
        points: at least 1.
        corrected: average the values with the baseline taken off; samples without a baseline are left out.
    """
    table = tables.samples
    names = CORRECTED if corrected else EMOTIONS
    affect = ("valence_corrected", "arousal_corrected") if corrected else ("valence", "arousal")
    with store.read() as connection:
        last_ms = int(connection.scalar(select(func.max(table.c.time_ms)).where(table.c.session_id == session_id)) or 0)
        span_ms = max(1, -(-(last_ms + 1) // points))
        wanted, face = counted(connection, session_id)
        if corrected:
            wanted = and_(wanted, table.c[names[0]].is_not(None))
        means = [func.avg(table.c[name]) for name in (*names, *affect)]
        # count(label) counts those with a label.
        chosen = (face, func.count(), func.count(table.c.label), *means)
        if store.is_sqlite and _has_many(connection, session_id):
            rows = _span_by_span(
                connection, select(*chosen).where(wanted).group_by(face).order_by(face), span_ms, last_ms
            )
        else:
            span = (table.c.time_ms // span_ms).label("span")
            query = select(span, *chosen).where(wanted).group_by(span, face).order_by(span, face)
            rows = [tuple(row) for row in connection.execute(query)]
    values = np.array(rows, np.float64).reshape(-1, 4 + len(names) + 2)
    return Timeline(
        span_s=span_ms / 1000,
        time_s=(values[:, 0] + 0.5) * span_ms / 1000,
        face=values[:, 1].astype(np.int32),
        count=values[:, 2].astype(np.int32),
        probabilities=values[:, 4:-2].astype(np.float32),
        valence=values[:, -2].astype(np.float32),
        arousal=values[:, -1].astype(np.float32),
        unsure=(1 - values[:, 3] / np.maximum(values[:, 2], 1)).astype(np.float32),
    )


def _has_many(connection: Connection, session_id: int) -> bool:
    ours = select(tables.samples.c.time_ms).where(tables.samples.c.session_id == session_id).limit(MANY)
    return int(connection.scalar(select(func.count()).select_from(ours.subquery())) or 0) == MANY


def _span_by_span(connection: Connection, query: Any, span_ms: int, last_ms: int) -> list[tuple[Any, ...]]:
    """The same as grouping by span. SQLite sorts all samples to group them, and would keep the table's order unused."""
    time_ms = tables.samples.c.time_ms
    one = query.where(time_ms >= bindparam("start"), time_ms < bindparam("end"))
    return [
        (span, *row)
        for span in range(last_ms // span_ms + 1)
        for row in connection.execute(one, {"start": span * span_ms, "end": (span + 1) * span_ms})
    ]


def counted(connection: Connection, session_id: int) -> tuple[ColumnElement[bool], ColumnElement[int]]:
    """Which samples of a session count, as a condition, and for which face, as an expression."""
    table = tables.samples
    faces = identities_of(connection, session_id)
    where_to = {face.face: face.merged_into for face in faces if face.merged_into is not None}
    wanted = [table.c.session_id == session_id]
    if left_out := _ignored(faces):
        wanted.append(table.c.face.not_in(left_out))
    ranges = select(tables.markers.c.time_ms, tables.markers.c.end_ms).filter_by(session_id=session_id, kind="exclude")
    excluded = [
        and_(table.c.time_ms >= row.time_ms, table.c.time_ms < row.end_ms) for row in connection.execute(ranges)
    ]
    if excluded:
        wanted.append(not_(or_(*excluded)))
    return and_(*wanted), case(where_to, value=table.c.face, else_=table.c.face) if where_to else table.c.face


def read_columns(connection: Connection, query: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """The answer of a query as one array per column, in the types of `_TYPES`; NaN and None stand for nothing."""
    parts = list(column_parts(connection, query, names, _READ_AT_ONCE))
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def column_parts(
    connection: Connection, query: Any, names: Sequence[str], at_once: int
) -> Iterator[dict[str, np.ndarray]]:
    """The same in parts of so many rows, and at least one."""
    is_empty = True
    for rows in connection.execution_options(yield_per=at_once).execute(query).partitions():
        is_empty = False
        yield _as_arrays(zip(*rows, strict=True), names)
    if is_empty:
        yield {name: np.empty(0, _TYPES.get(name, np.float32)) for name in names}


def _as_arrays(columns: Iterable[tuple[Any, ...]], names: Sequence[str]) -> dict[str, np.ndarray]:
    return {name: np.array(column, _TYPES.get(name, np.float32)) for name, column in zip(names, columns, strict=True)}


def _ignored(faces: Sequence[Identity]) -> list[int]:
    """The faces that are ignored themselves or were merged into one that is."""
    ignored = {face.face for face in faces if face.ignored and face.merged_into is None}
    return [f.face for f in faces if (f.face if f.merged_into is None else f.merged_into) in ignored]


_TYPES: Final[Mapping[str, Any]] = {
    "time_ms": np.int64,
    "face": np.int64,
    "doubts": np.int64,
    "label": object,
    "level": object,
}
_AS_THEY_ARE: Final = ("valence", "arousal", "valence_corrected", "arousal_corrected", "label", "confidence")
_READ: Final = frozenset(("time_ms", "face", "level", "doubts", *EMOTIONS, *CORRECTED, *_AS_THEY_ARE))
