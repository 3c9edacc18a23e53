"""Long work beside a recording: in short steps, seen when it is whole, and gone when the program is killed."""

import json
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.store import steps, tables
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.exchange.export import export_session
from app.store.exchange.import_file import import_session
from app.store.participants import participants
from app.store.privacy import delete_everything, delete_participant, delete_session, overview
from app.store.recorder import Recorder
from app.store.sessions import recover_sessions, sessions
from app.store.staging import staged
from tests.app.store.exchange.test_files import rewrite, rewrite_json
from tests.app.store.test_database import run_python
from tests.helpers.faces import make_result
from tests.helpers.store_builders import emotion_of, make_participant, make_session, new_session, rows


def count_of(store: Store, name: str) -> int:
    with store.read() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.metadata.tables[name])) or 0)


def longest_lock_s(store: Store, work: Callable[[], object]) -> float:
    """The longest time for which nobody else could begin to write while `work` ran."""
    worst_s, is_over = 0.0, threading.Event()

    def look() -> None:
        nonlocal worst_s
        other = sqlite3.connect(str(store.file), timeout=60, isolation_level=None)
        while not is_over.is_set():
            started_s = time.monotonic()
            other.execute("BEGIN IMMEDIATE")
            worst_s = max(worst_s, time.monotonic() - started_s)
            other.execute("ROLLBACK")
            time.sleep(0.002)
        other.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        work()
    finally:
        is_over.set()
        watcher.join()
    return worst_s


@pytest.fixture
def long_zip(sqlite_store: Store, tmp_path: Path) -> Path:
    """An exported session of 20,000 samples, of a store that is empty again."""
    number = make_session(sqlite_store, make_participant(sqlite_store), rows(count=20_000))
    path = export_session(sqlite_store, number, tmp_path / "long.zip")
    delete_everything(sqlite_store)
    return path


def test_importing_and_deleting_keep_no_writer_waiting(sqlite_store: Store, long_zip: Path):
    started_s = time.monotonic()
    imported_s = longest_lock_s(sqlite_store, lambda: import_session(sqlite_store, long_zip))
    took_s = time.monotonic() - started_s
    number = sessions(sqlite_store)[0].id
    deleted_s = longest_lock_s(sqlite_store, lambda: delete_session(sqlite_store, number))

    assert imported_s < max(1.0, took_s / 3), "one transaction would take nearly all of the time"
    assert deleted_s < 1.0


def test_a_recording_is_on_disk_while_a_session_is_imported(sqlite_store: Store, long_zip: Path, monkeypatch):
    monkeypatch.setattr(steps, "STEP_ROWS", 500)
    recorder = Recorder.start(sqlite_store, new_session(make_participant(sqlite_store, "live")))
    importing = threading.Thread(target=import_session, args=(sqlite_store, long_zip))
    importing.start()
    while importing.is_alive():
        recorder.add(make_result(emotion_of(), at_s=time.monotonic()))
        time.sleep(0.05)
    assert recorder.close().lost == 0
    assert len(sessions(sqlite_store)) == 2


def test_a_session_that_is_being_stored_is_seen_nowhere(store: Store):
    make_session(store, make_participant(store), rows(count=3))
    before = overview(store)

    with staged(store, new_session(0, title="half")) as stage:
        stage.insert(tables.markers, [{"time_ms": 5, "end_ms": None, "kind": "note", "text": "x"}])
        during = overview(store)
        assert [one.title for one in sessions(store)] == ["First look"]
        assert [one.name for one in participants(store)] == ["P01"]
        assert recover_sessions(store) == []
        stage.publish("P02", None)

    assert (during.participants, during.sessions, during.markers) == (before.participants, before.sessions, 0)
    assert {one.participant for one in sessions(store)} == {"P01", "P02"}


def test_an_error_leaves_nothing_of_a_session(store: Store):
    with pytest.raises(ZeroDivisionError), staged(store, new_session(0)):
        raise ZeroDivisionError
    assert (count_of(store, "sessions"), count_of(store, "participants")) == (0, 0)


def test_what_a_killed_import_leaves_is_gone_at_the_next_start(store_url: str):
    code = (
        "import sys, time; from app.store.database import open_store; from app.store.staging import staged\n"
        "from tests.helpers.store_builders import new_session, rows; from app.store.samples import insert_samples\n"
        "with staged(open_store(sys.argv[1]), new_session(0)) as stage:\n"
        "    stage.in_step(lambda connection: insert_samples(connection, stage.session_id, rows(count=50)))\n"
        "    print('half', flush=True); time.sleep(60)"
    )
    child = run_python(code, store_url)
    assert child.stdout is not None
    assert child.stdout.readline() == "half\n"
    child.send_signal(signal.SIGKILL)
    child.wait()

    store = open_store(store_url)
    assert count_of(store, "samples") == 50, "the child was killed half way"
    assert sessions(store) == []
    recover_sessions(store)

    assert [count_of(store, name) for name in ("participants", "sessions", "samples", "identities")] == [0, 0, 0, 0]
    store.close()


