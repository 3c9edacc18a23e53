"""The doctor's row of TLS: real certificates, sound, ending, expired, and of another key."""

import ssl
import threading
from collections.abc import Callable
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from app.doctor.certificate import tls
from fer_core.findings import Place, Status
from tests.helpers.certificates import make_certificate


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STREAMLIT_SERVER_SSL_CERT_FILE", "STREAMLIT_SERVER_SSL_KEY_FILE", "FER_TRUSTED_PROXIES"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("days", "status", "words"),
    [(60, Status.OK, "valid until"), (5, Status.WARNING, "valid until"), (-1, Status.FAILING, "expired on")],
)
def test_by_its_end(certified: Callable[[int], Path], days: int, status: Status, words: str):
    certified(days)
    found = tls(Place())

    assert found.status is status
    assert words in found.found
    assert bool(found.remedy) is (status is not Status.OK)


def test_the_key_of_another(certified: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    certified(60)
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("STREAMLIT_SERVER_SSL_KEY_FILE", str(make_certificate(other)[1]))

    assert tls(Place()).status is Status.FAILING
    assert "is not the key of" in tls(Place()).found


def test_half_of_it_missing_or_no_certificate(
    certified: Callable[[int], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    certificate = certified(60)
    certificate.write_text("none")
    assert "not a certificate" in tls(Place()).found
    certificate.unlink()
    assert "No such file" in tls(Place()).found
    monkeypatch.delenv("STREAMLIT_SERVER_SSL_KEY_FILE")
    assert "half of it" in tls(Place()).found
    assert tls(Place()).status is Status.FAILING


def test_without_one_loopback_is_fine_a_proxy_too_and_a_network_is_warned_of(monkeypatch: pytest.MonkeyPatch):
    assert tls(Place("localhost")).status is Status.OK
    assert tls(Place("0.0.0.0")).status is Status.WARNING
    assert "no camera" in tls(Place("0.0.0.0")).found
    monkeypatch.setenv("FER_TRUSTED_PROXIES", "10.0.0.1")
    assert tls(Place("0.0.0.0")).status is Status.OK


def test_what_people_see_at_the_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = Place(url=f"https://localhost:{server.server_port}/")
        unknown = tls(place)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # whom this machine trusts
        trusted = tls(place)
        server.shutdown()

    assert unknown.status is Status.FAILING
    assert "self-signed" in unknown.found
    assert trusted.status is Status.OK
    assert "valid until" in trusted.found
    assert tls(place).status is Status.FAILING, "nobody is there any more"
    assert tls(Place(url="http://localhost")).status is Status.FAILING
