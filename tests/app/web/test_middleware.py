"""A real server behind the middleware: who is answered, how much, and with which headers."""

import contextlib
import json
import logging
import socket
from collections.abc import Iterable, Iterator

import pytest
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from app.live import stills
from app.web.limits import MAX_BODY_BYTES, UPLOAD_FRAMING_BYTES, HeldFiles, Limits, tabs
from app.web.middleware import closed_by_default
from app.web.own_pages import OwnPages, note_on_hosts
from app.web.settings import MEGABYTE, WebSettings
from tests.helpers.faces import wait_until
from tests.helpers.web_requests import Answer, ask, handshake, knock, served

UPLOAD = "/_stcore/upload_file/tab/file"
OR_REMOVE = "Start with those, or remove some."
HELD = HeldFiles(files=2, tab_bytes=MEGABYTE, all_bytes=2 * MEGABYTE)


def account(headers: Iterable[tuple[bytes, bytes]]) -> str:
    return dict(headers).get(b"x-test-account", b"").decode()


@contextlib.contextmanager
def closed(address: str = "127.0.0.1", **environment: str) -> Iterator[int]:
    settings = WebSettings.from_environment(environment)
    parts = closed_by_default(settings, address=address, max_upload_mb=2, held=lambda _tab: HELD, account_of=account)
    with served(parts) as port:
        yield port


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server of this machine, as `make run` starts one."""
    with closed() as port:
        yield port


@pytest.fixture(scope="module")
def behind_proxy() -> Iterator[int]:
    """A server that trusts a proxy on this machine, and knows its own name."""
    with closed(
        "0.0.0.0",
        FER_ALLOWED_HOSTS="studio.example.org",
        FER_TRUSTED_PROXIES="127.0.0.1",
        FER_EMBED_IN="https://portal.example.org",
        FER_METRICS_TOKEN="a-token-of-enough-letters",
        FER_MAX_TABS="3",
        FER_MAX_TABS_PER_USER="2",
    ) as port:
        yield port


def change(port: int, **headers: str) -> Answer:
    return ask(port, "/anything", method="POST", body=b"x", **headers)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
def test_this_machines_own_names_are_answered_with_any_port(port, name):
    assert ask(port, Host=f"{name}:1234").status == 200
    assert change(port, Host=f"{name}:1234", Origin=f"http://{name}:1234").status == 200
    assert knock(port, host=f"{name}:1234").status == 101


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "localhost.evil.example", "192.0.2.1"])
def test_a_name_that_was_pointed_at_this_machine_is_refused(port, host):
    answer = ask(port, Host=host)

    assert answer.status == 421
    assert answer.text.startswith(f"This server does not answer for the host {host}. FER_ALLOWED_HOSTS ")
    assert knock(port, host=host).status == 421
    assert change(port, Host=host, Origin=f"http://{host}").status == 421


@pytest.mark.parametrize(
    "origin", [None, "null", "http://127.0.0.1:1", "http://localhost:{port}", "https://127.0.0.1:{port}"]
)
def test_a_page_from_elsewhere_may_change_nothing_and_open_no_websocket(port, origin):
    said = origin and origin.format(port=port)
    headers = {} if said is None else {"Origin": said}

    for answer in (change(port, **headers), knock(port, origin=said), knock(port, "/fer/results/key", origin=said)):
        assert answer.status == 403
        assert answer.text == f"This server answers only its own pages here, those of http://127.0.0.1:{port}.\n"
    assert ask(port, "/anything", method="DELETE", **headers).status == 403
    assert ask(port, "/anything", method="PUT", body=b"", **headers).status == 403
    assert ask(port, "/anything", **headers).status == 200, "links from elsewhere lead here"


def test_a_request_must_name_one_host(port):
    assert ask(port, Host="a b").status == 400
    assert ask(port, Host="").status == 400


def test_refusals_are_logged_once_a_minute(caplog):
    with closed() as port, caplog.at_level(logging.WARNING, "app.web"):
        for _ in range(3):
            ask(port, Host="evil.example")
            knock(port, origin="http://evil.example")

    said = [record.getMessage() for record in caplog.records if record.name.startswith("app.web")]
    assert len(said) == 2
    assert [text.startswith("Refused: This server ") for text in said] == [True, True]


@pytest.mark.parametrize(
    ("address", "server", "host", "status"),
    [
        ("0.0.0.0", "192.0.2.7", "192.0.2.7:8501", 200),
        ("0.0.0.0", "192.0.2.7", "192.0.2.8:8501", 421),
        ("0.0.0.0", "192.0.2.7", "localhost:8501", 421),
        ("0.0.0.0", "127.0.0.1", "localhost:8501", 200),
        ("", "::ffff:192.0.2.7", "192.0.2.7", 200),
        ("::", "2001:db8::7", "[2001:db8::7]:8501", 200),
        ("studio.local", "192.0.2.7", "studio.local:8501", 200),
        ("studio.local", "192.0.2.7", "other.local:8501", 421),
    ],
)
@pytest.mark.anyio
async def test_on_a_network_a_server_answers_for_the_address_that_was_reached(address, server, host, status):
    """No machine of a test has these addresses, so this one asks without a connection."""
    statuses: list[int] = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        statuses.append(200)

    async def send(message) -> None:
        statuses.extend([message["status"]] if message["type"] == "http.response.start" else [])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())], "server": (server, 1)}
    await OwnPages(app, WebSettings(), address)(scope, None, send)  # type: ignore[arg-type]

    assert statuses == [status]


def test_a_network_without_names_is_told_what_to_set():
    named = WebSettings.from_environment({"FER_ALLOWED_HOSTS": "a"})

    assert "FER_ALLOWED_HOSTS=" in note_on_hosts(WebSettings(), "0.0.0.0")
    assert note_on_hosts(WebSettings(), "").startswith("FER Studio listens at every address of this machine ")
    assert note_on_hosts(WebSettings(), "192.0.2.7").startswith("FER Studio listens at 192.0.2.7 ")
    assert [note_on_hosts(WebSettings(), here) for here in ("localhost", "127.0.0.1", "::1")] == ["", "", ""]
    assert note_on_hosts(named, "0.0.0.0") == ""


PROXIED = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "studio.example.org", "X_Forwarded_For": "198.51.100.9"}


def test_a_trusted_proxy_is_believed(behind_proxy):
    said = json.loads(ask(behind_proxy, **PROXIED).text)

    assert said == {"host": "studio.example.org", "scheme": "https", "client": "198.51.100.9", "body": 0}
    own = "https://studio.example.org"
    assert knock(behind_proxy, origin=own, **PROXIED).status == 101
    assert change(behind_proxy, Origin=own, **PROXIED).status == 200
    assert knock(behind_proxy, origin="http://studio.example.org", **PROXIED).status == 403, "another scheme"


def test_what_clients_wrote_before_the_proxy_is_not_believed(behind_proxy):
    said = json.loads(ask(behind_proxy, **PROXIED | {"X_Forwarded_For": "127.0.0.1, 203.0.113.5, 127.0.0.1"}).text)

    assert said["client"] == "203.0.113.5"


def test_anybody_else_is_not_believed_and_is_told_so(port):
    said = json.loads(ask(port, X_Forwarded_Proto="https", X_Forwarded_For="198.51.100.9").text)

    assert (said["scheme"], said["client"]) == ("http", "127.0.0.1")
    answer = knock(port, host="localhost", origin="https://localhost", X_Forwarded_Proto="https")
    assert answer.status == 403
    assert answer.text.endswith(" Behind a proxy, set FER_TRUSTED_PROXIES to the proxy's address.\n")


HEADERS = ("content-security-policy", "x-content-type-options", "referrer-policy", "permissions-policy")


def test_every_answer_has_the_headers(port):
    refused = (ask(port, Host="evil.example"), change(port, Origin="null"), knock(port, origin="null"))
    for answer in (ask(port), *refused, ask(port, "/fail"), ask(port, "/media/film.mp4")):
        assert all(name in answer.headers for name in HEADERS), answer
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-frame-options"] == "SAMEORIGIN"
        assert "strict-transport-security" not in answer.headers
    assert ask(port, "/fail").text == "The server could not answer this. Try again.\n"


def test_a_page_runs_only_this_servers_scripts(port):
    page = ask(port).headers["content-security-policy"]
    scripts = next(part for part in page.split("; ") if part.startswith("script-src "))

    assert "unsafe-inline" not in scripts
    assert "'unsafe-eval'" not in scripts
    assert "'sha256-" in scripts
    media = ask(port, "/media/report.html").headers["content-security-policy"]
    assert "default-src 'none'" in media
    assert "sandbox" in media
    assert "script-src" not in media


def test_who_embeds_and_tls(behind_proxy):
    answer = ask(behind_proxy, **PROXIED)

    assert "frame-ancestors 'self' https://portal.example.org" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    plain = ask(behind_proxy, Host="studio.example.org")
    assert plain.status == 200
    assert "strict-transport-security" not in plain.headers


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_is_refused(port, chunked):
    own = {"Origin": f"http://127.0.0.1:{port}"}

    fits = ask(port, "/anything", method="POST", body=b"x" * MAX_BODY_BYTES, chunked=chunked, **own)
    large = ask(port, "/anything", method="POST", body=b"x" * (MAX_BODY_BYTES + 1), chunked=chunked, **own)

    assert json.loads(fits.text)["body"] == MAX_BODY_BYTES
    assert (large.status, large.text) == (413, "The body of this request is larger than 64 kB.\n")


def test_a_snapshot_of_the_camera_may_be_larger(port):
    own = {"Origin": f"http://127.0.0.1:{port}"}
    still = f"/{stills.PATH}key"

    fits = ask(port, still, method="POST", body=bytes(stills.MAX_STILL_BYTES), **own)
    large = ask(port, still, method="POST", body=bytes(stills.MAX_STILL_BYTES + 1), **own)

    assert json.loads(fits.text)["body"] == stills.MAX_STILL_BYTES
    assert (large.status, large.text) == (413, "The body of this request is larger than 1024 kB.\n")


@pytest.mark.parametrize(
    ("environment", "size", "words"),
    [
        ({}, 2 * MEGABYTE + UPLOAD_FRAMING_BYTES, ""),
        ({}, 2 * MEGABYTE + UPLOAD_FRAMING_BYTES + 1, "This file is larger than 2 MB."),
        ({"FER_MAX_TAB_FILES_MB": "2"}, MEGABYTE, ""),
        (
            {"FER_MAX_TAB_FILES_MB": "2"},
            MEGABYTE + 1,
            f"This page holds no more than 2 MB of files. {OR_REMOVE}",
        ),
        ({"FER_MAX_TAB_FILES": "2"}, 1, f"This page holds no more than 2 files. {OR_REMOVE}"),
        ({"FER_MAX_FILES_MB": "2"}, 1, "This server holds too many files now. Try again in a few minutes."),
    ],
)
def test_uploads_have_limits_for_a_file_a_tab_and_all(environment, size, words):
    with closed(**environment) as port:
        own = {"Origin": f"http://127.0.0.1:{port}"}
        answer = ask(port, UPLOAD, method="PUT", body=bytes(size), **own)
        unsized = ask(port, UPLOAD, method="PUT", body=b"x", chunked=True, **own)
        removed = ask(port, UPLOAD, method="DELETE", **own)

    assert (answer.status, answer.text.strip()) == (413, words) if words else answer.status == 200
    assert (unsized.status, unsized.text) == (411, "An upload must say its size.\n")
    assert removed.status == 200


def test_uploads_that_come_at_once_count_together():
    with closed(FER_MAX_TAB_FILES_MB="2") as port, contextlib.ExitStack() as stack:
        own = f"http://127.0.0.1:{port}"
        head = f"PUT {UPLOAD} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {own}\r\nContent-Length: {MEGABYTE}\r\n\r\n"
        waiting = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
        waiting.sendall(head.encode())  # says its size, and sends nothing yet
        wait_until(lambda: ask(port, UPLOAD, method="PUT", body=b"x", Origin=own).status == 413)


def test_tabs_have_limits_for_one_client_and_for_all(behind_proxy):
    own = {"origin": "https://studio.example.org"}
    other = PROXIED | {"X_Forwarded_For": "198.51.100.10"}
    page = {"Accept": "text/html"}
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            assert stack.enter_context(handshake(behind_proxy, **own, **PROXIED))[1].status == 101
        third, load = knock(behind_proxy, **own, **PROXIED), ask(behind_proxy, **page, **PROXIED)
        assert third.status == load.status == 429
        assert third.text == load.text == "2 of your tabs are open here. Close some, then load this again.\n"
        assert ask(behind_proxy, "/static/app.js", **PROXIED).status == 200
        assert knock(behind_proxy, "/fer/results/key", **own, **PROXIED).status == 101, "no tab"

        assert stack.enter_context(handshake(behind_proxy, **own, **other))[1].status == 101
        full = knock(behind_proxy, **own, **PROXIED | {"X_Forwarded_For": "198.51.100.11"})
        assert (full.status, full.text) == (429, "This server is busy: 3 tabs are open. Try again in a few minutes.\n")
    wait_until(lambda: len(tabs()) == 0)
    assert knock(behind_proxy, **own, **PROXIED).status == 101


@pytest.mark.parametrize("times_closed", [1, 2])
@pytest.mark.anyio
async def test_a_tab_that_goes_while_it_is_written_to_is_no_fault(times_closed):
    """Closing twice is what Streamlit does then; any other error of the app stays one."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        for _ in range(times_closed):
            await websocket.close()
        raise ValueError(times_closed)

    async def send(_message) -> None:
        pass

    scope = {"type": "websocket", "path": "/_stcore/stream", "headers": [], "client": ("127.0.0.1", 1)}
    limits = Limits(app, WebSettings(), max_upload_bytes=1, held=lambda _tab: HELD, account_of=account)
    with pytest.raises(ValueError, match="1") if times_closed == 1 else contextlib.nullcontext():
        await limits(scope, None, send)  # type: ignore[arg-type]


