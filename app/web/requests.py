"""What a request's headers say, and how it is refused with one sentence."""

import asyncio
import contextlib
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.hosts import Host, Origin, own_origin, parse_host

STREAM_PATH: Final = "/_stcore/stream"
"""A tab's WebSocket, by which Streamlit draws its page."""
_CLOSED_S: Final = 2.0
_WEB_SCHEMES: Final = {"ws": "http", "wss": "https"}


def is_request(scope: Scope) -> bool:
    """Whether it is a request or a WebSocket, rather than the server's start and end."""
    return scope["type"] in ("http", "websocket")


def scheme_of(scope: Scope) -> str:
    """The scheme of pages, http or https, for WebSockets too."""
    scheme = str(scope.get("scheme", "http"))
    return _WEB_SCHEMES.get(scheme, scheme)


def host_of(scope: Scope) -> Host | None:
    """The one host that was asked for; None where there is none, or several."""
    said = Headers(scope=scope).getlist("host")
    return parse_host(said[0]) if len(said) == 1 else None


def origin_of_server(scope: Scope) -> Origin | None:
    """The origin of pages that are opened where this request went."""
    host = host_of(scope)
    return None if host is None else own_origin(scheme_of(scope), host)


def client_of(scope: Scope) -> str:
    """The client's address; "" where it has none."""
    client = scope.get("client")
    return str(client[0]) if client else ""


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answer with one sentence; a WebSocket is not opened.

    Args:
        scope: of the request.
        receive: likewise.
        send: likewise.
        status: of HTTP, 400 to 599.
        sentence: for whoever reads the answer, or the browser's console.
    """
    response = PlainTextResponse(sentence + "\n", status, {"Cache-Control": "no-store"})
    if scope["type"] == "http":
        await response(scope, receive, send)
    elif "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
        await _until_closed(receive)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": sentence})


async def _until_closed(receive: Receive) -> None:
    """Until the connection of a refused WebSocket is gone: uvicorn reports an error where the app ends before."""
    told = 0
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSED_S):
            while told < 2:  # that it was refused, then that the connection is gone
                told += (await receive())["type"] == "websocket.disconnect"


class Middleware:
    """A part that every request passes. Subclasses do their work in `answer`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is neither a request nor a WebSocket."""
        if is_request(scope):
            await self.answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request or a WebSocket, or pass it on to `app`."""
        raise NotImplementedError
