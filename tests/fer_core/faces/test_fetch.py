"""The face detector's file from a server on this machine."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fer_core.faces import detector, fetch
from fer_core.faces.fetch import YUNET_FILE, fetch_detector

CONTENT = b"pretend network" * 100


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
    monkeypatch.delenv("FER_YUNET", raising=False)
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(detector, "SHIPPED_MODELS", folder)
    monkeypatch.setattr(fetch, "SHIPPED_MODELS", folder)
    return folder


def fetched(url: str) -> str | None:
    return fetch_detector(url, sha256=hashlib.sha256(CONTENT).hexdigest(), size=len(CONTENT))


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
    line = fetch_detector(f"{zoo}/yunet", sha256="0" * 64, size=len(CONTENT))
    assert line is not None
    assert "altered" in line
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
    line = fetched(f"{zoo}/yunet")
    assert line is not None
    assert "FER_YUNET" in line
    (tmp_path / "mine.onnx").touch()
    assert fetched(f"{zoo}/yunet") is None
    assert list(shipped.iterdir()) == []
