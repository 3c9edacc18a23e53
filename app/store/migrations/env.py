"""Alembic runs this to apply the steps, on the connection that `app.store.schema` hands over.

A new step: change `tables.py`, add a module to `versions`, set `HEAD` in `schema.py`; the tests compare the three.
"""

from alembic import context

from app.store.schema import VERSION_TABLE
from app.store.tables import metadata


def run() -> None:
    """Apply what is missing, within the transaction that the connection is already in."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic runs this file; merely imported, it does nothing
    run()
