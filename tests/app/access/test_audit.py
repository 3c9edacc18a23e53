"""The audit log: what is noted is stored, names are not, and nothing waits for it."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.access import audit
from app.access.audit import AuditEvent, AuditLog
from app.opened_store import everybodys_store
from app.store.audit import KEPT_DAYS, AuditEntry, add_entries, recent_entries
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.privacy import delete_everything
from tests.helpers.people import ANNA, BEN


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The server's store."""
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    everybodys_store.clear()
    store = everybodys_store()
    yield store
    assert audit.flush()
    store.close()
    everybodys_store.clear()


def entry(at: datetime | None = None, what: str = "session 1") -> AuditEntry:
    return AuditEntry(at or datetime.now(UTC), "exported", ANNA.owner, what, 1)


def test_what_is_noted_is_read_newest_first(opened: Store) -> None:
    audit.note(AuditEvent.SIGNED_IN, user=ANNA)
    audit.note(AuditEvent.EXPORTED, user=ANNA, what="session 12")
    audit.note(AuditEvent.DELETED, user=BEN, what="participant 3", count=4)
    audit.note(AuditEvent.REFUSED, user=None)

    found = audit.recent(3)

    assert [(one.event, one.who, one.what, one.count) for one in found] == [
        ("refused", "", "", 1),
        ("deleted", BEN.owner, "participant 3", 4),
        ("exported", ANNA.owner, "session 12", 1),
    ]
    assert all(datetime.now(UTC) - one.at < timedelta(minutes=1) for one in found)


@pytest.mark.parametrize(
    "what", ["P01: Mia", "mia muster", "session mia", "clip.mp4", "session 12; note", "x" * 200, "a" * 17 + "1"]
)
def test_what_could_name_somebody_is_left_out(opened: Store, what: str) -> None:
    audit.note(AuditEvent.EXPORTED, user=ANNA, what=what)

    (found,) = audit.recent()
    assert (found.event, found.what) == ("exported", "")


@pytest.mark.parametrize("what", ["", "session 12", "model 3fa94c01b2de", "everything of their own", "check-in 7"])
def test_kinds_numbers_and_hashes_are_kept(opened: Store, what: str) -> None:
    audit.note(AuditEvent.EXPORTED, user=ANNA, what=what)

    assert [one.what for one in audit.recent()] == [what]


def test_a_providers_token_is_noted_once(opened: Store) -> None:
    for _ in range(3):
        audit.note_token(ANNA, ("issuer", "anna", 1.0))
        audit.note_token(None, ("issuer", "stranger", 1.0))
    audit.note_token(ANNA, ("issuer", "anna", 2.0))

    found = [(one.event, one.who) for one in audit.recent()]
    assert sorted(found) == [("refused", ""), ("signed in", ANNA.owner), ("signed in", ANNA.owner)]


def test_old_entries_are_forgotten_and_deleting_everything_is_still_known(opened: Store) -> None:
    now = datetime.now(UTC)
    add_entries(opened, [entry(now - timedelta(days=KEPT_DAYS + 1)), entry(now - timedelta(days=KEPT_DAYS - 1))])
    add_entries(opened, [entry(now)])
    delete_everything(opened)

    assert [(now - one.at).days for one in recent_entries(opened, 10)] == [0, KEPT_DAYS - 1]


def test_noting_waits_for_no_database_and_loses_nothing(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    free = threading.Event()

    def opened() -> Store | None:
        free.wait(30)
        return store

    log = AuditLog(opened)
    started_s = time.monotonic()
    for number in range(100):
        log.add(entry(what=f"session {number}"))
    assert time.monotonic() - started_s < 1.0
    assert not log.flush(0.05)
    free.set()
    assert log.flush(30)
    assert sorted(one.what for one in recent_entries(store, 200)) == sorted(f"session {n}" for n in range(100))
    store.close()


def test_a_failing_database_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "TRY_EACH_S", 0.05)
    store = open_store(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    answers: list[Store | StoreError | None] = [None, StoreError("The store is full."), store]

    def opened() -> Store | None:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, StoreError):
            raise answer
        return answer

    log = AuditLog(opened)
    log.add(entry(what="session 1"))
    log.add(entry(what="session 2"))

    assert log.flush(30)
    assert sorted(one.what for one in recent_entries(store, 10)) == ["session 1", "session 2"]
    store.close()
