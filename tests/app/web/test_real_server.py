"""The real app, started as `make run` does: what gets in, what monitors read, and what its log says."""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.helpers.browser import studio
from tests.helpers.faces import wait_until
from tests.helpers.web_requests import ask, knock

SECRETS = {"X-Forwarded-For": "198.51.100.77", "Cookie": "fer=cookie-secret"}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "zwetschge"


@pytest.fixture(scope="module")
def port(log: Path, home: Path) -> Iterator[int]:
    own = {"FER_HOME": str(home), "DATABASE_URL": "", "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with studio.serve(environment=own, log=log) as server:
        yield int(server.url.rpartition(":")[2])


def tab(port: int) -> ClientConnection:
    own, protocols = Origin(f"http://127.0.0.1:{port}"), [Subprotocol("streamlit")]
    return connect(f"ws://127.0.0.1:{port}/_stcore/stream", origin=own, subprotocols=protocols)


def test_a_rebound_name_and_another_local_page_are_refused(port):
    assert knock(port).status == 101
    assert knock(port, host=f"localhost:{port}").status == 101
    assert knock(port, host=f"evil.example:{port}").status == 421
    assert ask(port, Host=f"evil.example:{port}").status == 421
    for origin in (f"http://127.0.0.1:{port - 1}", "http://localhost:3000", f"http://localhost:{port}", None):
        assert knock(port, origin=origin).status == 403


def test_no_program_of_this_machine_is_a_proxy_by_itself(port):
    """uvicorn would believe it."""
    assert knock(port, origin=f"https://127.0.0.1:{port}", X_Forwarded_Proto="https").status == 403
    assert "strict-transport-security" not in ask(port, X_Forwarded_Proto="https").headers


def test_a_monitor_hears_that_all_is_well(port):
    answer = ask(port, "/healthz")

    assert answer.status == 200
    assert json.loads(answer.text) == {"store": "ok", "model": "ok"}


def test_a_balancer_hears_that_there_is_room_by_any_address(port):
    answer = ask(port, "/fer/ready", Host="replica-a:8501")

    assert (answer.status, json.loads(answer.text)) == (200, {"admits": True})
    assert ask(port, X_Fer_Newcomer="1", Accept="text/html").status == 200


def test_metrics_count_tabs_and_name_nothing(port, home):
    before = metrics(port)
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(tab(port))
        wait_until(lambda: metrics(port)["fer_tabs"] == before["fer_tabs"] + 3)

    wait_until(lambda: metrics(port)["fer_tabs"] == before["fer_tabs"])
    assert before["process_resident_memory_bytes"] > 50e6
    assert before["process_threads"] >= 3
    assert before["process_open_fds"] >= 3
    assert {"fer_viewers", "fer_viewers_limit", "fer_admission_open"} <= before.keys()
    assert {"fer_results_total", "fer_results_per_second", "fer_analysis_jobs"} <= before.keys()
    text = ask(port, "/metrics").text
    assert not re.search(rf"/|\d+\.\d+\.\d+|{re.escape(home.name)}|{os.uname().nodename}", text)


def metrics(port: int) -> dict[str, float]:
    rows = [line.split() for line in ask(port, "/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


@pytest.mark.parametrize("megabytes", [5, 33])
def test_a_tab_that_sends_a_huge_message_is_closed(port, megabytes):
    with tab(port) as socket:
        with contextlib.suppress(ConnectionClosed):
            socket.send(bytes(megabytes << 20))
        with pytest.raises(ConnectionClosed) as closed:
            hear_all(socket)

    # Where the server has cut it off in the middle, the client may hear no reason.
    assert closed.value.rcvd is None or closed.value.rcvd.code == 1009


def hear_all(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=20)


def test_the_log_has_no_keys_addresses_cookies_or_queries(port, log):
    """Beside what the other tests did."""
    ask(port, "/fer/results/a-secret-key")
    knock(port, "/fer/results/a-secret-key?token=query-secret")
    ask(port, "/media/media-key.mp4?token=query-secret", **SECRETS)
    ask(port, "/sign-in?next=/sessions%3Fq%3Dquery-secret")
    ask(port, "/_stcore/upload_file/tab-secret/file", method="PUT", body=b"x", Origin=f"http://127.0.0.1:{port}")

    said = log.read_text()
    for secret in ("a-secret-key", "media-key", "query-secret", "cookie-secret", "198.51.100.77", "tab-secret"):
        assert secret not in said
    assert "Refused: " in said
    assert "without completing handshake" not in said
    assert "Traceback" not in said
