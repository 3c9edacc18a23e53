"""The results' WebSocket, with a real server and real clients."""

import asyncio
import contextlib
import gc
import itertools
import json
import time
from collections.abc import Iterator, MutableMapping
from functools import partial
from typing import Any

import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from app.live import socket as live_socket
from app.live.channel import PATH, ResultsChannel, channel_of
from tests.helpers.faces import wait_until
from tests.helpers.loopback_server import LoopbackServer


class Server(LoopbackServer):
    """With that route alone."""

    def __init__(self) -> None:
        super().__init__([WebSocketRoute(f"/{PATH}{{key}}", live_socket.serve_results)])

    def connect(self, path: str, *, origin: str | None = "") -> ClientConnection:
        said = f"http://{self.host}" if origin == "" else origin
        return connect(f"ws://{self.host}/{path}", origin=said)  # type: ignore[arg-type]


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


def status() -> dict[str, Any]:
    return {"type": "status", "at": time.monotonic()}


def gone() -> None:
    return None


@pytest.fixture
def channel() -> ResultsChannel:
    return ResultsChannel(status=lambda: status, history=lambda: lambda: {"type": "history"})


def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next message of that kind."""
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=10))
        if message["type"] == kind:
            return message


def test_history_first_then_results_as_they_come_and_the_status(server: Server, channel: ResultsChannel):
    with server.connect(channel.path) as socket:
        assert json.loads(socket.recv(timeout=10)) == {"type": "history"}
        wait_until(lambda: channel.listeners > 0)
        for i in range(3):
            channel.publish(partial(dict, type="result", i=i))
            assert heard(socket, "result")["i"] == i
        first, second = heard(socket, "status"), heard(socket, "status")
    assert second["at"] - first["at"] < 3 * live_socket.STATUS_EVERY_S


def test_two_pages_hear_the_same(server: Server, channel: ResultsChannel):
    with server.connect(channel.path) as one, server.connect(channel.path) as other:
        for socket in (one, other):
            heard(socket, "history")
        channel.publish(lambda: {"type": "result", "i": 7})
        assert heard(one, "result")["i"] == heard(other, "result")["i"] == 7


NONSENSE = [
    "",
    "{}",
    "[]",
    '{"ping": {}}',
    "null",
    '"x"',
    '{"ping": "x"}',
    b"{}",
    f'{{"ping": {"9" * 80}e999}}',
    "[" * 99,
]


@pytest.mark.parametrize("said", [*NONSENSE, '{"ping": ' + "9" * 5_000 + "}", "[" * 20_000])
def test_who_says_what_no_page_says_is_shown_out(server: Server, channel: ResultsChannel, said: str | bytes):
    with server.connect(channel.path) as socket:
        socket.send(said)
        with pytest.raises(ConnectionClosed) as closed:
            heard(socket, "pong")
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == live_socket.UNREADABLE
    wait_until(lambda: channel.listeners == 0)


def test_one_session_has_so_many_listeners(server: Server, channel: ResultsChannel):
    with contextlib.ExitStack() as sockets:
        for _ in range(live_socket.MAX_LISTENERS):
            heard(sockets.enter_context(server.connect(channel.path)), "history")
        with server.connect(channel.path) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == live_socket.TOO_MANY


def test_where_the_session_is_gone_the_page_is_let_go(server: Server):
    channel = ResultsChannel(status=gone, history=gone)
    with server.connect(channel.path) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=10)


def test_a_ping_is_answered_with_the_clock(server: Server, channel: ResultsChannel):
    with server.connect(channel.path) as socket:
        before = time.monotonic() * 1000
        socket.send('{"ping": 12.5}')
        answer = heard(socket, "pong")
    assert answer["ping"] == 12.5
    assert before <= answer["at"] <= time.monotonic() * 1000


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "http://127.0.0.1:1"])
def test_another_page_is_refused(server: Server, channel: ResultsChannel, origin: str | None):
    with server.connect(channel.path, origin=origin) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == live_socket.REFUSED


def test_a_wrong_key_is_refused_and_so_is_that_of_a_session_that_is_gone(server: Server):
    ended = ResultsChannel(status=gone, history=gone)
    path = ended.path
    del ended
    gc.collect()
    for wrong in (f"{PATH}abc", path):
        with server.connect(wrong) as socket, pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)


def test_who_leaves_is_forgotten(server: Server, channel: ResultsChannel):
    with server.connect(channel.path) as socket:
        heard(socket, "history")
        wait_until(lambda: channel.listeners > 0)
    wait_until(lambda: channel.listeners == 0)


def test_a_page_that_goes_while_both_parts_send_is_no_error_of_the_server(channel: ResultsChannel):
    pings = itertools.chain([{"type": "websocket.connect"}], itertools.repeat({"text": '{"ping": 1}'}))
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.receive"} | next(pings)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.send":
            raise OSError("the page has gone")

    headers = [(b"host", b"here"), (b"origin", b"http://here")]
    scope = {"type": "websocket", "headers": headers, "path_params": {"key": channel.path.removeprefix(PATH)}}
    asyncio.run(live_socket.serve_results(WebSocket(scope, receive, send)))

    assert sent == ["websocket.accept", "websocket.send"]


def test_a_server_that_ends_does_not_wait_for_its_pages(server: Server, channel: ResultsChannel):
    with server.connect(channel.path) as socket:
        heard(socket, "history")
        server.stop()
        assert not server.thread.is_alive()


def test_a_page_that_is_behind_gets_the_newest_alone(channel: ResultsChannel):
    async def listen() -> list[Any]:
        listener = channel.listen()
        for i in range(5):
            channel.publish(partial(dict, i=i))
        await asyncio.sleep(0)
        got = [await listener.next(1), await listener.next(0.01)]
        listener.close()
        return got

    assert asyncio.run(listen()) == [{"i": 4}, None]


def test_nothing_is_made_for_nobody(channel: ResultsChannel):
    channel.publish(lambda: pytest.fail("there is no listener"))


def test_keys_are_long_and_differ(channel: ResultsChannel):
    other = ResultsChannel(status=gone, history=gone)

    assert channel.key != other.key
    assert len(channel.key) >= 32
    assert channel_of(channel.key, "") is channel
