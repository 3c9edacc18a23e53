"""Deleting for good, retention, and the overview."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.store import tables
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.participants import add_baseline, add_check_in, add_participant, baselines, check_ins, participants
from app.store.privacy import (
    Overdue,
    apply_retention,
    delete_everything,
    delete_participant,
    delete_session,
    overdue,
    overview,
    retention_days,
    set_retention_days,
)
from app.store.records import CheckIn, Marker, StoredBaseline
from app.store.session_parts import add_marker, rename_identity
from app.store.sessions import sessions
from tests.helpers.faces import make_probabilities
from tests.helpers.store_builders import NOON, make_participant, make_session, rows

SECRET = "Zwiebelfisch"


def rows_in(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in tables.metadata.tables.items()
        }


def full_session(store: Store, participant_id: int, *, video: str | None = None) -> int:
    """A session with one of everything, each with the secret word."""
    consent = {"video_file": video, "video_consent_at": NOON} if video else {}
    session_id = make_session(store, participant_id, rows(count=400), note=f"{SECRET} note", **consent)
    add_marker(store, session_id, Marker(1, "note", f"{SECRET} marker"))
    add_check_in(store, CheckIn(participant_id, NOON, "after", session_id, 5, 5, f"{SECRET} check-in"))
    add_baseline(store, StoredBaseline(participant_id, NOON, make_probabilities(), 25, 0.9, "a" * 64, session_id))
    rename_identity(store, session_id, 1, f"{SECRET} face")
    if video:
        store.videos.mkdir(parents=True, exist_ok=True)
        (store.videos / video).write_bytes(b"a video")
    return session_id


def bytes_on_disk(store: Store) -> bytes:
    assert store.file is not None
    return b"".join(path.read_bytes() for path in store.file.parent.glob(store.file.name + "*"))


def test_a_deleted_session_takes_all_that_belongs_to_it_and_nothing_else(store: Store):
    person = make_participant(store)
    kept = full_session(store, person)
    before = rows_in(store)
    gone = full_session(store, person, video="gone.mp4")

    done = delete_session(store, gone)

    assert (done.sessions, done.videos, done.warning) == (1, 1, "")
    assert rows_in(store) == before
    assert [s.id for s in sessions(store)] == [kept]
    assert list(store.videos.iterdir()) == []
    with pytest.raises(NoSuchRecordError):
        delete_session(store, gone)


def test_a_deleted_participant_takes_all_sessions_along(store: Store):
    mia, ben = make_participant(store, "Mia"), make_participant(store, "Ben")
    full_session(store, ben)
    before = rows_in(store)
    gone = add_participant(store, "gone").id
    full_session(store, gone, video="gone.mp4")
    add_check_in(store, CheckIn(gone, NOON))

    done = delete_participant(store, gone)

    assert (done.sessions, done.videos) == (1, 1)
    assert rows_in(store) == before
    assert [p.id for p in participants(store)] == [ben, mia]
    with pytest.raises(NoSuchRecordError):
        delete_participant(store, gone)


def test_everything_is_everything(store: Store):
    store = store.everybodys
    full_session(store, make_participant(store), video="one.mp4")
    set_retention_days(store, 30)
    (store.videos / "stray.mp4").write_bytes(b"of a crash")

    done = delete_everything(store)

    assert (done.sessions, done.videos) == (1, 2)
    assert set(rows_in(store).values()) == {0}


@pytest.mark.parametrize("what", ["session", "participant", "everything"])
def test_the_bytes_of_what_was_deleted_are_gone_from_the_files(sqlite_store: Store, what: str):
    person = add_participant(sqlite_store, f"{SECRET} person", f"{SECRET} words").id
    gone = full_session(sqlite_store, person)
    make_session(sqlite_store, make_participant(sqlite_store, "stays"))
    assert f"{SECRET} marker".encode() in bytes_on_disk(sqlite_store)

    if what == "session":
        delete_session(sqlite_store, gone)
    elif what == "participant":
        delete_participant(sqlite_store, person)
    else:
        delete_everything(sqlite_store)

    left = bytes_on_disk(sqlite_store)
    for word in ("note", "marker", "check-in", "face"):
        assert f"{SECRET} {word}".encode() not in left
    assert (SECRET.encode() in left) == (what == "session"), "the participant's own name goes with the participant"
    if what != "everything":
        assert b"stays" in left


@pytest.mark.parametrize("store_url", ["postgresql"], indirect=True)
def test_the_bytes_of_what_was_deleted_are_gone_from_the_tables_of_the_server(store: Store):
    gone = full_session(store, make_participant(store))
    with store.everybodys.outside_transaction() as connection:
        connection.execute(text("CHECKPOINT"))  # writes the tables to their files
        folder = Path(str(connection.scalar(text("SHOW data_directory")))) / "base"
    assert any(SECRET.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())

    delete_session(store, gone)

    with store.everybodys.outside_transaction() as connection:
        connection.execute(text("CHECKPOINT"))
    assert not any(SECRET.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_samples_that_were_deleted_are_overwritten_too(sqlite_store: Store):
    person = make_participant(sqlite_store)
    make_session(sqlite_store, person, rows(count=2000))
    gone = make_session(sqlite_store, person, rows("sad", count=100))
    assert b"sad" in bytes_on_disk(sqlite_store)

    delete_session(sqlite_store, gone)

    # Few pages are free, so the file is not rewritten: this is secure_delete's work.
    rest = bytes_on_disk(sqlite_store).replace(b"sad_corrected", b"").replace(b"sad REAL", b"")
    assert b"sad" not in rest


def test_a_mostly_empty_file_is_made_smaller(sqlite_store: Store):
    gone = make_session(sqlite_store, make_participant(sqlite_store), rows(count=5000))
    before = overview(sqlite_store).database_bytes

    delete_session(sqlite_store, gone)

    assert overview(sqlite_store).database_bytes < before / 2


def test_a_deletion_while_another_program_reads_says_that_traces_remain(sqlite_store: Store, monkeypatch):
    gone = full_session(sqlite_store, make_participant(sqlite_store))
    monkeypatch.setattr("app.store.database.BUSY_MS", 50)
    sqlite_store.close()

    with sqlite_store.read() as connection:
        connection.execute(select(tables.sessions)).all()
        done = delete_session(sqlite_store, gone)

    assert "traces of it stay" in done.warning


def test_a_video_that_cannot_be_deleted_keeps_its_session(store: Store):
    session_id = full_session(store, make_participant(store), video="stuck.mp4")
    (store.videos / "stuck.mp4").unlink()
    (store.videos / "stuck.mp4").mkdir()

    with pytest.raises(StoreError, match="cannot be deleted"):
        delete_session(store, session_id)

    assert [s.id for s in sessions(store)] == [session_id]


def test_a_video_that_is_missing_already_hinders_nothing(store: Store):
    session_id = full_session(store, make_participant(store), video="lost.mp4")
    Path(store.videos / "lost.mp4").unlink()

    assert delete_session(store, session_id).videos == 0


def test_retention_deletes_what_ended_before_the_chosen_days(store: Store):
    store = store.everybodys
    person = make_participant(store)
    make_session(store, person, started_at=NOON - timedelta(days=31))
    kept = make_session(store, person, started_at=NOON - timedelta(days=29))
    add_check_in(store, CheckIn(person, NOON - timedelta(days=31)))
    assert apply_retention(store, NOON).sessions == 0, "off until it is chosen"

    set_retention_days(store, 30)

    assert retention_days(store) == 30
    assert apply_retention(store, NOON).sessions == 1
    assert [s.id for s in sessions(store)] == [kept]
    assert check_ins(store, participant_id=person) == []
    set_retention_days(store, None)
    assert retention_days(store) is None


def test_what_is_overdue_counts_what_goes_with_its_session_and_says_when_the_next_follows(store: Store):
    store = store.everybodys
    person = make_participant(store)
    old = make_session(store, person, started_at=NOON - timedelta(days=31))
    make_session(store, person, started_at=NOON - timedelta(days=29))
    add_check_in(store, CheckIn(person, NOON - timedelta(days=31)))
    add_check_in(store, CheckIn(person, NOON, "after", old))
    add_baseline(store, StoredBaseline(person, NOON, make_probabilities("neutral"), 25, 0.5, "a" * 64))

    assert overdue(store, 30, NOON) == Overdue(1, 0, 2, NOON + timedelta(days=1, minutes=1))
    set_retention_days(store, 30)
    assert apply_retention(store, NOON).sessions == 1
    assert (check_ins(store), len(baselines(store))) == ([], 1)
    assert overdue(store, 30, NOON + timedelta(days=9)) == Overdue(1, 0, 0, None)


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_days_that_make_no_sense_are_refused(sqlite_store: Store, days: int):
    with pytest.raises(StoreError, match="Days of retention"):
        set_retention_days(sqlite_store, days)


def test_the_overview_counts_all_and_says_since_when(store: Store):
    assert overview(store).oldest is None
    person = make_participant(store)
    full_session(store, person, video="clip.mp4")
    make_session(store, person, started_at=datetime(2025, 3, 1, 8, tzinfo=UTC))

    found = overview(store)

    assert (found.participants, found.sessions, found.samples, found.markers) == (1, 2, 410, 1)
    assert (found.baselines, found.check_ins, found.video_bytes) == (1, 1, len(b"a video"))
    assert found.database_bytes > 20_000
    assert found.oldest == datetime(2025, 3, 1, 8, tzinfo=UTC)
