"""Samples know how far their label can be trusted.

The column is NULL in all rows that are there: with a label they are named, without one unsure, as they were shown.
Neither database rewrites a table for such a column, so millions of samples take no longer than none.
"""

import sqlalchemy as sa
from alembic import op

revision = "v002_level"
down_revision = "v001_first_tables"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it."""
    op.add_column("samples", sa.Column("level", sa.String(8)))
