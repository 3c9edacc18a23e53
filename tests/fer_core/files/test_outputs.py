"""Where the command lines write: odd names, links, pipes, places that refuse, consoles that lack characters."""

import csv
import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_core.__main__ import main
from fer_core.files.video_writer import VideoWriter
from fer_core.paths import SHIPPED_MODELS
from tests.helpers import REPOSITORY
from train.__main__ import main as train_main

pytestmark = pytest.mark.skipif(not (SHIPPED_MODELS / "default" / "card.json").is_file(), reason="no model here")

NAME = "ćafé 世界 😀"


@pytest.fixture
def photo(tmp_path: Path, astronaut_bgr: np.ndarray) -> Path:
    path = tmp_path / "photo.jpg"
    cv2.imwrite(str(path), astronaut_bgr)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def analyse(*words: object) -> int:
    return main(["analyse", *map(str, words), "--detector", "haar"])


def faces_in(path: Path) -> int:
    with path.open(newline="", encoding="utf-8") as stream:
        return sum(bool(row["face"]) for row in csv.DictReader(stream))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def command(module: str, *words: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, words)],
        cwd=SHIPPED_MODELS.parent,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )


@pytest.mark.parametrize(
    "console",
    [
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    ],
    ids=["cp1252", "ascii", "C locale"],
)
class TestConsoles:
    def test_analyse_names_its_output(self, photo: Path, out: Path, console: dict[str, str]) -> None:
        done = command("fer_core", "analyse", photo, "--output", out / f"{NAME}.csv", **console)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        assert names(out) == [f"{NAME}.csv"]
        assert b".csv" in done.stdout.splitlines()[-1]

    def test_errors_of_both_command_lines(self, tmp_path: Path, console: dict[str, str]) -> None:
        for module, words in (("fer_core", ["analyse"]), ("train", ["inspect"])):
            more = ["--output", tmp_path / "o.csv"] if module == "fer_core" else []
            done = command(module, *words, tmp_path / f"{NAME}.zip", *more, **console)
            assert done.returncode == 2, done.stderr
            assert b"Traceback" not in done.stderr


class TestNames:
    @pytest.mark.parametrize("letter", ["a", "é", "世"])
    def test_as_long_as_can_be(self, photo: Path, out: Path, letter: str, astronaut_bgr: np.ndarray) -> None:
        film = photo.with_name("film.mp4")
        with VideoWriter(film) as writer:
            for i in range(3):
                writer.write(astronaut_bgr, i / 10)
        stem = letter * (251 // len(letter.encode()))
        table, video = out / f"{stem}.csv", out / f"{stem}.mp4"
        assert analyse(film, "--output", table, "--annotated", video) == 0
        assert names(out) == sorted([table.name, video.name])
        assert faces_in(table) == 3

    def test_too_long_is_told_before_the_work(self, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert analyse(photo, "--output", out / ("a" * 252 + ".csv")) == 2
        assert "File name too long" in capsys.readouterr().err
        assert names(out) == []


class TestPlaces:
    def test_links_stay_links(self, photo: Path, out: Path) -> None:
        (out / "real.csv").write_text("old")
        (out / "link.csv").symlink_to("real.csv")
        (out / "link.png").symlink_to("later.png")
        assert analyse(photo, "--output", out / "link.csv", "--annotated", out / "link.png") == 0
        assert (out / "link.csv").is_symlink()
        assert faces_in(out / "real.csv") == 1
        assert (out / "link.png").is_symlink()
        assert cv2.imread(str(out / "later.png")) is not None
        assert names(out) == ["later.png", "link.csv", "link.png", "real.csv"]

    def test_a_link_to_the_input_is_refused(self, photo: Path, out: Path) -> None:
        before = photo.read_bytes()
        (out / "link.jpg").symlink_to(photo)
        assert analyse(photo, "--output", out / "o.csv", "--annotated", out / "link.jpg") == 2
        assert photo.read_bytes() == before

    def test_a_pipe(self, photo: Path, out: Path) -> None:
        os.mkfifo(out / "o.csv")
        received: list[str] = []
        reader = threading.Thread(target=lambda: received.append((out / "o.csv").read_text(encoding="utf-8")))
        reader.start()
        assert analyse(photo, "--output", out / "o.csv") == 0
        reader.join(10)
        assert received[0].startswith("source,frame,time_s")
        assert stat.S_ISFIFO((out / "o.csv").stat().st_mode)

    def test_a_missing_folder_is_made(self, photo: Path, out: Path) -> None:
        assert analyse(photo, "--output", out / "a" / "b" / "o.csv") == 0
        assert names(out / "a" / "b") == ["o.csv"]

    @pytest.mark.parametrize("option", ["--output", "--annotated"])
    @pytest.mark.parametrize(
        ("kind", "word"),
        [("folder", "folder"), ("read-only", "read-only"), ("below a file", "Not a directory"), ("circle", "symbolic")],
    )
    def test_what_cannot_be_written_is_told_before_the_work(
        self, photo: Path, out: Path, option: str, kind: str, word: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        other = {"--output": out / "fine.csv", "--annotated": out / "fine.png"}
        bad = other[option].with_stem("bad")
        if kind == "folder":
            bad.mkdir()
        elif kind == "read-only":
            bad.touch(mode=0o444)
        elif kind == "below a file":
            (out / "file").touch()
            bad = out / "file" / bad.name
        else:
            bad.symlink_to(bad.name)
        before = names(out)
        words = [word for pair in (other | {option: bad}).items() for word in pair]
        assert analyse(photo, *words) == 2
        said = capsys.readouterr().err
        assert word in said
        assert str(bad) in said
        assert len(said.splitlines()) == 1
        assert names(out) == before

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
    def test_a_full_disk(self, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (out / "full.csv").symlink_to("/dev/full")
        assert analyse(photo, "--output", out / "full.csv") == 2
        said = capsys.readouterr().err
        assert "No space left" in said
        assert len(said.splitlines()) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has this device")
@pytest.mark.parametrize("words", [("fer_core", "models"), ("fer_core", "doctor"), ("train", "inspect", "few.csv")])
def test_a_full_stdout_is_a_sentence(words: tuple[str, ...], tmp_path: Path) -> None:
    few_faces(tmp_path / "few.csv")
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 2
    assert b"No space left on device" in done.stderr
    assert b"Traceback" not in done.stderr


def few_faces(archive: Path) -> Path:
    """Fourteen, all alike."""
    pixels = " ".join(["7"] * 48 * 48)
    archive.write_text(
        "emotion,pixels,Usage\n" + "".join(f"{i},{pixels},Training\n{i},{pixels},PublicTest\n" for i in range(7))
    )
    return archive


def test_a_card_that_cannot_be_written_is_a_sentence(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model = shutil.copytree(SHIPPED_MODELS / "default", tmp_path / "model")
    (model / "card.json").chmod(0o444)
    before = (model / "card.json").read_bytes()
    archive = few_faces(tmp_path / "few.csv")
    assert train_main(["evaluate", "--model", str(model), "--archive", str(archive), "--save"]) == 2
    said = capfd.readouterr().err
    assert "read-only" in said
    assert "Traceback" not in said
    assert (model / "card.json").read_bytes() == before
