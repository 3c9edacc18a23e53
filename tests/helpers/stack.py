"""The parts of a deployment as plain processes on loopback."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection

import pytest

from app.access.passphrase import hash_passphrase
from tests.helpers import REPOSITORY
from tests.helpers.browser import studio
from tests.helpers.certificates import make_certificate
from tests.helpers.coturn import coturn
from tests.helpers.postgresql import postgresql

NGINX_CONF = REPOSITORY / "deploy" / "nginx.conf"
PASSPHRASE = "correct horse battery staple"
_SECRET = "north-wind-and-sun"


def nginx_program() -> str:
    """The test is skipped where it is not installed."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        pytest.skip("nginx is not installed; on Debian: apt-get install nginx-light")
    return found


def filled_in(variables: Mapping[str, str]) -> str:
    """deploy/nginx.conf as the container's start fills it in."""
    return re.sub(r"\$\{(FER_\w+)\}", lambda found: variables[found[1]], NGINX_CONF.read_text())


@contextmanager
def nginx(variables: Mapping[str, str], folder: Path, port: int) -> Iterator[None]:
    """One that answers on that port of loopback.

    Args:
        variables: see the file; FER_NGINX_FOLDER is this function's.
        folder: for its files.
        port: where to wait for it.
    """
    program = nginx_program()
    conf = folder / "nginx.conf"
    conf.write_text(filled_in(dict(variables) | {"FER_NGINX_FOLDER": str(folder)}))
    # Its workers would else be somebody who may not write to a test's folder.
    user = " user root;" if os.geteuid() == 0 else ""
    command = [program, "-p", str(folder), "-c", str(conf), "-g", f"daemon off;{user}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, "nginx ended at its start"
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("nginx did not answer within 20 s")


@dataclass(frozen=True)
class Stack:
    """What runs.

    Attributes:
        url: what people open.
        replicas: by the letter in nginx' cookie.
        database: its address.
        certificate: file of nginx' certificate, which nobody else has signed.
    """

    url: str
    replicas: dict[str, studio.Server]
    database: str
    certificate: Path


@contextmanager
def stack(folder: Path, host: str, environment: Mapping[str, str]) -> Iterator[Stack]:
    """nginx, two replicas, PostgreSQL and coturn; people sign in with PASSPHRASE.

    Args:
        folder: for their files.
        host: the name that people open.
        environment: more of the replicas'.
    """
    nginx_program()
    home, run = folder / "home", folder / "nginx"
    run.mkdir()
    certificate, key = make_certificate(folder, name=host)
    port = studio.free_port()
    with ExitStack() as running:
        relay = running.enter_context(coturn(_SECRET))
        database = running.enter_context(running.enter_context(postgresql()).database())
        of_replicas = {
            "FER_HOME": str(home),
            "DATABASE_URL": database,
            "STREAMLIT_SERVER_COOKIE_SECRET": "the same at both replicas",
            "FER_PASSPHRASE_HASH": str(hash_passphrase(PASSPHRASE)),
            "FER_TURN_URLS": f"turn:127.0.0.1:{relay.port}?transport=udp",
            "FER_TURN_SECRET": _SECRET,
            "FER_ALLOWED_HOSTS": f"{host}:{port}",
            "FER_TRUSTED_PROXIES": "127.0.0.1",
        } | dict(environment)
        replicas = {letter: running.enter_context(studio.serve(environment=of_replicas)) for letter in ("a", "b")}
        variables = {
            "FER_NAME": f"{host}:{port}",
            "FER_HTTPS_PORT": f"127.0.0.1:{port}",
            "FER_HTTP_PORT": f"127.0.0.1:{studio.free_port()}",
            "FER_CERTIFICATE": str(certificate),
            "FER_CERTIFICATE_KEY": str(key),
            "FER_REPLICA_A": replicas["a"].url.removeprefix("http://"),
            "FER_REPLICA_B": replicas["b"].url.removeprefix("http://"),
            "FER_RESOLVER": "127.0.0.1",
        }
        running.enter_context(nginx(variables, run, port))
        yield Stack(f"https://{host}:{port}", replicas, database, certificate)
