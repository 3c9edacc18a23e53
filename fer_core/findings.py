"""What an examination of this installation finds: one row for each thing that was looked at."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from fer_core.errors import error_words

log = logging.getLogger(__name__)


class Status(StrEnum):
    """How a check went: well, with something missing, or so that the program cannot work."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        status: FAILING keeps the program from working, WARNING takes something away from it.
        found: what is there.
        remedy: what to do about it, one line; empty when nothing is to be done.
    """

    status: Status
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """One row of the report.

    Attributes:
        name: what was looked at.
        status: see `Finding`, as are the others.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Place:
    """Where the app is to answer.

    Attributes:
        address: name or number of the machine's address.
        port: 1 to 65535.
        url: the https address that people open, as behind a proxy; empty where nobody said.
    """

    address: str = "localhost"
    port: int = 8501
    url: str = ""


def ok(found: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, found)


def warning(found: str, remedy: str) -> Finding:
    """Something is missing that the program can do without."""
    return Finding(Status.WARNING, found, remedy)


def failing(found: str, remedy: str) -> Finding:
    """The program cannot work like this."""
    return Finding(Status.FAILING, found, remedy)


def row(name: str, finding: Finding) -> Check:
    """A finding with the name of what was looked at."""
    return Check(name, finding.status, finding.found, finding.remedy)


def look(name: str, check: Callable[[], Finding]) -> Check:
    """Make one check. An error that nobody thought of is a failing row: the others are still wanted."""
    try:
        return row(name, check())
    except Exception as error:  # a border, see above
        log.exception("The check of %s failed", name)
        return row(name, failing(f"it could not be checked: {error_words(error)}", "Report this as a fault."))
