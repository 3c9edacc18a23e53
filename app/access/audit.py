"""The audit log: who signed in, exported, deleted or promoted what, and when. Imports no Streamlit.

An entry says who (the owner of their things, no name), what kind of thing, its number in the store or the start of a
model's hash, and how many. It never says a participant's name, a title, a note or a file's name.

Noting takes no time and never fails: a thread of its own writes what waits, into the store of sessions, once that is
open. What a failing database does not take is tried again.
"""

import atexit
import logging
import re
import threading
from collections import deque
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from app.access.types import User
from app.opened_store import everybodys_store
from app.server import kept
from app.store.audit import AuditEntry, add_entries, recent_entries
from app.store.database import Store
from fer_core.expressions.card import ModelCard

log = logging.getLogger(__name__)

MAX_WAITING: Final = 10_000
"""Entries that wait for a database that does not answer; then the oldest go."""
MAX_TOKENS: Final = 10_000
TRY_EACH_S: Final = 1.0
FLUSH_S: Final = 3.0
"""So long the end of the program waits for what is not written yet."""
KINDS: Final = (
    "session",
    "participant",
    "check-in",
    "report",
    "video",
    "archive",
    "run",
    "model",
    "days",
    "sessions past their time",
    "everything of everybody",
    "everything of their own",
)
"""What something can be done to."""
_PLAIN: Final = re.compile(rf"(?:{'|'.join(KINDS)})(?: [0-9a-f]{{1,16}})?")


class AuditEvent(StrEnum):
    """What somebody can do that is noted."""

    SIGNED_IN = "signed in"
    REFUSED = "refused"
    SIGNED_OUT = "signed out"
    RECORDED = "recorded"
    EXPORTED = "exported"
    IMPORTED = "imported"
    DELETED = "deleted"
    RETENTION_CHANGED = "retention changed"
    UPLOADED = "uploaded"
    RUN_STARTED = "run started"
    RUN_STOPPED = "run stopped"
    RUN_RESUMED = "run resumed"
    MODEL_KEPT = "model kept"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"


def note(event: AuditEvent, *, user: User | None, what: str = "", count: int = 1) -> None:
    """Note that somebody did something. Returns at once, never raises.

    Args:
        event: what they did.
        user: who; None for somebody who is not known, as one who is refused.
        what: one of `KINDS`, and the number or the start of a hash: "session 12", "model 3fa94c01b2de". Other text is
            not kept, as it could name somebody.
        count: how many.
    """
    if what and _PLAIN.fullmatch(what) is None:
        log.error("An audit entry's object was left out, as it is no kind and number: %d characters", len(what))
        what = ""
    _log().add(AuditEntry(datetime.now(UTC), event.value, user.owner if user else "", what, count))


def note_token(user: User | None, token: Hashable) -> None:
    """Note that somebody signed in with a provider's token, or was refused with it; once for each token.

    Args:
        user: None where the account is listed nowhere, or the token has expired.
        token: what tells it from others.
    """
    seen: dict[Hashable, bool] = kept(f"{__name__}.tokens", dict)
    if token in seen:
        return
    if len(seen) >= MAX_TOKENS:
        seen.clear()
    seen[token] = True
    note(AuditEvent.SIGNED_IN if user is not None else AuditEvent.REFUSED, user=user)


def model_words(card: ModelCard) -> str:
    """What `note` calls a model: its name may be anybody's, the start of its network's SHA-256 is nobody's."""
    return f"model {card.network_sha256[:12]}"


def recent(limit: int = 200) -> list[AuditEntry]:
    """The newest entries, the newest first; for administrators.

    Raises:
        StoreError: the store cannot be opened or read.
    """
    flush()
    return recent_entries(everybodys_store(), limit)


def flush(within_s: float = FLUSH_S) -> bool:
    """Wait until everything is written, at most so long; gives whether it is."""
    return _log().flush(within_s)


class AuditLog:
    """Entries on their way into the store. Thread-safe."""

    def __init__(self, opened: Callable[[], Store | None]) -> None:
        """None yet.

        Args:
            opened: gives the store; None while nobody has opened it.
        """
        self._opened = opened
        self._changed = threading.Condition()
        self._waiting: deque[AuditEntry] = deque(maxlen=MAX_WAITING)
        self._is_writing = False
        self._thread: threading.Thread | None = None

    def add(self, entry: AuditEntry) -> None:
        """Take an entry; it is written soon."""
        with self._changed:
            self._waiting.append(entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="audit-log", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, within_s: float) -> bool:
        """Wait until everything is written, at most so long; gives whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._is_writing, within_s)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._waiting))
                batch, self._is_writing = list(self._waiting), True
                self._waiting.clear()
            is_written = self._write(batch)
            with self._changed:
                if not is_written:
                    self._waiting.extendleft(reversed(batch[-(MAX_WAITING - len(self._waiting)) :]))
                self._is_writing = False
                self._changed.notify_all()
                if not is_written:
                    self._changed.wait(TRY_EACH_S)

    def _write(self, batch: list[AuditEntry]) -> bool:
        try:
            store = self._opened()
            if store is not None:
                add_entries(store, batch)
        # Broad on purpose: an error that ended this thread would end the log without a word.
        except Exception as error:
            log.warning("The audit log waits: %s", error, exc_info=True)
            return False
        return store is not None


def _log() -> AuditLog:
    return kept(f"{__name__}.log", _make_log)


def _make_log() -> AuditLog:
    made = AuditLog(everybodys_store.so_far)
    atexit.register(_end, made)
    return made


def _end(made: AuditLog) -> None:
    if everybodys_store.so_far() is not None:
        made.flush(FLUSH_S)
