"""How many samples sessions have, and whether a baseline was taken off them, without reading them."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.store import tables
from app.store.database import Store
from app.store.tables import CORRECTED


def sample_counts(store: Store, session_ids: Sequence[int]) -> dict[int, int]:
    """Session number to its number of samples, ignored faces and excluded ranges too; 0 where there are none."""
    ours = tables.samples.c.session_id
    counts = dict.fromkeys(session_ids, 0)
    if not counts:
        return counts
    with store.read() as connection:
        rows = connection.execute(select(ours, func.count()).where(ours.in_(list(counts))).group_by(ours)).all()
    return counts | {int(number): int(count) for number, count in rows}


def has_corrected(store: Store, session_id: int) -> bool:
    """Whether any sample of a session has values with the neutral baseline taken off."""
    table = tables.samples
    found = select(table.c.time_ms).where(table.c.session_id == session_id, table.c[CORRECTED[0]].is_not(None))
    with store.read() as connection:
        return connection.scalar(found.limit(1)) is not None
