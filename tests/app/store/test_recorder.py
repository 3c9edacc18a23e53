"""Recording: rates, what a failing database does to it, and what a killed program leaves."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text, update

from app.store import recorder as recorder_module
from app.store import tables
from app.store.database import Store, open_store
from app.store.errors import StoreError
from app.store.lookout import CONFIRM_S, Lookout
from app.store.privacy import delete_session
from app.store.recorder import MAX_WAITING, Recorder
from app.store.records import Marker, Session
from app.store.samples import add_samples, read_samples
from app.store.session_parts import add_marker
from app.store.sessions import recover_sessions, session, sessions, start_session
from fer_core.results import Level
from tests.helpers import REPOSITORY
from tests.helpers.faces import make_probabilities, make_result, wait_until
from tests.helpers.store_builders import NOON, emotion_of, make_participant, make_session, new_session, rows


def feed(recorder: Recorder, start_s: float, *, seconds: float, per_s: int = 20, faces: tuple[int, ...] = (1,)) -> None:
    """Results as the pipeline gives them, without the waiting."""
    for i in range(round(seconds * per_s)):
        recorder.add(make_result(*(emotion_of(face=face) for face in faces), at_s=start_s + i / per_s))


def begin(store: Store, **changes) -> tuple[Recorder, float]:
    """A recording, and a moment of its clock just after its start, away from the borders of slots and milliseconds."""
    recorder = Recorder.start(store, new_session(make_participant(store), **changes))
    return recorder, recorder._started_s + 0.1003


def test_a_recording_is_a_closed_session_with_samples_at_the_chosen_rate(store: Store):
    recorder, start_s = begin(store, rate_per_s=5.0)
    feed(recorder, start_s, seconds=4, faces=(1, 2))

    status = recorder.close()

    assert (status.written, status.waiting, status.lost, status.error, status.ended) == (42, 0, 0, "", True)
    samples = read_samples(store, recorder.session_id)
    assert set(samples.face.tolist()) == {1, 2}
    assert session(store, recorder.session_id).state == "closed"
    assert abs(datetime.now(UTC) - session(store, recorder.session_id).started_at) < timedelta(seconds=60)


def test_a_recording_keeps_the_level_of_each_label(store: Store):
    recorder, start_s = begin(store)
    for i, level in enumerate((Level.NAMED, Level.LEANING, Level.LEANING)):
        recorder.add(make_result(emotion_of(level=level), at_s=start_s + i))

    recorder.close()

    samples = read_samples(store, recorder.session_id)
    assert samples.label.tolist() == ["happy"] * 3
    assert samples.leaning.tolist() == [False, True, True]


def test_samples_are_stored_within_two_seconds_while_the_recording_goes_on(store: Store):
    recorder, start_s = begin(store)
    feed(recorder, start_s, seconds=1)
    added_at_s = time.monotonic()

    wait_until(lambda: len(read_samples(store, recorder.session_id).time_s) > 0)

    assert time.monotonic() - added_at_s < 2
    assert session(store, recorder.session_id).state == "open"
    recorder.close()


def test_a_recording_that_ended_takes_nothing_more(store: Store):
    recorder, start_s = begin(store)
    recorder.close()

    feed(recorder, start_s, seconds=1)

    assert recorder.status.waiting == 0
    assert recorder.close().written == 0


def test_frames_from_before_the_start_are_left_out(sqlite_store: Store):
    recorder, start_s = begin(sqlite_store)

    recorder.add(make_result(emotion_of(), at_s=start_s - 5))

    assert recorder.close().written == 0


def test_a_baseline_counts_from_when_it_is_there(sqlite_store: Store):
    recorder, start_s = begin(sqlite_store)
    feed(recorder, start_s, seconds=1)
    wait_until(lambda: recorder.status.written > 0)

    recorder.correct = lambda _: make_probabilities("neutral")
    feed(recorder, start_s + 1, seconds=1)
    recorder.close()

    has_one = ~(read_samples(sqlite_store, recorder.session_id).corrected != 0).any(axis=1)
    corrected = read_samples(sqlite_store, recorder.session_id).valence_corrected
    assert not has_one.any()
    assert corrected[-1] == corrected[-1], "the last has a value"
    assert corrected[0] != corrected[0], "the first has none"


def test_an_error_in_the_correction_is_said_and_the_recording_goes_on(sqlite_store: Store):
    recorder, start_s = begin(sqlite_store)
    recorder.correct = lambda _: {"happy": 1.0}  # six are missing
    feed(recorder, start_s, seconds=1)
    wait_until(lambda: recorder.status.lost > 0)

    assert "could not be recorded" in recorder.status.error
    recorder.correct = None
    feed(recorder, start_s + 1, seconds=1)
    assert recorder.close().written == 5


def test_a_full_disk_is_said_and_what_waits_is_written_when_there_is_space_again(sqlite_store: Store):
    recorder, start_s = begin(sqlite_store)
    with sqlite_store.read() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
    limit_pages(sqlite_store, int(pages or 0))
    feed(recorder, start_s, seconds=60)

    wait_until(lambda: recorder.status.error != "")
    began_s = time.monotonic()
    feed(recorder, start_s + 60, seconds=60)
    blocked_s = time.monotonic() - began_s
    assert "no space left" in recorder.status.error
    assert blocked_s < 1, "the video does not wait"
    limit_pages(sqlite_store, 1_000_000)

    status = recorder.close()
    assert (status.error, status.lost, status.waiting) == ("", 0, 0)
    assert status.written == len(read_samples(sqlite_store, recorder.session_id).time_s) >= 600


def limit_pages(store: Store, pages: int) -> None:
    """Let the database be full: the limit belongs to a connection, so every one in use and to come gets it."""
    store.close()
    event.listen(store.engine, "connect", lambda driver, _: driver.execute(f"PRAGMA max_page_count = {pages}"))


def test_closing_does_not_wait_for_ever_for_a_database_that_is_gone(sqlite_store: Store):
    recorder, start_s = begin(sqlite_store)
    limit_pages(sqlite_store, 1)
    feed(recorder, start_s, seconds=60)

    began_s = time.monotonic()
    status = recorder.close()

    assert time.monotonic() - began_s < 10
    assert "no space left" in status.error
    assert (status.written, status.ended) == (0, False)
    assert status.waiting >= 300, "it is not given up"
    limit_pages(sqlite_store, 1_000_000)
    wait_until(lambda: recorder.status.ended)
    assert (recorder.status.error, recorder.status.lost) == ("", 0)
    assert len(read_samples(sqlite_store, recorder.session_id).time_s) == status.waiting
    assert session(sqlite_store, recorder.session_id).state == "closed"


def test_what_a_database_does_not_take_for_too_long_after_the_end_is_lost_and_counted(sqlite_store, monkeypatch):
    monkeypatch.setattr(recorder_module, "TRY_S", 0.5)
    recorder, start_s = begin(sqlite_store)
    limit_pages(sqlite_store, 1)
    feed(recorder, start_s, seconds=60)

    recorder.close()
    wait_until(lambda: recorder.status.ended)

    assert recorder.status.waiting == recorder.status.written == 0
    assert recorder.status.lost >= 300


def test_what_waits_for_too_long_is_lost_oldest_first_and_counted(sqlite_store: Store):
    recorder, start_s = begin(sqlite_store, rate_per_s=1000.0)
    with sqlite_store.write():  # holds the write lock
        feed(recorder, start_s, seconds=(MAX_WAITING + 50) / 1000, per_s=1000, faces=(1, 2))
        status = recorder.status
    assert status.waiting <= MAX_WAITING
    assert status.lost + status.waiting >= MAX_WAITING

    recorder.close()
    wait_until(lambda: recorder.status.ended)
    assert recorder.status.written + recorder.status.lost >= 2 * MAX_WAITING * 0.99


def test_a_session_deleted_while_it_is_recorded_ends_the_recording(store: Store):
    recorder, start_s = begin(store)
    delete_session(store, recorder.session_id)

    feed(recorder, start_s, seconds=1)
    wait_until(lambda: recorder.status.ended)

    assert "was deleted" in recorder.status.error
    assert sessions(store) == []


def test_a_session_that_cannot_begin_is_refused_at_once(tmp_path: Path):
    store = open_store(f"sqlite:///{tmp_path / 'sessions.sqlite3'}")
    person = make_participant(store)
    store.close()
    (tmp_path / "sessions.sqlite3").write_bytes(b"x" * 8192)

    with pytest.raises(StoreError):
        Recorder.start(store, new_session(person))


def test_an_open_session_of_this_process_is_not_closed_as_dead(store: Store):
    session_id = start_session(store, new_session(make_participant(store)))

    assert recover_sessions(store) == []
    assert session(store, session_id).state == "open"


@pytest.mark.parametrize("owner", ["another-host/1/abc", f"{os.uname().nodename}/{os.getppid()}/abc"])
def test_an_open_session_of_a_process_that_may_live_is_closed_only_after_a_minute_of_silence(store: Store, owner: str):
    session_id = start_session(store, new_session(make_participant(store)))
    change(store, session_id, owner=owner)
    assert recover_sessions(store) == []

    change(store, session_id, alive_at=datetime.now(UTC) - timedelta(seconds=61))
    lookout = Lookout(store)

    assert recover_sessions(store) == lookout.look(0) == lookout.look(CONFIRM_S - 1) == []
    assert lookout.look(CONFIRM_S) == [session_id]


def test_a_dead_session_ends_with_its_last_sample_or_marker(store: Store):
    person = make_participant(store)
    numbers = [start_session(store, new_session(person, title=str(i))) for i in range(3)]
    add_samples(store, numbers[0], rows(count=11))
    add_samples(store, numbers[1], rows(count=2))
    add_marker(store, numbers[1], Marker(7000, "note", "later than any sample"))
    for number in numbers:
        change(store, number, owner=f"{os.uname().nodename}/{os.getpid()}/an-earlier-life")

    assert recover_sessions(store) == numbers

    assert [session(store, number).duration_s for number in numbers] == [2.0, 7.0, 0.0]
    assert {session(store, number).state for number in numbers} == {"recovered"}


def change(store: Store, session_id: int, **values) -> None:
    with store.write() as connection:
        connection.execute(update(tables.sessions).filter_by(id=session_id).values(**values))


RECORDING = """
import sys, time
from app.store.database import open_store
from app.store.recorder import Recorder
from tests.helpers.store_builders import emotion_of, make_participant, new_session
from tests.helpers.faces import make_result

