"""A recording whose server is killed goes on in another process, on both databases."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.recording.going_on import go_on, key_of, uid_of
from app.recording.recording import Recording
from app.store import tables
from app.store.database import Store
from app.store.errors import NoSuchRecordError
from app.store.samples import read_samples
from app.store.session_parts import markers
from app.store.sessions import mark_alive, recover_sessions, sessions
from app.store.taking_over import KEPT, StillRecordedError
from fer_core.expressions.card import ModelCard
from tests.helpers import REPOSITORY
from tests.helpers.faces import wait_until
from tests.helpers.recordings import CARD, WISH, begin, feed, result

SECRET = "of all replicas"
# Another server: it records face 3, begins a task, and lives until it is killed.
SERVER = """
import sys, time
from app.recording.recording import Recording
from app.store.database import open_store
from tests.helpers.recordings import CARD, WISH, feed, result

one = Recording.start(open_store(sys.argv[1]), WISH, CARD)
one.markers.start_task("reading")
while True:
    feed(one, result(face=3))
    if one.view().samples > 4:
        print("recorded", flush=True)
    time.sleep(0.05)
"""


@contextmanager
def recording_server(url: str) -> Iterator["subprocess.Popen[str]"]:
    """One that has recorded some samples."""
    process = subprocess.Popen([sys.executable, "-c", SERVER, url], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "recorded\n"
        yield process
    finally:
        process.kill()
        process.wait(20)


@pytest.fixture
def ended(store: Store, store_url: str) -> str:
    """The key of a recording whose server was killed a moment ago."""
    with recording_server(store_url) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    (left,) = sessions(store)
    assert left.state == "open"
    return key_of(left.uid, SECRET)


@pytest.fixture
def again(store: Store, ended: str, made: list[Recording]) -> Recording:
    """That recording, here."""
    one = go_on(store, ended, SECRET, CARD)
    assert one is not None
    made.append(one)
    return one


def test_samples_task_and_face_numbers_go_on_in_the_same_session(store: Store, again: Recording):
    (kept,) = sessions(store)
    before = read_samples(store, kept.id)
    assert again.session_id == kept.id
    assert again.goes_on
    assert again.highest_face == 3, "the next face gets 4"
    assert again.markers.task == "reading"
    assert again.choices == replace(WISH, participant="P01")
    wait_until(lambda: again.view().closes_in_s is not None, timeout_s=20)  # for Start to be pressed
    feed(again, result(face=4))
    again.stop()

    samples = read_samples(store, kept.id)
    assert len(samples.time_s) == len(before.time_s) + 1
    assert samples.time_s[-1] > before.time_s[-1]
    assert {*samples.face.tolist()} == {3, 4}
    assert [marker.kind for marker in markers(store, kept.id)] == ["task_start", "task_end"]
    (closed,) = sessions(store)
    assert closed.state == "closed"
    assert closed.duration_s is not None
    assert closed.duration_s >= samples.time_s[-1] - 0.001, "times are whole milliseconds"


def test_without_pictures_it_ends_where_its_server_ended(
    store: Store, ended: str, made: list[Recording], monkeypatch: pytest.MonkeyPatch
):
    for name in ("GRACE_S", "GRACE_ELSEWHERE_S"):
        monkeypatch.setattr(f"app.recording.recording.{name}", 0.5)
    one = go_on(store, ended, SECRET, CARD)
    assert one is not None
    made.append(one)
    wait_until(lambda: one.view().ended, timeout_s=20)

    (kept,) = sessions(store)
    samples = read_samples(store, kept.id)
    assert kept.duration_s == pytest.approx(float(samples.time_s[-1]), abs=0.002)
    assert "No video came" in one.view().reason


def test_one_that_was_closed_at_another_servers_start_goes_on(store: Store, ended: str, made: list[Recording]):
    assert recover_sessions(store) != []
    one = go_on(store, ended, SECRET, CARD)

    assert one is not None
    made.append(one)
    assert [kept.state for kept in sessions(store)] == ["open"]


def test_a_living_server_keeps_its_recording_and_a_properly_ended_one_is_over(
    store: Store, store_url: str, made: list[Recording]
):
    one = begin(store, made)
    key = key_of(one.uid, SECRET)
    with pytest.raises(StillRecordedError):
        go_on(store, key, SECRET, CARD)
    one.stop()
    assert go_on(store, key, SECRET, CARD) is None

    with recording_server(store_url):
        key = key_of(next(kept.uid for kept in sessions(store) if kept.state == "open"), SECRET)
        with pytest.raises(StillRecordedError):
            go_on(store, key, SECRET, CARD)


def test_too_late_is_too_late(store: Store, ended: str):
    long_ago = datetime.now(UTC) - KEPT - timedelta(seconds=1)
    with store.write() as connection:
        connection.execute(update(tables.sessions).values(alive_at=long_ago))

    assert go_on(store, ended, SECRET, CARD) is None


def test_what_was_taken_over_is_not_written_by_the_one_before(store: Store, made: list[Recording]):
    frozen = begin(store, made)
    with store.write() as connection:
        connection.execute(update(tables.sessions).values(owner="elsewhere/1/abc"))
    with pytest.raises(NoSuchRecordError, match="continues at another server"), store.write() as connection:
        mark_alive(connection, frozen.session_id)
    wait_until(lambda: frozen.view().ended, timeout_s=20)
    assert "continues at another server" in frozen.view().problem


def test_another_model_ends_it(store: Store, again: Recording):
    feed(again, result(face=4), card=other_card())
    wait_until(lambda: again.view().ended, timeout_s=20)

    assert "The model was changed" in again.view().reason


def other_card() -> ModelCard:
    return replace(CARD, sha256=CARD.sha256 | {"model.tflite": "b" * 64})


def test_a_key_is_made_by_who_knows_the_secret_alone():
    uid = "0123456789abcdef" * 2
    key = key_of(uid, SECRET)
    changed = ("f" if key[0] != "f" else "e") + key[1:]

    assert uid_of(key, SECRET) == uid
    assert uid_of(key, "another secret") is None
    for text in (changed, key[:-1], key + "A", uid, "", "é" * 56):
        assert uid_of(text, SECRET) is None
    assert len(key) - len(uid) >= 22, "too many to be tried"
