"""The doctor's row of the port: free, taken by others, and FER Studio's own."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from app.doctor.port import port
from fer_core.findings import Place, Status
from tests.helpers.postgresql import free_port


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """A web server that gives that answer to everything; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def test_a_free_port():
    found = port(Place("127.0.0.1", free_port()))

    assert found.status is Status.OK
    assert found.found.endswith("free")


def test_a_port_of_another_program():
    with answering(404, b"<html>not here</html>") as taken:
        found = port(Place("127.0.0.1", taken))

    assert found.status is Status.FAILING
    assert "another program has it" in found.found
    assert found.remedy


def test_our_own_health_is_known_well_or_not():
    for status in (200, 503):
        with answering(status, json.dumps({"state": "fine", "store": "down", "n": 3}).encode()) as taken:
            found = port(Place("127.0.0.1", taken))
        assert found.status is Status.OK
        assert "FER Studio itself answers (state fine, store down)" in found.found


def test_an_address_that_is_not_ours():
    for address in ("198.51.100.7", "no-such-host.invalid"):
        found = port(Place(address, 8501))
        assert found.status is Status.FAILING
        assert "address" in found.found
