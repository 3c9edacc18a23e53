"""The doctor's row of sign-in, for each way to get in."""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from app.access.passphrase import hash_passphrase
from app.doctor.sign_in import sign_in
from fer_core.findings import Place, Status

PROVIDER = """[auth]
redirect_uri = "https://fer.example.org/oauth2callback"
cookie_secret = "c-secret"
client_id = "fer"
client_secret = "s-secret"
server_metadata_url = "{url}"
"""


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("FER_") and name not in ("FER_HOME", "FER_YUNET")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def write_secrets(text: str) -> None:
    folder = Path(".streamlit")
    folder.mkdir(exist_ok=True)
    (folder / "secrets.toml").write_text(text)


def test_nobody_signs_in_on_loopback_and_a_network_is_refused():
    assert sign_in(Place("127.0.0.1")).status is Status.OK
    refused = sign_in(Place("0.0.0.0"))
    assert refused.status is Status.FAILING
    assert "anybody there could read" in refused.found
    assert sign_in(Place("127.0.0.1", url="https://fer.example.org")).status is Status.FAILING


def test_anonymous_is_a_warning(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FER_ALLOW_ANONYMOUS", "1")

    assert sign_in(Place("0.0.0.0")).status is Status.WARNING


def test_a_passphrase_and_a_malformed_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FER_PASSPHRASE_HASH", str(hash_passphrase("correct horse battery staple")))
    found = sign_in(Place("0.0.0.0"))
    assert found.status is Status.OK
    assert "recorder" in found.found
    assert "scrypt" not in found.found

    monkeypatch.setenv("FER_PASSPHRASE_HASH", "hunter2")
    assert sign_in(Place("0.0.0.0")).status is Status.FAILING


def test_a_provider_that_is_half_set_up_away_and_there(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FER_ROLES", "administrator=anna@example.org")
    write_secrets('[auth]\nclient_id = "fer"\n')
    found = sign_in(Place("0.0.0.0"))
    assert found.status is Status.FAILING
    assert "redirect_uri, cookie_secret, client_secret, server_metadata_url" in found.found

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"authorization_endpoint": "a", "token_endpoint": "b"}).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    monkeypatch.setattr("app.doctor.sign_in.find_spec", lambda _: True)
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        write_secrets(PROVIDER.format(url=f"http://127.0.0.1:{server.server_port}/"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = sign_in(Place("0.0.0.0"))
        assert found.status is Status.OK, found
        assert "ms" in found.found
        assert "secret" not in found.found
        server.shutdown()
    away = sign_in(Place("0.0.0.0"))
    assert away.status is Status.FAILING
    assert "does not answer" in away.found

    monkeypatch.delenv("FER_ROLES")
    assert "nobody is an administrator" in sign_in(Place("0.0.0.0")).found
