"""The first tables. Written out, not taken from `tables.py`: that file goes on changing, this step does not."""

import sqlalchemy as sa
from alembic import op

revision = "v001_first_tables"
down_revision = None
branch_labels = None
depends_on = None

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
PHQ4 = ("phq4_nervous", "phq4_worrying", "phq4_little_interest", "phq4_down")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "settings",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "participants",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_participants"),
        sa.UniqueConstraint("name", name="uq_participants_name"),
        sqlite_autoincrement=True,
    )
    _sessions()
    op.create_table(
        "identities",
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("face", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("merged_into", sa.Integer),
        sa.Column("ignored", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "face", name="pk_identities"),
        _reference("identities", "session"),
    )
    _samples()
    op.create_table(
        "markers",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("time_ms", sa.Integer, nullable=False),
        sa.Column("end_ms", sa.Integer),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_markers"),
        _reference("markers", "session"),
        _one_of("markers", "kind", "note", "task_start", "task_end", "exclude"),
        sa.CheckConstraint("end_ms > time_ms", name=op.f("ck_markers_ends_later")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_markers_session_id", "markers", ["session_id"])
    _of_a_person()


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("participant_id", sa.Integer, nullable=False),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        _moment("started_at"),
        _moment("ended_at", nullable=True),
        sa.Column("utc_offset_min", sa.SmallInteger, nullable=False),
        sa.Column("model_name", sa.String(200), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.Column("rate_per_s", sa.REAL, nullable=False),
        _moment("consent_at", nullable=True),
        sa.Column("consent_version", sa.String(32), nullable=False),
        sa.Column("video_file", sa.String(200)),
        _moment("video_consent_at", nullable=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        _moment("alive_at"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("uid", name="uq_sessions_uid"),
        _reference("sessions", "participant"),
        _one_of("sessions", "source", "live", "file"),
        _one_of("sessions", "state", "open", "closed", "recovered"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_participant_id_started_at", "sessions", ["participant_id", "started_at"])
    op.create_index("ix_sessions_state", "sessions", ["state"])


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("session_id", sa.Integer, nullable=False),
        sa.Column("time_ms", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("face", sa.Integer, nullable=False, autoincrement=False),
        *(sa.Column(emotion, sa.REAL, nullable=False) for emotion in EMOTIONS),
        *(sa.Column(f"{emotion}_corrected", sa.REAL) for emotion in EMOTIONS),
        sa.Column("valence", sa.REAL, nullable=False),
        sa.Column("arousal", sa.REAL, nullable=False),
        sa.Column("valence_corrected", sa.REAL),
        sa.Column("arousal_corrected", sa.REAL),
        sa.Column("label", sa.String(16)),
        sa.Column("confidence", sa.REAL, nullable=False),
        sa.Column("doubts", sa.SmallInteger, nullable=False),
        *(sa.Column(side, sa.REAL, nullable=False) for side in ("left_px", "top_px", "right_px", "bottom_px")),
        sa.Column("light", sa.REAL, nullable=False),
        sa.Column("sharpness", sa.REAL, nullable=False),
        sa.Column("turn", sa.REAL),
        sa.PrimaryKeyConstraint("session_id", "time_ms", "face", name="pk_samples"),
        _reference("samples", "session"),
        sqlite_with_rowid=False,
    )


def _of_a_person() -> None:
    """Baselines and check-ins."""
    op.create_table(
        "baselines",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("participant_id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Integer),
        _moment("measured_at"),
        *(sa.Column(emotion, sa.REAL, nullable=False) for emotion in EMOTIONS),
        sa.Column("samples", sa.Integer, nullable=False),
        sa.Column("quality", sa.REAL, nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_baselines"),
        _reference("baselines", "participant"),
        _reference("baselines", "session"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "check_ins",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("participant_id", sa.Integer, nullable=False),
        sa.Column("session_id", sa.Integer),
        _moment("at"),
        sa.Column("utc_offset_min", sa.SmallInteger, nullable=False),
        sa.Column("phase", sa.String(8), nullable=False),
        sa.Column("valence", sa.SmallInteger),
        sa.Column("arousal", sa.SmallInteger),
        sa.Column("note", sa.Text, nullable=False),
        *(sa.Column(answer, sa.SmallInteger) for answer in PHQ4),
        sa.PrimaryKeyConstraint("id", name="pk_check_ins"),
        _reference("check_ins", "participant"),
        _reference("check_ins", "session"),
        _one_of("check_ins", "phase", "before", "after", "none"),
        *(_between("check_ins", column, 1, 9) for column in ("valence", "arousal")),
        *(_between("check_ins", answer, 0, 3) for answer in PHQ4),
        sqlite_autoincrement=True,
    )
    for table in ("baselines", "check_ins"):
        for column in ("participant_id", "session_id"):
            op.create_index(f"ix_{table}_{column}", table, [column])


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _reference(table: str, to: str) -> sa.ForeignKeyConstraint:
    column = f"{to}_id"
    return sa.ForeignKeyConstraint([column], [f"{to}s.id"], name=f"fk_{table}_{column}", ondelete="CASCADE")


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    words = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({words})", name=op.f(f"ck_{table}_{column}_known"))


def _between(table: str, column: str, low: int, high: int) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=op.f(f"ck_{table}_{column}_range"))
