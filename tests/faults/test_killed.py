"""A server killed in the middle of something: what it leaves, and what the next one and another one make of it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.store.exchange.export import export_session
from app.store.privacy import set_retention_days
from app.store.sessions import recover_sessions, sessions
from app.training.child_jobs import archives_dir, stored_archives
from tests.helpers import REPOSITORY
from tests.helpers.store_builders import make_participant, make_session, rows
from tests.helpers.visits import store_in
from train.archive.uploads import store_upload


@contextmanager
def process(code: str, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """One that runs `code` on that home; it is killed without a warning, at the latest when the block ends."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "FER_HOME": str(home)}
    child = subprocess.Popen(
        [sys.executable, "-c", code], cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()


def first_line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


EXPORTING = """
import time
from app.store import temporary
from app.store.database import open_store
from app.store.exchange.export import export_session
from app.store.sessions import sessions

store = open_store()
with temporary.temporary_folder(store) as folder:
    print(folder, flush=True)
    export_session(store, sessions(store)[0].id, folder / "session.zip")
    time.sleep(60)
"""


def test_an_export_that_is_killed_leaves_a_folder_which_only_the_next_start_deletes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    with store_in(tmp_path) as store:
        number = make_session(store, make_participant(store), rows(count=2000))
        with process(EXPORTING, tmp_path) as child:
            folder = Path(first_line(child))
            recover_sessions(store)  # another server starts on the same home
            assert folder.is_dir(), "the one that exports still needs it"

        recover_sessions(store)

        assert not folder.exists()
        assert export_session(store, number, tmp_path / "again.zip").stat().st_size > 10_000, "the session is whole"
        assert list(store.temporary.parent.glob("temporary/*")) == []


UPLOADING = """
import time
from app.training.child_jobs import archives_dir
from train.archive.uploads import store_upload

class Slow:
    left = 2
    def read(self, size):
        self.left -= 1
        if self.left < 0:
            print("half", flush=True)
            time.sleep(60)
        return bytes(size)

store_upload(Slow(), "faces.zip", archives_dir())
"""


def test_an_upload_that_is_killed_is_offered_to_nobody_and_can_be_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    with process(UPLOADING, tmp_path) as child:
        assert first_line(child) == "half"
        assert [path.stat().st_size > 0 for path in archives_dir().iterdir()] == [True], "half of it is on the disk"
        assert stored_archives() == ()
        with (REPOSITORY / "README.md").open("rb") as other:
            store_upload(other, "other.zip", archives_dir())
        assert len(list(archives_dir().iterdir())) == 2, "another server leaves what is still being sent"

    assert [archive.title for archive in stored_archives()] == ["other.zip"]


RETENTION = """
import sys
from app.store.database import open_store
from app.store.privacy import apply_retention

store = open_store()
print("ready", flush=True)
sys.stdin.readline()
print(apply_retention(store).sessions, flush=True)
"""


def test_two_servers_that_delete_what_is_old_at_once_delete_it_once(tmp_path: Path):
    with store_in(tmp_path) as store:
        person = make_participant(store)
        for _ in range(5):
            make_session(store, person, rows(count=1000))
        set_retention_days(store, 1)
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "FER_HOME": str(tmp_path)}
        command = [sys.executable, "-c", RETENTION]
        pipe = subprocess.PIPE
        children = [
            subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdin=pipe, stdout=pipe, text=True)
            for _ in range(2)
        ]
        for child in children:
            assert first_line(child) == "ready"
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        deleted = [int(child.communicate(timeout=60)[0]) for child in children]

        assert [child.returncode for child in children] == [0, 0]
        assert sum(deleted) == 5
        assert sessions(store) == []
