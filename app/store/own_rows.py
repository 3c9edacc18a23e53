"""Whose rows a connection sees: one place adds the condition to every statement, so that no function can forget it.

A store that belongs to one user (`Store.of`) gives connections that carry an `Owner`. Before such a connection executes
a statement, each SELECT in it, however deep, each UPDATE and each DELETE gets the condition that the rows of its tables
belong to that owner: a participant does by its column `belongs_to`, everything else by its participant. What refers to
a participant or a session (an INSERT, or an UPDATE that gives a session away) must refer to one of the owner's. So
another's record is the same as one that is not stored.

Statements written as text cannot be read by this, and are refused; commands of the driver (`exec_driver_sql`) do not
pass here. Both belong to the server's own work, which uses the whole store (`Store.everybodys`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    Alias,
    ColumnElement,
    CompoundSelect,
    Connection,
    Delete,
    FromClause,
    Insert,
    Join,
    Select,
    Subquery,
    Table,
    Update,
    false,
    func,
    select,
)
from sqlalchemy.sql import visitors
from sqlalchemy.sql.ddl import BaseDDLElement

from app.store import tables
from app.store.errors import NoSuchRecordError

OPTION: Final = "owner"
"""The connection's execution option that names an `Owner`."""


@dataclass(frozen=True)
class Owner:
    """For whom a connection works.

    Attributes:
        name: whom new participants belong to.
        sees_all: whether rows of others are seen and may be changed as well.
    """

    name: str
    sees_all: bool


OF_ADMINISTRATORS: Final = "administrator"
EVERYBODY: Final = Owner(OF_ADMINISTRATORS, sees_all=True)
"""For the server's own work: all rows, and what it makes without a user belongs to the administrators."""


def owner_of(connection: Connection) -> Owner:
    """For whom it works."""
    found: Owner = connection.get_execution_options().get(OPTION, EVERYBODY)
    return found


def only_own_rows(
    connection: Connection, statement: Any, many: Any, one: Any, options: Mapping[str, Any]
) -> tuple[Any, Any, Any]:
    """The statement, restricted to the connection's owner: a listener of the engine's event `before_execute`.

    Raises:
        NoSuchRecordError: it would store something below a participant or session of somebody else.
        AssertionError: a statement that cannot be restricted, a fault of the program.
    """
    owner = owner_of(connection)
    if owner.sees_all or not isinstance(statement, Select | CompoundSelect | Update | Delete | Insert):
        if not owner.sees_all and not isinstance(statement, BaseDDLElement):
            raise AssertionError(f"only everybody's store can execute {type(statement).__name__}: {statement}")
        return statement, many, one
    if isinstance(statement, Insert | Update):
        _refuse_references(connection, owner, statement, [*(many or ()), *([one] if one else ())])
    return _restricted(statement, owner.name), many, one


def _restricted(statement: Any, owner: str) -> Any:
    """A copy whose SELECTs, UPDATE or DELETE concern the owner's rows alone."""

    def inner(element: Any, **_: Any) -> Any:
        is_other = isinstance(element, Select) and element is not statement
        return _restricted(element, owner) if is_other else None

    # Copying takes a millisecond, and most statements have no SELECT within.
    is_plain = not any(isinstance(e, Select) and e is not statement for e in visitors.iterate(statement))
    copy = statement if is_plain else visitors.replacement_traverse(statement, {}, inner)
    if isinstance(copy, Select):
        conditions = [_is_own(source, owner) for source in _sources(copy.get_final_froms())]
        return copy.where(*(condition for condition in conditions if condition is not None))
    if isinstance(copy, Update | Delete):
        condition = _is_own(copy.table, owner)
        return copy if condition is None else copy.where(condition)
    return copy  # an INSERT, or a UNION, whose SELECTs are restricted


def _sources(tables: Iterable[FromClause]) -> Iterator[FromClause]:
    for source in tables:
        if isinstance(source, Join):
            yield from _sources((source.left, source.right))
        else:
            yield source


def _is_own(source: FromClause, owner: str) -> ColumnElement[bool] | None:
    """The condition on a table, or on an alias of one; None for what belongs to nobody, and for restricted SELECTs."""
    if isinstance(source, Subquery):
        return None
    table = source.element if isinstance(source, Alias) else source
    if not isinstance(table, Table):
        raise AssertionError(f"rows of {source} cannot be restricted to an owner")
    make = _CONDITIONS[table.name]
    return None if make is None else make(source, owner)


def _by_owner(source: FromClause, owner: str) -> ColumnElement[bool]:
    return source.c.belongs_to == owner


def _by_participant(source: FromClause, owner: str) -> ColumnElement[bool]:
    return source.c.participant_id.in_(_own_participants(owner))


def _by_session(source: FromClause, owner: str) -> ColumnElement[bool]:
    return source.c.session_id.in_(_own_sessions(owner))


def _own_participants(owner: str) -> Select[Any]:
    return select(tables.participants.c.id).where(tables.participants.c.belongs_to == owner)


def _own_sessions(owner: str) -> Select[Any]:
    return select(tables.sessions.c.id).where(tables.sessions.c.participant_id.in_(_own_participants(owner)))


_Condition = Callable[[FromClause, str], ColumnElement[bool]]
_CONDITIONS: Final[Mapping[str, _Condition | None]] = {
    "participants": _by_owner,
    "sessions": _by_participant,
    "baselines": _by_participant,
    "check_ins": _by_participant,
    "identities": _by_session,
    "samples": _by_session,
    "markers": _by_session,
    "settings": None,
    "audit": lambda source, owner: source.c.who == owner,
    "replicas": lambda source, owner: false(),  # the administrators' alone
}
_REFERENCES: Final = {"participant_id": _own_participants, "session_id": _own_sessions}

if set(_CONDITIONS) != set(tables.metadata.tables):
    raise AssertionError("own_rows must say of each table whose its rows are")


def _refuse_references(
    connection: Connection, owner: Owner, statement: Insert | Update, rows: Iterable[Mapping[str, Any]]
) -> None:
    """Refuse what refers to a participant or session of somebody else, or would belong to them."""
    given = [*rows, statement.compile().params]
    if any(row.get("belongs_to") not in (None, owner.name) for row in given):
        raise AssertionError("a participant must belong to the connection's owner")
    for column in _REFERENCES.keys() & statement.table.c.keys():
        refuse_others(connection, column, {row[column] for row in given if row.get(column) is not None})


def refuse_others(connection: Connection, column: str, numbers: Collection[int]) -> None:
    """Refuse to store something below what is not the connection's owner's.

    Args:
        connection: a store's.
        column: "participant_id" or "session_id".
        numbers: of participants or sessions.

    Raises:
        NoSuchRecordError: one of them is somebody else's, or is not stored.
    """
    owner = owner_of(connection)
    if owner.sees_all or not numbers:
        return
    own = _REFERENCES[column](owner.name).subquery()
    known = connection.scalar(select(func.count()).select_from(own).where(own.c.id.in_(numbers)))
    if known != len(numbers):
        raise NoSuchRecordError("The participant or session that this belongs to is not stored any more.")
