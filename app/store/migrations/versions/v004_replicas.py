"""Each server of the store says in a row of its own how it stands, for the administrators' page."""

import sqlalchemy as sa
from alembic import op

revision = "v004_replicas"
down_revision = "v003_owners"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "replicas",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("viewers", sa.Integer, nullable=False),
        sa.Column("most_viewers", sa.Integer, nullable=False),
        sa.Column("measured", sa.Integer, nullable=False),
        sa.Column("cores_per_viewer", sa.REAL, nullable=False),
        sa.Column("rate_min", sa.REAL, nullable=False),
        sa.Column("rate_median", sa.REAL, nullable=False),
        sa.Column("wait_s", sa.REAL, nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_replicas"),
        sqlite_with_rowid=False,
    )
