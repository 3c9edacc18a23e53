"""Requests with any headers, as a browser would never let a test write them; and a server of a small app."""

import base64
import contextlib
import http.client
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.helpers.faces import wait_until

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    text: str


def ask(
    port: int, path: str = "/", *, method: Any = "GET", body: Any = None, chunked: Any = False, **headers: Any
) -> Answer:
    """A request; `headers` have underscores for hyphens, and Host is the server's own unless given.

    The types are loose, as tests unpack dictionaries of headers into it.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    chunks = None if body is None else iter([body]) if chunked else body
    with contextlib.closing(connection):
        connection.request(method, path, body=chunks, headers=named, encode_chunked=chunked)
        answer = connection.getresponse()
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode())


def knock(port: int, path: str = "/_stcore/stream", *, host: Any = "", origin: Any = "", **more: Any) -> Answer:
    """The handshake of a WebSocket, which is closed at once; with "" for an origin, that of the host."""
    with handshake(port, path, host=host, origin=origin, **more) as (_, answer):
        return answer


@contextlib.contextmanager
def handshake(
    port: int, path: str = "/_stcore/stream", *, host: Any = "", origin: Any = "", **more: Any
) -> Iterator[tuple[socket.socket, Answer]]:
    """The handshake of a WebSocket, which stays open within it where the answer's status is 101."""
    host = host or f"{LOOPBACK}:{port}"
    said = f"http://{host}" if origin == "" else origin
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += ["Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}"]
    lines += [] if said is None else [f"Origin: {said}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in more.items()]
    with socket.create_connection((LOOPBACK, port), timeout=20) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        text = "" if answer.status == 101 else answer.read().decode()
        yield connection, Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, text)


@contextlib.contextmanager
def served(middleware: Sequence[Middleware] = (), routes: Sequence[BaseRoute] = ()) -> Iterator[int]:
    """The port of a server with these routes, and an app that says what it was asked, behind that middleware."""
    config = uvicorn.Config(
        _small_app(middleware, routes), host=LOOPBACK, port=0, log_level="warning", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)


def _small_app(middleware: Sequence[Middleware], first: Sequence[BaseRoute]) -> Starlette:
    async def say(request: Request) -> Response:
        body, client = await request.body(), request.client
        return JSONResponse(
            {
                "host": request.headers["host"],
                "scheme": request.url.scheme,
                "client": client.host if client else "",
                "body": len(body),
            }
        )

    async def fail(_: Request) -> Response:
        raise ZeroDivisionError

    async def stay(websocket: WebSocket) -> None:
        await websocket.accept()
        with contextlib.suppress(WebSocketDisconnect):
            await websocket.receive_text()

    methods = ["GET", "POST", "PUT", "DELETE"]
    routes = [
        *first,
        Route("/fail", fail),
        WebSocketRoute("/{path:path}", stay),
        Route("/{path:path}", say, methods=methods),
    ]
    return Starlette(routes=routes, middleware=middleware)
