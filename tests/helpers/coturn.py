"""Debian's coturn as a STUN and TURN server on loopback, with short-lived credentials."""

import base64
import hashlib
import hmac
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import pytest

from tests.helpers.postgresql import free_port


@dataclass(frozen=True)
class Coturn:
    """A running one."""

    port: int
    secret: str

    def credentials(self, *, hours: float = 1) -> tuple[str, str]:
        """A user's name that tells when it ends, and its password."""
        username = f"{int(time.time() + hours * 3600)}:viewer"
        return username, base64.b64encode(
            hmac.new(self.secret.encode(), username.encode(), hashlib.sha1).digest()
        ).decode()


@contextmanager
def coturn(secret: str) -> Iterator[Coturn]:
    """One that is ready; the test is skipped where it is not installed."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("coturn is not installed; on Debian: apt-get install coturn")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        options = {
            "listening-ip": "127.0.0.1",
            "relay-ip": "127.0.0.1",
            "listening-port": port,
            "realm": "fer.test",
            "static-auth-secret": secret,
            "min-port": 49160,
            "max-port": 49200,
            "userdb": f"{folder}/turndb",
            "pidfile": f"{folder}/pid",
        }
        switches = ["-n", "--use-auth-secret", "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls"]
        process = subprocess.Popen(
            [program, *switches, "--log-file=stdout", *(f"--{name}={value}" for name, value in options.items())],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        try:
            _wait_for(port)
            yield Coturn(port, secret)
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("coturn did not start within 20 s")
