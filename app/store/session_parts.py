"""What belongs to a session beside its samples: its faces and its markers."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from app.store import tables
from app.store.checks import check_name
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.hidden import is_shown
from app.store.records import Identity, Marker
from app.store.sessions import no_such_session


def identities(store: Store, session_id: int) -> list[Identity]:
    """The faces of a session, by number."""
    with store.read() as connection:
        return identities_of(connection, session_id)


def identities_of(connection: Connection, session_id: int) -> list[Identity]:
    """`identities` within a transaction."""
    rows = connection.execute(select(tables.identities).filter_by(session_id=session_id).order_by("face"))
    return [Identity.of(row) for row in rows]


def rename_identity(store: Store, session_id: int, face: int, name: str) -> None:
    """Name a face; an empty name takes the name away.

    Raises:
        NoSuchRecordError: there is no such face.
        StoreError: it is no name.
    """
    _change_identities(store, session_id, [face], {"name": check_name("A face's name", name) if name.strip() else ""})


def ignore_identity(store: Store, session_id: int, face: int, *, ignored: bool = True) -> None:
    """Leave a face and what was merged into it out of everything, or take it back in.

    Raises:
        NoSuchRecordError: there is no such face.
    """
    _change_identities(store, session_id, [face], {"ignored": ignored})


def merge_identities(store: Store, session_id: int, faces: Sequence[int], into: int) -> None:
    """Count the samples of `faces` as those of the face `into`; no sample changes, so it can be undone.

    Raises:
        NoSuchRecordError: one of them is not there.
        StoreError: `into` is itself merged into another.
    """
    merged = sorted(set(faces) - {into})
    table = tables.identities
    with store.write() as connection:
        by_face = {identity.face: identity for identity in identities_of(connection, session_id)}
        if into in by_face and by_face[into].merged_into is not None:
            raise StoreError(f"Face {into} already counts as face {by_face[into].merged_into}; merge into that one.")
        _set_identities(connection, session_id, [into], {"merged_into": None})
        _set_identities(connection, session_id, merged, {"merged_into": into})
        # What had been merged into these goes along, so that every face is one step from where it counts.
        followers = update(table).where(table.c.session_id == session_id, table.c.merged_into.in_(merged))
        connection.execute(followers.values(merged_into=into))


def split_identity(store: Store, session_id: int, face: int) -> None:
    """Let a merged face count for itself again.

    Raises:
        NoSuchRecordError: there is no such face.
    """
    _change_identities(store, session_id, [face], {"merged_into": None})


def markers(store: Store, session_id: int) -> list[Marker]:
    """A session's markers, by time."""
    query = select(tables.markers).filter_by(session_id=session_id).order_by("time_ms", "id")
    with store.read() as connection:
        return [Marker.of(row) for row in connection.execute(query)]


def add_marker(store: Store, session_id: int, marker: Marker) -> int:
    """Keep a marker; gives its number.

    Raises:
        NoSuchRecordError: there is no such session.
    """
    with store.write() as connection:
        return insert_marker(connection, session_id, marker)


def insert_marker(connection: Connection, session_id: int, marker: Marker) -> int:
    """`add_marker` within a transaction."""
    if connection.scalar(select(tables.sessions.c.id).where(is_shown()).filter_by(id=session_id)) is None:
        raise no_such_session(session_id)
    values = marker_values(marker) | {"session_id": session_id}
    return int(connection.execute(insert(tables.markers).values(values).returning(tables.markers.c.id)).scalar_one())


def edit_marker(store: Store, marker: Marker) -> None:
    """Replace the stored marker of the same number.

    Raises:
        NoSuchRecordError: there is none.
    """
    with store.write() as connection:
        changed = connection.execute(update(tables.markers).filter_by(id=marker.id).values(marker_values(marker)))
        if not changed.rowcount:
            raise NoSuchRecordError(f"There is no marker {marker.id}; reload the page.")


def delete_marker(store: Store, marker_id: int) -> None:
    """Forget one.

    Raises:
        NoSuchRecordError: there is none of that number.
    """
    with store.write() as connection:
        if not connection.execute(delete(tables.markers).filter_by(id=marker_id)).rowcount:
            raise NoSuchRecordError(f"There is no marker {marker_id}; reload the page.")


def marker_values(marker: Marker) -> dict[str, Any]:
    """The row of a marker, without its number and its session's."""
    return {name: value for name, value in vars(marker).items() if name != "id"}


def _change_identities(store: Store, session_id: int, faces: Sequence[int], values: dict[str, Any]) -> None:
    with store.write() as connection:
        _set_identities(connection, session_id, faces, values)


def _set_identities(connection: Connection, session_id: int, faces: Sequence[int], values: dict[str, Any]) -> None:
    table = tables.identities
    chosen = update(table).where(table.c.session_id == session_id, table.c.face.in_(faces)).values(values)
    if connection.execute(chosen).rowcount != len(faces):
        raise NoSuchRecordError(f"Session {session_id} has no such face among {list(faces)}; reload the page.")
