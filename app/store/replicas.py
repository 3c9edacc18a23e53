"""What each server that works on this store says of itself: a small row, written again every few seconds.

It names machines and counts people, so the functions work for the whole store and for administrators alone.
"""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, update

from app.store import tables
from app.store.database import Store
from app.store.errors import StoreError
from app.store.owners import is_gone

KEPT: Final = timedelta(minutes=10)
"""A row that was not written again for so long is deleted; its server has ended, or cannot reach the store."""


@dataclass(frozen=True)
class Replica:
    """How a server stood when it last wrote.

    Attributes:
        name: of its process, see `owners.this_process`; at most 200 characters.
        at: when it wrote, by its own clock, with a time zone.
        version: of its program.
        viewers: who used the live video.
        most_viewers: the limit of their number.
        measured: those for whom the next four hold; 0 for none.
        cores_per_viewer: processor time of each a second.
        rate_min: results a second of the one with the fewest.
        rate_median: results a second in the middle.
        wait_s: mean time in the line of the analyses.
        verdict: whether one more was let in, a value of `app.live.admission.Verdict`.
    """

    name: str
    at: datetime
    version: str
    viewers: int
    most_viewers: int
    measured: int
    cores_per_viewer: float
    rate_min: float
    rate_median: float
    wait_s: float
    verdict: str


def tell(store: Store, replica: Replica) -> None:
    """Write a server's row, in the place of its last one; rows of servers that fell silent are deleted.

    Raises:
        StoreError: the database cannot be written, or the store is not an administrator's.
    """
    _refuse_others(store)
    table = tables.replicas
    values = asdict(replica)
    with store.write() as connection:
        if connection.execute(update(table).filter_by(name=replica.name).values(values)).rowcount == 0:
            connection.execute(insert(table).values(values))
        connection.execute(delete(table).where(table.c.at < datetime.now(UTC) - KEPT))


def replicas(store: Store) -> list[Replica]:
    """The servers that wrote lately, by name; without those that are known to have ended.

    Raises:
        StoreError: the database cannot be read, or the store is not an administrator's.
    """
    _refuse_others(store)
    table = tables.replicas
    query = select(*(table.c[field.name] for field in fields(Replica))).order_by(table.c.name)
    with store.read() as connection:
        found = [Replica(*row) for row in connection.execute(query)]
    return [one for one in found if not is_gone(one.name)]


def forget(store: Store, name: str) -> None:
    """Delete a server's row, as when it ends.

    Raises:
        StoreError: the database cannot be written, or the store is not an administrator's.
    """
    _refuse_others(store)
    with store.write() as connection:
        connection.execute(delete(tables.replicas).filter_by(name=name))


def _refuse_others(store: Store) -> None:
    if not store.owner.sees_all:
        raise StoreError("Only an administrator may look at the servers.")
