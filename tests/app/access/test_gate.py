"""Who gets an answer, and the way in by passphrase: the real middleware and routes, asked by a client."""

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.access import cookie, server, sign_in
from app.access.gate import PRIVATE, Gate
from app.access.passphrase import Attempts, hash_passphrase
from app.access.settings import AccessSettings
from app.access.types import AccessMode, Role
from app.server import ServerResource
from app.web.proxies import has_word_of_proxy

WORDS = "correct horse battery"
HASH = hash_passphrase(WORDS)
SECRET = "a secret of this test"


async def _page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("private")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("private")
    await socket.close()


@pytest.fixture
def mode() -> AccessMode:
    """How people get in, where a test does not say otherwise."""
    return AccessMode.PASSPHRASE


@pytest.fixture
def client(mode: AccessMode, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    here = AccessSettings(mode=mode, passphrase=HASH, grants=((Role.RECORDER, "*"),))
    monkeypatch.setattr(server, "settings", ServerResource(lambda: here, f"settings of {mode}"))
    monkeypatch.setattr(server, "attempts", ServerResource(Attempts, f"attempts of {mode}"))
    monkeypatch.setattr(server, "cookie_secret", lambda: SECRET)
    everything = [WebSocketRoute("/{path:path}", _socket), Route("/{path:path}", _page, methods=["GET", "PUT", "POST"])]
    app = Starlette(routes=[*sign_in.routes(), *everything], middleware=[Middleware(Gate, has_word_of_proxy)])
    with TestClient(app, base_url="https://fer.example.org", follow_redirects=False) as client:
        yield client
    server.settings.clear()
    server.attempts.clear()


@pytest.mark.parametrize(
    "path", ["/", "/sessions", "/media/a.mp4", "/fer/results/key", "/_stcore/host-config", "/static/a.js"]
)
def test_without_the_passphrase_nothing_is_answered(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.json() == {"error": "Sign in first."}
    assert client.put(path).status_code == 401
    with pytest.raises(WebSocketDisconnect) as closed, client.websocket_connect(path):
        pass
    assert closed.value.code == 1008


def test_a_page_leads_to_the_way_in_and_from_there_on(client: TestClient) -> None:
    answer = client.get("/sessions?id=3", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/sessions%3Fid%3D3")
    asked = client.get(answer.headers["location"])
    assert 'name="next" value="/sessions?id=3"' in asked.text
    entered = client.post("/sign-in", data={"passphrase": WORDS, "next": "/sessions?id=3"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/sessions?id=3")
    kept = entered.headers["set-cookie"]
    assert "HttpOnly" in kept
    assert "Secure" in kept
    assert "SameSite=lax" in kept
    assert client.get("/sessions").text == "private"
    with client.websocket_connect("wss://fer.example.org/_stcore/stream") as socket:
        assert socket.receive_text() == "private"


def test_the_way_out_takes_the_cookie_away(client: TestClient) -> None:
    client.post("/sign-in", data={"passphrase": WORDS})
    assert client.get("/").status_code == 200
    client.get("/sign-out")
    assert client.get("/").status_code == 401


@pytest.mark.parametrize(
    "then",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/sign-out", ""],
)
def test_the_way_in_leads_nowhere_else(client: TestClient, then: str) -> None:
    assert 'value="/"' in client.get("/sign-in", params={"next": then}).text
    entered = client.post("/sign-in", data={"passphrase": WORDS, "next": then})
    assert entered.headers["location"] == "/"


def test_what_stands_in_the_address_is_not_taken_for_a_page(client: TestClient) -> None:
    text = client.get("/sign-in", params={"next": '/"><script>alert(1)</script>'}).text
    assert "<script>" not in text


def test_a_wrong_passphrase_is_told_and_after_five_one_waits(client: TestClient) -> None:
    for _ in range(Attempts.FREE):
        answer = client.post("/sign-in", data={"passphrase": "wrong"})
        assert answer.status_code == 403
        assert "This is not the passphrase." in answer.text
        assert "set-cookie" not in answer.headers
    answer = client.post("/sign-in", data={"passphrase": WORDS})
    assert answer.status_code == 429, "the right one must wait as well, else the wait tells which it is"
    assert "Wait 2 seconds" in answer.text
    assert answer.headers["retry-after"] == "2"


def test_a_long_body_is_refused_unread(client: TestClient) -> None:
    answer = client.post("/sign-in", content=b"passphrase=" + b"x" * 10_000)
    assert answer.status_code == 413


def test_a_cookie_counts_with_its_secret_passphrase_role_and_time_alone() -> None:
    here = AccessSettings(mode=AccessMode.PASSPHRASE, passphrase=HASH)
    value = cookie.make_cookie(here, SECRET)
    assert cookie.is_signed_in(value, here, SECRET)
    assert not cookie.is_signed_in(value, here, "another secret")
    assert not cookie.is_signed_in(value[:-9] + ("A" if value[-9] != "A" else "B") + value[-8:], here, SECRET)
    assert not cookie.is_signed_in("", here, SECRET)
    other = AccessSettings(mode=AccessMode.PASSPHRASE, passphrase=hash_passphrase(WORDS))
    assert not cookie.is_signed_in(value, other, SECRET), "the passphrase was set anew"
    higher = AccessSettings(mode=AccessMode.PASSPHRASE, passphrase=HASH, passphrase_role=Role.ADMINISTRATOR)
    assert not cookie.is_signed_in(value, higher, SECRET), "it must not grow with the role"
    over = AccessSettings(mode=AccessMode.PASSPHRASE, passphrase=HASH, hours=-1)
    assert not cookie.is_signed_in(value, over, SECRET)
    with pytest.raises(ValueError, match="secret"):
        cookie.make_cookie(here, "")


@pytest.mark.parametrize("other", ["odd", 'theme={"dark": true}', "a[b]=1", "gr\xfc\xdfe=1", 'half="quoted'])
def test_cookies_of_other_programs_of_this_host_are_passed_over(client: TestClient, other: str) -> None:
    here = AccessSettings(mode=AccessMode.PASSPHRASE, passphrase=HASH)
    own = f"{cookie.NAME}={cookie.make_cookie(here, SECRET)}"
    for header in (f"{other}; {own}", f"{own}; {other}"):
        assert client.get("/media/a.mp4", headers={b"Cookie": header.encode("latin-1")}).text == "private"


@pytest.mark.parametrize("mode", [AccessMode.OIDC])
def test_with_a_provider_the_page_asks_and_everything_private_is_refused(client: TestClient) -> None:
    for path in ("/", "/sessions", "/static/a.js", "/_stcore/host-config"):
        assert client.get(path).text == "private", path
    for path in PRIVATE:
        assert client.get(f"{path}x").status_code == 401, path
        assert client.put(f"{path}x").status_code == 401, path
        with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"{path}x"):
            pass


@pytest.mark.parametrize("mode", [AccessMode.OPEN, AccessMode.ANONYMOUS])
def test_where_nobody_signs_in_all_is_answered(client: TestClient) -> None:
    assert client.get("/media/a.mp4").text == "private"
    assert client.get("/sign-in").headers["location"] == "/"
    assert client.post("/sign-in", data={"passphrase": WORDS}).headers["location"] == "/"


@pytest.mark.parametrize("mode", [AccessMode.OPEN])
@pytest.mark.parametrize("word", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded"])
def test_an_open_server_answers_nobody_through_a_proxy(client: TestClient, word: str) -> None:
    for path in ("/", "/media/a.mp4", "/_stcore/host-config"):
        assert client.get(path, headers={word: "198.51.100.7"}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/_stcore/stream", headers={word: "198.51.100.7"}),
    ):
        pass
    assert client.get("/healthz", headers={word: "198.51.100.7"}).text == "private"


def test_health_is_answered_to_everybody(client: TestClient) -> None:
    for path in ("/healthz", "/_stcore/health"):
        assert client.get(path).text == "private"
