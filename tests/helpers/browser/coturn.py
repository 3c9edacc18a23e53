"""Debian's coturn on loopback: a real relay (TURN server) for the browser tests."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.browser.studio import LOOPBACK
from tests.helpers.processes import end

RELAY_PORTS = (49160, 49260)


@dataclass(frozen=True)
class Relay:
    """A running relay: its address, and the secret that it shares with the app."""

    port: int
    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def url(self, transport: str) -> str:
        """Its address, by "udp" or "tcp"."""
        return f"turn:{LOOPBACK}:{self.port}?transport={transport}"

    @property
    def urls(self) -> str:
        """Both of its addresses, as FER_TURN_URLS wants them."""
        return f"{self.url('udp')},{self.url('tcp')}"


def coturn_path() -> str | None:
    """The system's coturn, if there is one."""
    return shutil.which("turnserver")


@contextlib.contextmanager
def relay(folder: Path) -> Iterator[Relay]:
    """A relay on a free port of loopback, with its files in that folder."""
    program = coturn_path()
    assert program is not None
    running = Relay(_free_port())
    lowest, highest = RELAY_PORTS
    process = subprocess.Popen(
        [
            program,
            "-n",  # no configuration file
            f"--listening-ip={LOOPBACK}",
            f"--listening-port={running.port}",
            f"--relay-ip={LOOPBACK}",
            "--realm=fer.test",
            "--use-auth-secret",
            f"--static-auth-secret={running.secret}",
            "--allow-loopback-peers",
            "--no-cli",
            "--no-tls",
            "--no-dtls",
            f"--min-port={lowest}",
            f"--max-port={highest}",
            f"--pidfile={folder / 'coturn.pid'}",
            f"--userdb={folder / 'coturn.sqlite'}",
            f"--log-file={folder / 'coturn.log'}",
            "--simple-log",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_listens(running.port, process)
        yield running
    finally:
        end(process)


def _free_port() -> int:
    """One that is free for both transports."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind((LOOPBACK, 0))
        port: int = tcp.getsockname()[1]
        udp.bind((LOOPBACK, port))
        return port


def _wait_until_it_listens(port: int, process: "subprocess.Popen[bytes]", timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"coturn ended with status {process.returncode} before it answered")
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError(f"coturn did not answer within {timeout_s:.0f} s")
