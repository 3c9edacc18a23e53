"""The parts of a deployment as plain processes on loopback."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from socket import create_connection

import pytest

from tests.helpers import REPOSITORY

NGINX_CONF = REPOSITORY / "deploy" / "nginx.conf"


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