def test_an_account_counts_wherever_it_is(behind_proxy):
    own = {"origin": "https://studio.example.org", "X_Test_Account": "anna"}
    with contextlib.ExitStack() as stack:
        for last in ("1", "2"):
            client = PROXIED | {"X_Forwarded_For": f"198.51.100.{last}"}
            assert stack.enter_context(handshake(behind_proxy, **own, **client))[1].status == 101
        assert knock(behind_proxy, **own, **PROXIED).status == 429
        assert knock(behind_proxy, **own | {"X_Test_Account": "ben"}, **PROXIED).status == 101
    wait_until(lambda: len(tabs()) == 0)


def test_an_ipv6_client_counts_by_its_network(behind_proxy):
    own = {"origin": "https://studio.example.org"}
    with contextlib.ExitStack() as stack:
        for last in ("1", "2"):
            client = PROXIED | {"X_Forwarded_For": f"2001:db8::{last}"}
            assert stack.enter_context(handshake(behind_proxy, **own, **client))[1].status == 101
        assert knock(behind_proxy, **own, **PROXIED | {"X_Forwarded_For": "2001:db8::3"}).status == 429
        assert knock(behind_proxy, **own, **PROXIED | {"X_Forwarded_For": "2001:db8:0:1::3"}).status == 101
    wait_until(lambda: len(tabs()) == 0)


