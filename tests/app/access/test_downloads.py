"""Links and keys of another user are answered like ones that do not exist: the real middleware, asked by a client."""

import contextlib
import json
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.access import downloads, server
from app.access.downloads import STREAM, OwnDownloads, ToldLinks
from app.access.gate import Gate
from app.access.settings import AccessSettings
from app.access.types import AccessMode, Role, User
from app.live.channel import PATH, ResultsChannel
from app.live.socket import FORGOTTEN, serve_results
from app.server import ServerResource
from tests.helpers.people import ANNA, BEN

LINK = "/media/7f3c2a9e5b7d4f10a2c4e6f8091b2d3f7f3c2a9e5b7d4f10.zip"
NUMBER = "0123456789abcdef" * 2
PEOPLE = {b"who=anna": ANNA, b"who=ben": BEN}

CARA = User("account-cara", "Cara", frozenset({Role.RECORDER}))
RECORDING: set[str] = set()
"""Owners of recordings that go on."""


async def _file(_: Request) -> PlainTextResponse:
    return PlainTextResponse("frames")


async def _stream(socket: WebSocket) -> None:
    """Shows what a page of Streamlit shows, or says back what reached it."""
    await socket.accept()
    told = ForwardMsg()
    button = told.delta.new_element.download_button
    match socket.query_params.get("show"):
        case "typed":
            told.delta.new_element.text_area.value = LINK
            button.label, button.help = NUMBER, LINK
        case "number":
            button.deferred_file_id = NUMBER
        case _:
            button.url = LINK
    await socket.send_bytes(told.SerializeToString())
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.send_bytes(await socket.receive_bytes())


def user_of(headers: list[tuple[bytes, bytes]]) -> User | None:
    return PEOPLE.get(dict(headers).get(b"cookie", b""))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A server whose cookies say plainly who asks; how they are signed is tried in test_gate."""
    here = AccessSettings(mode=AccessMode.OIDC)
    monkeypatch.setattr(server, "settings", ServerResource(lambda: here, f"{__name__} settings"))
    monkeypatch.setattr(server, "user_of_headers", user_of)
    monkeypatch.setattr(downloads, "kept", lambda _, make: make())
    monkeypatch.setitem(PEOPLE, b"who=cara", CARA)  # whose sign-in may end
    routes = [
        WebSocketRoute(STREAM, _stream),
        WebSocketRoute(f"/{PATH}{{key}}", serve_results),
        Route("/media/{name}", _file),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Gate), Middleware(OwnDownloads, RECORDING.__contains__)])
    with TestClient(app, base_url="http://fer.example.org") as client:
        yield client
    server.settings.clear()
    RECORDING.clear()


def cookie(who: str) -> dict[str, str]:
    return {"Cookie": f"who={who}"}


def test_a_link_is_answered_to_whom_it_was_told(client: TestClient) -> None:
    assert client.get(LINK, headers=cookie("anna")).status_code == 404, "nobody was told it yet"
    with client.websocket_connect(STREAM, headers=cookie("anna")) as socket:
        assert LINK.encode() in socket.receive_bytes()

    assert client.get(LINK, headers=cookie("anna")).text == "frames"
    assert client.head(LINK, headers=cookie("anna")).status_code == 200
    for method in ("GET", "HEAD"):
        answer = client.request(method, LINK, headers=cookie("ben"))
        assert answer.status_code == 404
        assert "frames" not in answer.text
    assert client.get(LINK).status_code == 401
    with client.websocket_connect(STREAM, headers=cookie("ben")) as socket:
        socket.receive_bytes()
    assert client.get(LINK, headers=cookie("ben")).text == "frames", "his own page shows the same file"


def test_a_link_or_a_number_that_somebody_typed_tells_nothing(client: TestClient) -> None:
    with client.websocket_connect(f"{STREAM}?show=typed", headers=cookie("ben")) as socket:
        assert LINK.encode() in socket.receive_bytes()
        assert said_back(socket, file_of(NUMBER)) == file_of("0" * 32)
    assert client.get(LINK, headers=cookie("ben")).status_code == 404


def test_nobody_gets_a_file_made_without_sign_in_or_once_it_has_ended(client: TestClient) -> None:
    with client.websocket_connect(STREAM) as socket:
        socket.receive_bytes()
        assert said_back(socket, file_of(NUMBER)) == file_of("0" * 32)
    with client.websocket_connect(f"{STREAM}?show=number", headers=cookie("cara")) as socket:
        socket.receive_bytes()
        assert said_back(socket, file_of(NUMBER)) == file_of(NUMBER)
        del PEOPLE[b"who=cara"]
        assert said_back(socket, file_of(NUMBER)) == file_of("0" * 32)
        RECORDING.add(CARA.owner)
        assert said_back(socket, file_of(NUMBER)) == file_of(NUMBER)


def test_a_part_of_a_page_becomes_the_whole_once_the_sign_in_has_ended(client: TestClient) -> None:
    part, whole = BackMsg(), BackMsg()
    for message in (part, whole):
        message.rerun_script.page_script_hash = "page"
    part.rerun_script.fragment_id = "part"
    with client.websocket_connect(STREAM, headers=cookie("cara")) as socket:
        socket.receive_bytes()
        assert said_back(socket, part) == part
        del PEOPLE[b"who=cara"]
        assert said_back(socket, part) == whole
        assert said_back(socket, whole) == whole
        RECORDING.add(CARA.owner)
        assert said_back(socket, part) == part, "a recording is not cut off by an hour's token"


def test_nobody_is_told_of_the_programs_repository(client: TestClient) -> None:
    with client.websocket_connect(STREAM, headers=cookie("anna")) as socket:
        socket.receive_bytes()
        assert said_back(socket, BackMsg(load_git_info=True)) == BackMsg(app_heartbeat=True)


def file_of(number: str) -> BackMsg:
    asked = BackMsg()
    asked.backend_operation_request.deferred_file.file_id = number
    return asked


def said_back(socket: WebSocketTestSession, asked: BackMsg) -> BackMsg:
    """What of a message reaches Streamlit."""
    socket.send_bytes(asked.SerializeToString())
    reached = BackMsg()
    reached.ParseFromString(socket.receive_bytes())
    return reached


def test_the_results_of_another_are_as_unknown_as_a_wrong_key(client: TestClient) -> None:
    give = {"type": "history"}
    channel = ResultsChannel(status=lambda: lambda: give, history=lambda: lambda: give)
    channel.owner = ANNA.owner
    origin = {"Origin": "http://testserver"}
    with client.websocket_connect(f"/{channel.path}", headers=cookie("anna") | origin) as socket:
        assert json.loads(socket.receive_text()) == give
    reasons = set()
    for path in (channel.path, f"{PATH}never-given"):
        with client.websocket_connect(f"/{path}", headers=cookie("ben") | origin) as socket:
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_text()
            reasons.add((closed.value.code, closed.value.reason))
    assert len(reasons) == 1
    assert reasons.pop()[0] == FORGOTTEN
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(f"/{channel.path}", headers=origin):
        pass


def test_what_was_told_longest_ago_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "MAX_LINKS", 2)
    told = ToldLinks()
    for name in ("first", "second", "first", "third"):
        told.tell(name, "anna")
    assert [told.is_told(name, "anna") for name in ("first", "second", "third")] == [True, False, True]
    assert not told.is_told("first", "ben")
