"""`python -m fer_core`: its commands as people call them."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_core import doctor
from fer_core.__main__ import main
from fer_core.emotions import EMOTIONS
from fer_core.files.media import open_media
from fer_core.files.video_writer import VideoWriter
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.faces import wait_until
from tests.helpers.postgresql import free_port

HAS_MODEL = (SHIPPED_MODELS / "default" / "card.json").is_file()
needs_model = pytest.mark.skipif(not HAS_MODEL, reason=f"no model in {SHIPPED_MODELS / 'default'}")


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory, astronaut_bgr: np.ndarray) -> Path:
    """Two seconds of a smiling face that drifts, at 15 frames per second."""
    path = tmp_path_factory.mktemp("film") / "smile.mp4"
    with VideoWriter(path) as writer:
        for i in range(30):
            writer.write(np.roll(astronaut_bgr, 2 * i, axis=1), i / 15)
    return path


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


def analyse(*arguments: object) -> int:
    return main(["analyse", *(str(a) for a in arguments)])


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@needs_model
class TestAnalyse:
    def test_video_to_csv_and_annotated_copy(self, film: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert analyse(film, "--output", out / "o.csv", "--annotated", out / "o.mp4") == 0
        rows = rows_of(out / "o.csv")
        assert {int(row["frame"]) for row in rows} == set(range(30))
        seen = [row for row in rows if row["face"]]
        assert len(seen) > 20
        assert max(EMOTIONS, key=lambda e: sum(float(row[e]) for row in seen)) == "happy"
        with open_media(out / "o.mp4") as copy, open_media(film) as original:
            pairs = list(zip(copy.frames(), original.frames(), strict=True))
        assert [round(a.time_s, 3) for a, _ in pairs] == [round(b.time_s, 3) for _, b in pairs]
        assert np.abs(pairs[-1][0].frame_bgr.astype(int) - pairs[-1][1].frame_bgr).max() > 100  # something was drawn
        summary = capsys.readouterr().out
        assert "1 file, 30 frames" in summary
        assert "times real time" in summary
        assert "happy" in summary
        assert sorted(p.name for p in out.iterdir()) == ["o.csv", "o.mp4"]

    def test_folder_to_json(self, film: Path, photo: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = photo.parent / "in"
        folder.mkdir()
        (folder / "letter.doc").touch()
        shutil.copy(film, folder)
        shutil.copy(photo, folder)
        assert analyse(folder, "--output", out / "o.json", "--every", 10, "--detector", "haar") == 0
        found = json.loads((out / "o.json").read_text())
        assert [(Path(s["source"]).name, s["kind"], len(s["frames"])) for s in found["sources"]] == [
            ("photo.jpg", "picture", 1),
            ("smile.mp4", "video", 3),
        ]
        assert [f["frame"] for f in found["sources"][1]["frames"]] == [0, 10, 20]
        assert "skipped: letter.doc." in capsys.readouterr().err
        assert (found["detector"], found["model"]["name"]) == ("haar", "default")
        assert len(found["model"]["sha256"]) == 64
        (face,) = found["sources"][0]["frames"][0]["faces"]
        assert face["probabilities"]["happy"] > 0.5

    def test_annotated_picture(self, photo: Path, out: Path) -> None:
        assert analyse(photo, "--output", out / "o.csv", "--annotated", out / "o.png") == 0
        before, after = cv2.imread(str(photo)), cv2.imread(str(out / "o.png"))
        assert before is not None
        assert after is not None
        assert before.shape == after.shape
        assert (before != after).any()

    def test_the_readable_ones_are_kept(
        self, photo: Path, tmp_path: Path, out: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "bad.mp4").write_bytes(b"no film")
        assert analyse(tmp_path / "none.mp4", photo, tmp_path / "bad.mp4", "--output", out / "o.json") == 1
        found = json.loads((out / "o.json").read_text())
        assert [s["source"] for s in found["sources"]] == [str(photo)]
        assert [u["source"] for u in found["unreadable"]] == [str(tmp_path / "none.mp4"), str(tmp_path / "bad.mp4")]
        told = capsys.readouterr().err
        assert "none.mp4: no such file" in told
        assert "bad.mp4: expected a picture or a video" in told

    def test_names_that_are_not_utf8(
        self, film: Path, photo: Path, out: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        folder = photo.parent / os.fsdecode(b"in \xe9")
        folder.mkdir()
        shutil.copy(film, folder / os.fsdecode(b"smile \xfc.mp4"))
        shutil.copy(photo, folder / os.fsdecode(b"caf\xe9.jpg"))
        (folder / os.fsdecode(b"empty \xe9.png")).touch()
        (folder / os.fsdecode(b"letter \xe9.doc")).touch()
        for suffix in ("csv", "json"):
            output = out / os.fsdecode(b"o \xe9." + suffix.encode())
            assert analyse(folder, "--output", output, "--every", 10) == 1
        rows = rows_of(out / os.fsdecode(b"o \xe9.csv"))
        assert {row["source"] for row in rows} == {
            f"{folder.parent}/in \\xe9/{n}" for n in ("caf\\xe9.jpg", "smile \\xfc.mp4")
        }
        found = json.loads((out / os.fsdecode(b"o \xe9.json")).read_text())
        assert [Path(each["source"]).name for each in found["unreadable"]] == ["empty \\xe9.png"]
        told = capfd.readouterr()
        assert "o \\xe9.csv" in told.out
        assert "letter \\xe9.doc" in told.err
        assert "empty \\xe9.png: the file is empty" in told.err

    def test_a_labelled_copy_under_a_name_that_is_not_utf8_or_like_a_protocol(
        self, film: Path, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(out)
        for name in (os.fsdecode(b"caf\xe9.mp4"), "a:b.mp4"):
            assert analyse(film, "--output", "o.csv", "--every", 10, "--annotated", name) == 0
            with open_media(out / name) as copy:
                assert len(list(copy.frames())) == 3

    def test_a_surprise_in_one_file_keeps_the_others(
        self,
        film: Path,
        photo: Path,
        out: Path,
        capfd: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def surprise(*_: object) -> None:
            raise ValueError("31 is not a valid Type")

        monkeypatch.setattr("fer_core.files.video_file.View.of", surprise)
        assert analyse(film, photo, "--output", out / "o.csv") == 1
        assert [row["source"] for row in rows_of(out / "o.csv")] == [str(photo)]
        assert "smile.mp4: it could not be analysed (ValueError: 31 is not a valid Type)" in capfd.readouterr().err

    def test_a_still_gif_gets_a_picture_or_a_video_as_its_copy(
        self, astronaut_bgr: np.ndarray, tmp_path: Path, out: Path
    ) -> None:
        Image.fromarray(astronaut_bgr[..., ::-1]).save(tmp_path / "a.gif")
        for suffix in ("png", "mp4"):
            assert analyse(tmp_path / "a.gif", "--output", out / "o.csv", "--annotated", out / f"o.{suffix}") == 0
            with open_media(out / f"o.{suffix}") as copy:
                (frame,) = copy.frames()
            assert frame.frame_bgr.shape == (512, 512, 3)
        assert [row["face"] for row in rows_of(out / "o.csv")] == ["1"]

    def test_nothing_readable_writes_nothing(
        self, tmp_path: Path, out: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        (out / "o.csv").write_text("old")
        assert analyse(tmp_path / "none.mp4", tmp_path / "neither.mp4", "--output", out / "o.csv") == 2
        told = capfd.readouterr()
        assert "None of the 2 files" in told.err
        assert told.out == ""
        assert [(p.name, p.read_text()) for p in out.iterdir()] == [("o.csv", "old")]

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["{photo}", "--output", "{out}/o.txt"], "ending in .csv or .json"),
            (["{photo}", "--output", "{out}/o.csv", "--annotated", "{out}/o.mp4"], "for photo.jpg expected"),
            (["{film}", "--output", "{out}/o.csv", "--annotated", "{out}/o.png"], "for smile.mp4 expected"),
            (["{film}", "--output", "{out}/o.csv", "--annotated", "{film}"], "is an input"),
            (["{film}", "{photo}", "--output", "{out}/o.csv", "--annotated", "{out}/o.mp4"], "Name one input"),
            (["{photo}", "--output", "{photo}/o.csv"], "cannot be written"),
            (["{photo}", "--output", "{out}/o.csv", "--model", "nonesuch"], "no such model"),
        ],
    )
    def test_refusals(
        self, film: Path, photo: Path, out: Path, capfd: pytest.CaptureFixture[str], arguments: list[str], words: str
    ) -> None:
        assert analyse(*(a.format(film=film, photo=photo, out=out) for a in arguments)) == 2
        assert words in capfd.readouterr().err
        assert list(out.iterdir()) == []

    @pytest.mark.parametrize("wrong", [["--every", "0"], ["--fps", "none"], ["--every", "2", "--fps", "2"]])
    def test_nonsense_is_refused(self, photo: Path, out: Path, wrong: list[str]) -> None:
        with pytest.raises(SystemExit) as caught:
            analyse(photo, "--output", out / "o.csv", *wrong)
        assert caught.value.code == 2

    def test_an_interruption_keeps_what_was_done(self, astronaut_bgr: np.ndarray, tmp_path: Path, out: Path) -> None:
        long_film = tmp_path / "long.mp4"
        with VideoWriter(long_film) as writer:
            for i in range(1500):
                writer.write(astronaut_bgr, i / 25)
        command = [sys.executable, "-m", "fer_core", "analyse", str(long_film), "--output", str(out / "o.json")]
        process = subprocess.Popen(command, cwd=SHIPPED_MODELS.parent, stderr=subprocess.PIPE, text=True)
        wait_until(lambda: holds_more_than(2000, out), timeout_s=60)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130
        assert "Interrupted" in told
        found = json.loads((out / "o.json").read_text())
        assert 0 < len(found["sources"][0]["frames"]) < 1500
        assert found["sources"][0]["damage"].startswith("the analysis was stopped after")
        assert [p.name for p in out.iterdir()] == ["o.json"]


def holds_more_than(size_bytes: int, folder: Path) -> bool:
    """Whether one of its files does, while files come and go."""
    try:
        return any(path.stat().st_size > size_bytes for path in folder.iterdir())
    except FileNotFoundError:
        return False


@needs_model
@pytest.mark.shared_data
class TestRealClips:
    def test_sad_then_happy(self, shared_data: Path, out: Path) -> None:
        assert analyse(shared_data / "clips" / "sad_then_happy.mp4", "--output", out / "o.csv") == 0
        rows = [row for row in rows_of(out / "o.csv") if row["face"]]
        assert {row["face"] for row in rows} == {"1"}
        first = [row["label"] for row in rows if float(row["time_s"]) < 19.7 / 3 and row["label"]]
        last = [row["label"] for row in rows if float(row["time_s"]) > 19.7 * 2 / 3 and row["label"]]
        assert sum(label in ("sad", "fear", "angry", "neutral") for label in first) > 0.5 * len(first) > 0
        assert sum(label == "happy" for label in last) > 0.7 * len(last) > 0

    def test_no_face(self, shared_data: Path, out: Path) -> None:
        assert analyse(shared_data / "clips" / "no_face.mp4", "--output", out / "o.csv") == 0
        rows = rows_of(out / "o.csv")
        assert len(rows) == 95
        assert not any(row["label"] for row in rows)


class TestModels:
    @needs_model
    def test_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert main(["models"]) == 0
        head, row, *_ = capsys.readouterr().out.splitlines()
        assert head.split() == ["name", "architecture", "parameters", "accuracy", "created", "folder"]
        assert "default" in row
        assert "(n=" in row

    @needs_model
    def test_a_damaged_one_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        copy = Path(os.environ["FER_HOME"]) / "models" / "broken"
        shutil.copytree(SHIPPED_MODELS / "default", copy)
        with (copy / "model.tflite").open("r+b") as stream:
            stream.write(b"altered")
        assert main(["models"]) == 0
        damaged = [line for line in capsys.readouterr().out.splitlines() if line.startswith("damaged")]
        assert len(damaged) == 1
        assert str(copy) in damaged[0]
        assert "sha256" in damaged[0]


class TestDoctor:
    def checks(self, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, dict[str, str]]]:
        code = main(["doctor", "--json", "--port", str(free_port())])
        return code, {check["name"]: check for check in json.loads(capsys.readouterr().out)}

    @needs_model
    def test_a_sound_installation(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, checks = self.checks(capsys)
        assert code == 0, checks
        assert checks["model"]["status"] == "ok"
        assert checks["OpenCV"]["status"] == "ok"

    def test_it_does_not_import_tensorflow(self) -> None:
        program = (
            "import sys; from fer_core import doctor; doctor.examine();"
            "sys.exit(bool({'tensorflow', 'keras', 'streamlit'} & {*sys.modules}))"
        )
        assert subprocess.run([sys.executable, "-c", program], cwd=SHIPPED_MODELS.parent, check=False).returncode == 0

    def test_a_yunet_file_that_is_none(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "y.onnx").write_text("nothing")
        monkeypatch.setenv("FER_YUNET", str(tmp_path / "y.onnx"))
        code, checks = self.checks(capsys)
        assert code == 1
        assert checks["face detector"]["status"] == "failing"
        assert "fetch-detector" in checks["face detector"]["remedy"]

    def test_a_data_folder_that_cannot_be_made(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "file").touch()
        monkeypatch.setenv("FER_HOME", str(tmp_path / "file" / "home"))
        code, checks = self.checks(capsys)
        assert code == 1
        assert "FER_HOME" in checks["data folder"]["remedy"]

    def test_a_missing_package(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
        code, checks = self.checks(capsys)
        assert code == 1
        assert checks["packages"]["found"] == "missing: no-such-package"

    def test_another_version_than_the_pinned_one(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        pins = tmp_path / "requirements.txt"
        pins.write_text("numpy==0.1 # old\npandas==0.2; python_version < '3'\nabsent-one==3\n")
        monkeypatch.setattr(doctor, "REQUIREMENTS", pins)
        code, checks = self.checks(capsys)
        assert code == 0, "it may work"
        assert checks["packages"]["status"] == "warning"
        assert checks["packages"]["found"].startswith("not the tested versions: numpy ")
        assert checks["packages"]["found"].endswith(" instead of 0.1")

    @needs_model
    @pytest.mark.parametrize(("place", "status"), [("shipped", "failing"), ("own", "warning")])
    def test_a_corrupt_model(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        place: str,
        status: str,
    ) -> None:
        monkeypatch.setenv("FER_HOME", str(tmp_path))
        copy = tmp_path / "models" / ("default" if place == "shipped" else "mine")
        shutil.copytree(SHIPPED_MODELS / "default", copy)
        with (copy / "model.tflite").open("r+b") as stream:
            stream.write(b"altered")
        code, checks = self.checks(capsys)
        assert code == (1 if status == "failing" else 0)
        row = checks["model" if place == "shipped" else "own models"]
        assert row["status"] == status
        assert "sha256" in row["found"]
        assert row["remedy"]

    def test_a_check_that_breaks_keeps_the_others(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def surprise() -> str:
            raise ValueError("no such processor")

        monkeypatch.setattr(doctor, "cpuinfo_text", surprise)
        code, checks = self.checks(capsys)
        assert code == 1
        assert checks["processor"]["found"] == "it could not be checked: ValueError: no such processor"
        assert {"Python", "disk", "store", "port", "ICE"} <= checks.keys()

    def test_an_old_processor_and_little_space_are_warned_of(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(doctor, "cpuinfo_text", lambda: "model name\t: Old\nflags\t\t: fpu sse4_2\n")
        monkeypatch.setattr(doctor, "LITTLE_SPACE_BYTES", 1 << 60)
        code, checks = self.checks(capsys)
        assert code == 0
        assert checks["processor"]["status"] == checks["disk"]["status"] == "warning"
        assert "Old" in checks["processor"]["found"]
        assert "avx2" in checks["processor"]["remedy"]
        assert "models" in checks["disk"]["found"]
        assert "uploads" in checks["disk"]["found"]

    def test_the_servers_rows_are_missing_where_the_app_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "APP_DOCTOR", Path("/nowhere"))
        names = {check.name for check in doctor.examine()}
        assert "model" in names
        assert "store" not in names

    def test_lines_for_people(self, capsys: pytest.CaptureFixture[str]) -> None:
        main(["doctor"])
        lines = capsys.readouterr().out.splitlines()
        assert all(line.split()[0] in ("ok", "warning", "failing") for line in lines)


def test_fetch_detector_is_quick_and_silent_where_the_file_is_there(tmp_path: Path) -> None:
    (tmp_path / "yunet.onnx").touch()
    command = [sys.executable, "-X", "importtime", "-m", "fer_core", "fetch-detector"]
    environment = os.environ | {"FER_YUNET": str(tmp_path / "yunet.onnx")}
    done = subprocess.run(
        command, cwd=SHIPPED_MODELS.parent, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"av", "ai_edge_litert", "streamlit", "tensorflow", "pandas", "tqdm"}


def test_no_command_is_explained() -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