@pytest.mark.parametrize("path", ["/metrics", "/_stcore/metrics"])
def test_metrics_are_for_this_machine_or_the_bearer_of_the_token(port, behind_proxy, path):
    assert ask(port, path).status == 200
    for through_proxy in ({"X_Forwarded_For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"Host": "evil.example"}):
        assert ask(port, path, **through_proxy).status == 403
    host = {"Host": "studio.example.org"}
    assert ask(behind_proxy, path, **host).status == 403
    assert ask(behind_proxy, path, **host, Authorization="Bearer a-token-of-other-letters").status == 403
    assert ask(behind_proxy, path, **host, Authorization="Bearer a-token-of-enough-letters").status == 200


@pytest.mark.parametrize("path", ["/metrics%0A", "/_stcore/metrics%0a", "/healthz%0A", "/a%00b", "/page%7F"])
def test_no_address_has_control_characters(port, path):
    """The router takes "/metrics" and a line break for "/metrics"; so did the one of Streamlit's WebSocket."""
    assert ask(port, path, X_Forwarded_For="198.51.100.7").status == 400
    assert knock(port, "/_stcore/stream%0A").status == 400


def test_monitors_may_ask_by_any_address(port, behind_proxy):
    assert ask(port, "/healthz", Host="10.1.2.3:8501").status == 200
    token = "Bearer a-token-of-enough-letters"
    assert ask(behind_proxy, "/metrics", Host="10.1.2.3", Authorization=token).status == 200
    assert ask(port, "/healthz", method="POST", Host="10.1.2.3:8501").status == 421