def test_deleting_everything_ends_what_is_being_stored(store: Store):
    with staged(store, new_session(0)) as stage:
        delete_everything(store)
        with pytest.raises(StoreError, match="deleted while it was being stored"):
            stage.publish("P01", None)
    assert count_of(store, "participants") == 0


def test_a_participant_is_deleted_without_those_of_others(store: Store):
    gone, kept = make_participant(store, "gone"), make_participant(store, "kept")
    make_session(store, gone)
    make_session(store, kept)

    assert delete_participant(store, gone).sessions == 1
    assert [one.participant for one in sessions(store)] == ["kept"]
    assert (count_of(store, "participants"), count_of(store, "samples")) == (1, 10)


def test_while_somebody_records_a_deletion_locks_nobody_out(store: Store):
    person = make_participant(store)
    gone = make_session(store, person)
    recorder = Recorder.start(store, new_session(person))

    warning = delete_session(store, gone).warning

    assert ("somebody records" in warning) == (not store.is_sqlite)
    recorder.close()


@pytest.fixture
def small_zip(sqlite_store: Store, tmp_path: Path) -> Path:
    path = export_session(sqlite_store, make_session(sqlite_store, make_participant(sqlite_store)), tmp_path / "s.zip")
    delete_everything(sqlite_store)
    return path


def test_a_line_without_end_is_refused_without_being_read(sqlite_store: Store, small_zip: Path):
    bomb = small_zip.with_name("bomb.zip")
    with zipfile.ZipFile(small_zip) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("session.json", source.read("session.json"))
        with target.open("samples.csv", "w", force_zip64=True) as file:
            for _ in range(300):
                file.write(b"0" * 1_000_000)
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from app.store.database import open_store; from app.store.exchange.import_file import import_session\n"
        "store = open_store(sys.argv[1]); before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: import_session(store, Path(sys.argv[2]))\n"
        "except Exception as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    out, error = run_python(code, f"sqlite:///{sqlite_store.file}", str(bomb)).communicate(timeout=120)

    said, more_kb = out.splitlines()
    assert "samples.csv, line 1: it is longer than 16384 bytes" in said, error
    assert int(more_kb) < 60_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0
    assert count_of(sqlite_store, "sessions") == 0


BAD_ZIPS: dict[str, Callable[[Path], Path]] = {
    "a cell continues": lambda path: rewrite(path, "samples.csv", lambda words: words + '"a\nb"\n'),
    "more than 2000000 values": lambda path: rewrite_json(path, lambda v: v.update(more=[[]] * 2_000_001)),
    "more than 1000 members": lambda path: with_members(path, 1_001),
    "packed by method 14": lambda path: packed_by(path, zipfile.ZIP_LZMA),
    "all sessions of a participant": lambda path: participants_zip(path),
}


def with_members(path: Path, count: int) -> Path:
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(count):
            archive.writestr(str(number), "")
    return path


def packed_by(path: Path, method: int) -> Path:
    copy = path.with_name("other.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", method) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return copy


def participants_zip(path: Path) -> Path:
    copy = path.with_name("all.zip")
    with zipfile.ZipFile(copy, "w") as target:
        target.writestr("participant.json", json.dumps({}))
        target.write(path, "sessions/one.zip")
    return copy


@pytest.mark.parametrize("words", BAD_ZIPS)
def test_a_file_that_would_take_too_much_is_refused(sqlite_store: Store, small_zip: Path, words: str):
    with pytest.raises(StoreError, match=words):
        import_session(sqlite_store, BAD_ZIPS[words](small_zip))
    assert count_of(sqlite_store, "sessions") == 0


def test_a_store_that_is_locked_says_whose_lock_it_is_within_seconds(sqlite_store: Store):
    make_session(sqlite_store, make_participant(sqlite_store))
    sqlite_store.close()
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA locking_mode = EXCLUSIVE'); c.execute('BEGIN EXCLUSIVE')\n"
        "c.execute('PRAGMA user_version = 1')\n"
        "print('locked', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(sqlite_store.file)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "locked\n"
    started_s = time.monotonic()
    try:
        with pytest.raises(StoreError, match="another program keeps it locked"):
            recover_sessions(open_store(f"sqlite:///{sqlite_store.file}"))
    finally:
        child.kill()
        child.wait()
    assert time.monotonic() - started_s < 8


def test_this_programs_own_lock_is_not_blamed_on_another(sqlite_store: Store, monkeypatch):
    monkeypatch.setattr("app.store.database.BUSY_MS", 50)
    with sqlite_store.write(), pytest.raises(StoreError, match="this program was busy writing"):
        make_participant(sqlite_store)
