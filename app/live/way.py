"""The other end of the page's check: whether a connection such as the video's comes about at all. Imports no Streamlit.

A route for `st.App`. The page offers a connection with nothing but a data channel, and what it sends there comes back.
"""

import asyncio
import json
import logging
import re
from typing import Final

from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.live import ice
from app.live.page_requests import RefusedError, body_of, channel_for
from app.server import for_server
from app.settings import AppSettings

log = logging.getLogger(__name__)

PATH: Final = "fer/way/"
MAX_OFFER_BYTES: Final = 64 << 10
MAX_ECHO_CHARS: Final = 100
OPEN_S: Final = 20.0
"""So long a check may take; then the connection is closed here, too."""
MAX_CHECKS: Final = 8
"""At once, of all pages: a connection costs some sockets."""

_checks: set["asyncio.Task[None]"] = set()


@for_server
def _configuration() -> RTCConfiguration:
    servers = ice.for_server(AppSettings.from_environment())["iceServers"]
    return RTCConfiguration([RTCIceServer(**server) for server in servers])


async def serve_way(request: Request) -> Response:
    """POST {"sdp": offer}: answers {"sdp": answer}, or {"problem": a sentence}. Only for a page of this very server."""
    try:
        channel_for(request)
        offer = _offer(await body_of(request, MAX_OFFER_BYTES))
        return JSONResponse({"sdp": await _answer(offer)})
    except RefusedError as error:
        return JSONResponse({"problem": str(error)}, error.status)


def _offer(data: bytes) -> RTCSessionDescription:
    """What is offered: a data channel and nothing else, as pictures would be decoded here."""
    try:
        sdp = json.loads(data)["sdp"]
        if re.findall(r"^m=(\w+)", sdp, re.MULTILINE) == ["application"]:
            return RTCSessionDescription(sdp, "offer")
    except (ValueError, TypeError, KeyError, RecursionError):
        pass  # it is none
    raise RefusedError(400, "The page offered no connection.")


async def _answer(offer: RTCSessionDescription) -> str:
    if len(_checks) >= MAX_CHECKS:
        raise RefusedError(429, "Others are checking their connections just now. Try again in a moment.")
    peer = RTCPeerConnection(_configuration())
    closing = asyncio.create_task(_close_later(peer))
    _checks.add(closing)
    closing.add_done_callback(_checks.discard)
    peer.on("datachannel", _echo)
    try:
        await peer.setRemoteDescription(offer)
        await peer.setLocalDescription(await peer.createAnswer())
    # At the request's border: aiortc raises what it likes about an offer that somebody made up.
    except Exception as error:
        closing.cancel()
        log.info("An offered connection could not be read: %s", error)
        raise RefusedError(400, "The page offered no connection.") from error
    return str(peer.localDescription.sdp)


async def _close_later(peer: RTCPeerConnection) -> None:
    try:
        await asyncio.sleep(OPEN_S)
    finally:
        await peer.close()


def _echo(channel: RTCDataChannel) -> None:
    def answer(message: str | bytes) -> None:
        channel.send(message[:MAX_ECHO_CHARS])

    channel.on("message", answer)
