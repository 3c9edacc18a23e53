"""What can go wrong with the store, and the sentence for what a database driver says."""

from typing import Final

from fer_core.errors import FerError


class StoreError(FerError):
    """The store of sessions cannot do what was asked; the message says why and what to do."""


class NoSuchRecordError(StoreError):
    """What was asked for is not stored, or no longer."""


# The drivers have no common codes for these, but their words have been the same for years.
_SENTENCES: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (("disk is full", "No space left"), "there is no space left; free some, nothing of this step was stored"),
    (("not a database",), "this file is not an SQLite database; move it away, or name another place"),
    (("malformed",), "this file is damaged; put a copy back in its place, or move it away to start afresh"),
    (
        ("database is locked", "database table is locked"),
        "another program keeps it locked, such as a backup, a database browser or a second FER Studio; "
        "close that program and try again",
    ),
    (("disk I/O error",), "the disk or network drive that it is on fails; check that it is connected and has space"),
    (("readonly database", "read-only"), "it cannot be written to; correct the permissions of the file and its folder"),
    (("unable to open database",), "the file cannot be opened; correct the permissions of its folder"),
    (("password authentication failed", "no password supplied"), "the server refuses this user or password"),
    (("does not exist",), "the server has no such database, user or table; create it, or correct DATABASE_URL"),
    (("permission denied",), "this user may not do that there; grant it the rights to create and change tables"),
    (
        ("connection failed", "Connection refused", "could not connect", "timeout expired", "closed", "terminat"),
        "no server answers there; start it, or correct DATABASE_URL",
    ),
)


_OWN_LOCK: Final = "this program was busy writing something else there; try again in a moment"


def driver_sentence(place: str, words: str, *, is_own_lock: bool = False) -> str:
    """One sentence for a driver's error.

    Args:
        place: the database, without its password.
        words: what the driver said.
        is_own_lock: whether a lock that was waited for may have been this process' own.
    """
    if is_own_lock and "is locked" in words:
        return f"The store {place}: {_OWN_LOCK}."
    for signs, sentence in _SENTENCES:
        if any(sign in words for sign in signs):
            return f"The store {place}: {sentence}."
    first_line = (words.strip().splitlines() or ["no reason given"])[0]
    return f"The store {place} could not do this: {first_line}."