store = open_store(sys.argv[1])
recorder = Recorder.start(store, new_session(make_participant(store)))
while True:
    at_s = time.monotonic()
    recorder.add(make_result(emotion_of(), at_s=at_s))
    print(recorder.time_ms, flush=True)
    time.sleep(0.05)
"""

WRITING = """
import sys
from app.store.database import open_store
from app.store.samples import add_samples
from app.store.sessions import start_session
from tests.helpers.store_builders import make_participant, new_session, rows

store = open_store(sys.argv[1])
session_id = start_session(store, new_session(make_participant(store)))
for number in range(1000):
    add_samples(store, session_id, rows(start_ms=number * 100_000, count=500))
    print(number, flush=True)
"""


def lines_until_killed(code: str, url: str, *, seconds: float) -> list[int]:
    """What a child prints before it is killed, without a warning, so long after its first word."""
    child = subprocess.Popen(
        [sys.executable, "-c", code, url],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate(timeout=30)
    return [int(line) for line in [first, *rest.splitlines()]]


def the_only(store: Store) -> Session:
    (found,) = sessions(store)
    return found


def test_a_killed_recording_loses_at_most_two_seconds_and_is_closed_at_the_next_start(store_url: str):
    last_ms = lines_until_killed(RECORDING, store_url, seconds=4.5)[-1]
    store = open_store(store_url)

    assert recover_sessions(store) == [the_only(store).id]

    found, times_s = the_only(store), read_samples(store, the_only(store).id).time_s
    assert last_ms / 1000 - times_s[-1] <= 2
    assert found.state == "recovered"
    assert found.duration_s == pytest.approx(times_s[-1], abs=0.001)
    store.close()


@pytest.mark.parametrize("seconds", [0.3, 0.55, 0.8])
def test_a_program_killed_in_the_middle_of_writing_leaves_whole_batches_and_a_sound_file(
    store_url: str, seconds: float
):
    said = lines_until_killed(WRITING, store_url, seconds=seconds)
    store = open_store(store_url)

    stored = len(read_samples(store, the_only(store).id).time_s)

    assert stored % 500 == 0
    assert stored // 500 - len(said) in (0, 1), "all that was said to be stored, and at most one that was not yet said"
    if store.is_sqlite:
        with store.read() as connection:
            assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
    store.close()


def test_two_recordings_at_once_do_not_disturb_each_other(store: Store):
    person = make_participant(store)
    recorders = [Recorder.start(store, new_session(person, title=name)) for name in ("a", "b")]
    for recorder in recorders:
        feed(recorder, recorder._started_s, seconds=2)

    assert [recorder.close().written for recorder in recorders] == [10, 10]
    assert make_session(store, person, started_at=NOON) not in [recorder.session_id for recorder in recorders]
