"""Files below the user's data folder: for this user alone."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.files.video_writer import VideoWriter
from fer_core.paths import home
from fer_core.private import make_folder
from fer_core.whole_files import replacing
from tests.helpers.faces import textured_frame


@pytest.fixture(autouse=True)
def _generous(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A user whose files all may read, with a data folder that is not there yet."""
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_in_the_data_folder_is_private_from_its_first_moment():
    path = home() / "sessions" / "videos" / "a.bin"
    with replacing(path) as temporary:
        assert mode(temporary) == 0o600
        temporary.write_bytes(b"x")

    assert [mode(one) for one in (path, path.parent, path.parent.parent, home())] == [0o600, 0o700, 0o700, 0o700]


@pytest.mark.parametrize("survives_kill", [False, True])
def test_a_video_in_the_data_folder_is_private(survives_kill: bool):
    path = home() / "videos" / "a.mp4"
    with VideoWriter(path, survives_kill=survives_kill) as writer:
        writer.write(textured_frame(64, 48), 0.0)
        (part,) = path.parent.glob(".*.part")
        assert mode(part) == 0o600

    assert mode(path) == 0o600


def test_elsewhere_the_users_own_rights_count(tmp_path: Path):
    with replacing(tmp_path / "out" / "a.csv") as temporary:
        temporary.write_text("x")

    assert (mode(tmp_path / "out" / "a.csv"), mode(tmp_path / "out")) == (0o644, 0o755)


@pytest.mark.parametrize("place", ["home/a", "elsewhere/a"])
def test_a_block_that_deletes_its_file_leaves_nothing(tmp_path: Path, place: str):
    with replacing(tmp_path / place) as temporary:
        temporary.unlink()

    assert list((tmp_path / place).parent.iterdir()) == []


def test_a_folder_that_is_there_keeps_its_rights():
    home().mkdir(mode=0o755)
    make_folder(home() / "runs")

    assert (mode(home()), mode(home() / "runs")) == (0o755, 0o700)
