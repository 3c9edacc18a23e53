"""The other end of the page's check, with a real connection from another peer."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from starlette.routing import Route

from app.live import way
from app.live.channel import ResultsChannel
from tests.helpers.faces import wait_until
from tests.helpers.loopback_server import LoopbackServer


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    running = LoopbackServer([Route(f"/{way.PATH}{{key}}", way.serve_way, methods=["POST"])])
    yield running
    running.stop()


@pytest.fixture
def channel() -> ResultsChannel:
    return ResultsChannel(status=lambda: None, history=lambda: None)


def ask(server: LoopbackServer, key: str, body: bytes, *, origin: str = "") -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(server.host, timeout=20)
    connection.request("POST", f"/{way.PATH}{key}", body, {"Origin": origin or f"http://{server.host}"})
    answer = connection.getresponse()
    said: dict[str, Any] = json.loads(answer.read())
    connection.close()
    return answer.status, said


async def offered() -> tuple[RTCPeerConnection, Any, bytes]:
    peer = RTCPeerConnection(RTCConfiguration([]))
    data = peer.createDataChannel("check")
    await peer.setLocalDescription(await peer.createOffer())
    return peer, data, json.dumps({"sdp": peer.localDescription.sdp}).encode()


def test_what_is_sent_comes_back_and_both_ends_close(server, channel, monkeypatch):
    monkeypatch.setattr(way, "OPEN_S", 3.0)

    async def check() -> str:
        peer, data, offer = await offered()
        echo: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        data.on("open", lambda: data.send("?" * 500))
        data.on("message", echo.set_result)
        status, answer = await asyncio.to_thread(ask, server, channel.key, offer)
        assert status == 200
        await peer.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
        said = await asyncio.wait_for(echo, 20)
        await peer.close()
        return said

    assert asyncio.run(check()) == "?" * way.MAX_ECHO_CHARS
    wait_until(lambda: not way._checks)


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"no offer", b"[]", b"{}", b'{"sdp": 3}', b'{"sdp": ""}', b"[" * 20_000),
        b'{"sdp": "v=0\\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel"}',
        b'{"sdp": "v=0\\nm=video 9 UDP/TLS/RTP/SAVPF 96\\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel"}',
    ],
)
def test_what_is_no_offer_is_refused_and_leaves_nothing(server, channel, body):
    status, said = ask(server, channel.key, body)

    assert (status, said) == (400, {"problem": "The page offered no connection."})
    wait_until(lambda: not way._checks)


def test_an_endless_offer_another_page_and_a_wrong_key_are_refused(server, channel):
    assert ask(server, channel.key, bytes(way.MAX_OFFER_BYTES + 1))[0] == 413
    assert ask(server, channel.key, b"{}", origin="http://evil.example")[0] == 403
    assert ask(server, "abc", b"{}")[0] == 404


def test_so_many_check_at_once(server, channel, monkeypatch):
    monkeypatch.setattr(way, "MAX_CHECKS", 0)

    _, _, offer = asyncio.run(offered())
    status, said = ask(server, channel.key, offer)

    assert status == 429
    assert "Try again in a moment" in said["problem"]
