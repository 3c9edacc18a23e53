"""Participants belong to somebody, and with them their sessions; there is a log of who did what.

All that is there belongs to the administrator. Names are unique for each owner, and so are sessions' uids.

SQLite can change no constraint of a table that is there: the two tables are made anew, which is why foreign keys are
off while steps are applied (see `Store.migrating`). Samples, most of the rows, are not touched.
"""

import sqlalchemy as sa
from alembic import op

revision = "v003_owners"
down_revision = "v002_level"
branch_labels = None
depends_on = None

OF_ADMINISTRATORS = "administrator"


def upgrade() -> None:
    """Change the two, and make the log."""
    if op.get_bind().dialect.name == "sqlite":
        _make_anew("participants", _PARTICIPANTS, "id, name, note, created_at")
        _make_anew("sessions", _SESSIONS, _SESSION_COLUMNS)
        op.create_index("ix_sessions_participant_id_started_at", "sessions", ["participant_id", "started_at"])
        op.create_index("ix_sessions_state", "sessions", ["state"])
    else:
        op.add_column(
            "participants",
            sa.Column("belongs_to", sa.String(200), nullable=False, server_default=OF_ADMINISTRATORS),
        )
        op.alter_column("participants", "belongs_to", server_default=None)
        op.drop_constraint("uq_participants_name", "participants", type_="unique")
        op.create_unique_constraint("uq_participants_belongs_to", "participants", ["belongs_to", "name"])
        op.drop_constraint("uq_sessions_uid", "sessions", type_="unique")
        op.create_unique_constraint("uq_sessions_participant_id", "sessions", ["participant_id", "uid"])
    op.create_index("ix_sessions_uid", "sessions", ["uid"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _make_anew(name: str, columns: str, kept: str) -> None:
    """The same rows in a table with other constraints; numbers that were given are not given again."""
    highest = op.get_bind().scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name})
    op.execute(f"CREATE TABLE new_{name} ({columns})")
    into, values = kept, kept
    if name == "participants":
        into, values = f"belongs_to, {kept}", f"'{OF_ADMINISTRATORS}', {kept}"
    op.execute(f"INSERT INTO new_{name} ({into}) SELECT {values} FROM {name}")
    op.execute(f"DROP TABLE {name}")
    op.execute(f"ALTER TABLE new_{name} RENAME TO {name}")
    if highest is not None:
        op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{name}'")
        op.execute(f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{name}', {int(highest)})")


_PARTICIPANTS = """
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    belongs_to VARCHAR(200) NOT NULL,
    name VARCHAR(200) NOT NULL,
    note TEXT NOT NULL,
    created_at DATETIME NOT NULL,
    CONSTRAINT uq_participants_belongs_to UNIQUE (belongs_to, name)
"""
_SESSIONS = """
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    uid VARCHAR(32) NOT NULL,
    participant_id INTEGER NOT NULL,
    source VARCHAR(8) NOT NULL,
    title VARCHAR(200) NOT NULL,
    note TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    ended_at DATETIME,
    utc_offset_min SMALLINT NOT NULL,
    model_name VARCHAR(200) NOT NULL,
    model_sha256 VARCHAR(64) NOT NULL,
    rate_per_s REAL NOT NULL,
    consent_at DATETIME,
    consent_version VARCHAR(32) NOT NULL,
    video_file VARCHAR(200),
    video_consent_at DATETIME,
    state VARCHAR(12) NOT NULL,
    owner VARCHAR(200) NOT NULL,
    alive_at DATETIME NOT NULL,
    CONSTRAINT uq_sessions_participant_id UNIQUE (participant_id, uid),
    CONSTRAINT ck_sessions_source_known CHECK (source IN ('live', 'file')),
    CONSTRAINT ck_sessions_state_known CHECK (state IN ('open', 'closed', 'recovered')),
    CONSTRAINT fk_sessions_participant_id FOREIGN KEY(participant_id) REFERENCES participants (id) ON DELETE CASCADE
"""
_SESSION_COLUMNS = (
    "id, uid, participant_id, source, title, note, started_at, ended_at, utc_offset_min, model_name, model_sha256, "
    "rate_per_s, consent_at, consent_version, video_file, video_consent_at, state, owner, alive_at"
)
