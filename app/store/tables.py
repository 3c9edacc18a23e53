"""The tables, alike in SQLite and PostgreSQL. `migrations/versions` makes and changes them; a test compares the two.

Times of day are UTC, beside them the minutes by which the person's clock was ahead of it. Times within a session are
whole milliseconds since its start: both databases compare, divide and index them alike.
"""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    REAL,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from fer_core.emotions import EMOTIONS

CORRECTED: Final = tuple(f"{emotion}_corrected" for emotion in EMOTIONS)
"""Names of the columns of the probabilities after the baseline was taken off, in the order of `EMOTIONS`."""
PHQ4: Final = ("phq4_nervous", "phq4_worrying", "phq4_little_interest", "phq4_down")
"""Names of the columns of the PHQ-4's four answers, in its order (Kroenke et al., Psychosomatics 50 (2009) 613-621)."""
SOURCES: Final = ("live", "file")
STATES: Final = ("open", "closed", "recovered")
MARKER_KINDS: Final = ("note", "task_start", "task_end", "exclude")
PHASES: Final = ("before", "after", "none")
MAX_NAME: Final = 200


class UtcTime(TypeDecorator[datetime]):
    """A moment: takes any datetime with a time zone, gives it back in UTC; SQLite itself keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; refuses a datetime without a time zone (ValueError)."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a time must have a time zone, got {value!r}")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """With the time zone UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


def _between(column: str, low: int, high: int) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=f"{column}_range")


def _owner(table: str, *, optional: bool = False, index: bool = True) -> Column[Any]:
    """A reference to `table`; what refers to a deleted row is deleted with it."""
    key = ForeignKey(f"{table}s.id", ondelete="CASCADE")
    return Column(f"{table}_id", Integer, key, nullable=optional, index=index)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

settings = Table(
    "settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

participants = Table(
    "participants",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("belongs_to", String(MAX_NAME), nullable=False),  # an owner, see own_rows.py
    Column("name", String(MAX_NAME), nullable=False),
    Column("note", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("belongs_to", "name"),
    sqlite_autoincrement=True,  # a number is never given again, so no old link shows somebody else
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", String(32), nullable=False, index=True),  # unique for each owner, who learns nothing of others'
    _owner("participant", index=False),
    Column("source", String(8), nullable=False),
    Column("title", String(MAX_NAME), nullable=False),
    Column("note", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("utc_offset_min", SmallInteger, nullable=False),
    Column("model_name", String(MAX_NAME), nullable=False),
    Column("model_sha256", String(64), nullable=False),
    Column("rate_per_s", REAL, nullable=False),
    Column("consent_at", UtcTime),
    Column("consent_version", String(32), nullable=False),
    Column("video_file", String(MAX_NAME)),
    Column("video_consent_at", UtcTime),
    Column("state", String(12), nullable=False),
    Column("owner", String(MAX_NAME), nullable=False),  # which process writes it, see sessions.py
    Column("alive_at", UtcTime, nullable=False),
    _one_of("source", SOURCES),
    _one_of("state", STATES),
    UniqueConstraint("participant_id", "uid"),
    Index("ix_sessions_participant_id_started_at", "participant_id", "started_at"),
    Index("ix_sessions_state", "state"),
    sqlite_autoincrement=True,
)

identities = Table(
    "identities",
    metadata,
    Column("session_id", Integer, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("face", Integer, primary_key=True, autoincrement=False),
    Column("name", String(MAX_NAME), nullable=False),
    Column("merged_into", Integer),
    Column("ignored", Boolean, nullable=False),
)

# One row per face and moment, kept in the order in which pages read it: one session, by time. SQLite stores the table
# itself in that order (no rowid), so that a session is one run of pages and needs no second index.
samples = Table(
    "samples",
    metadata,
    Column("session_id", Integer, ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True),
    Column("time_ms", Integer, primary_key=True, autoincrement=False),
    Column("face", Integer, primary_key=True, autoincrement=False),
    *(Column(emotion, REAL, nullable=False) for emotion in EMOTIONS),
    *(Column(name, REAL) for name in CORRECTED),
    Column("valence", REAL, nullable=False),
    Column("arousal", REAL, nullable=False),
    Column("valence_corrected", REAL),
    Column("arousal_corrected", REAL),
    Column("label", String(16)),
    Column("level", String(8)),  # "leaning", or NULL where the label tells: named with one, unsure without
    Column("confidence", REAL, nullable=False),
    Column("doubts", SmallInteger, nullable=False),
    *(Column(side, REAL, nullable=False) for side in ("left_px", "top_px", "right_px", "bottom_px")),
    Column("light", REAL, nullable=False),
    Column("sharpness", REAL, nullable=False),
    Column("turn", REAL),
    sqlite_with_rowid=False,
)

markers = Table(
    "markers",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner("session"),
    Column("time_ms", Integer, nullable=False),
    Column("end_ms", Integer),
    Column("kind", String(12), nullable=False),
    Column("text", Text, nullable=False),
    _one_of("kind", MARKER_KINDS),
    CheckConstraint("end_ms > time_ms", name="ends_later"),
    sqlite_autoincrement=True,
)

baselines = Table(
    "baselines",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner("participant"),
    _owner("session", optional=True),
    Column("measured_at", UtcTime, nullable=False),
    *(Column(emotion, REAL, nullable=False) for emotion in EMOTIONS),
    Column("samples", Integer, nullable=False),
    Column("quality", REAL, nullable=False),
    Column("model_sha256", String(64), nullable=False),
    sqlite_autoincrement=True,
)

check_ins = Table(
    "check_ins",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner("participant"),
    _owner("session", optional=True),
    Column("at", UtcTime, nullable=False),
    Column("utc_offset_min", SmallInteger, nullable=False),
    Column("phase", String(8), nullable=False),
    Column("valence", SmallInteger),
    Column("arousal", SmallInteger),
    Column("note", Text, nullable=False),
    *(Column(answer, SmallInteger) for answer in PHQ4),
    _one_of("phase", PHASES),
    _between("valence", 1, 9),
    _between("arousal", 1, 9),
    *(_between(answer, 0, 3) for answer in PHQ4),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False, index=True),
    Column("event", String(32), nullable=False),
    Column("who", String(MAX_NAME), nullable=False),
    Column("what", String(MAX_NAME), nullable=False),
    Column("count", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# What each server of this store says of itself, again and again: one row for each, of no use soon after.
replicas = Table(
    "replicas",
    metadata,
    Column("name", String(MAX_NAME), primary_key=True),  # see owners.py
    Column("at", UtcTime, nullable=False),
    Column("version", String(32), nullable=False),
    Column("viewers", Integer, nullable=False),
    Column("most_viewers", Integer, nullable=False),
    Column("measured", Integer, nullable=False),
    Column("cores_per_viewer", REAL, nullable=False),
    Column("rate_min", REAL, nullable=False),
    Column("rate_median", REAL, nullable=False),
    Column("wait_s", REAL, nullable=False),
    Column("verdict", String(16), nullable=False),
    sqlite_with_rowid=False,
)
