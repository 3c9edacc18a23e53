"""A proxy's word on who asks, for which host, and whether by TLS: believed only where the server's owner said so."""

from collections.abc import Sequence

import uvicorn.config
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.hosts import Network, parse_address, parse_host
from app.web.requests import Middleware, client_of, scheme_of

FORWARDED = ("x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded")
"""Headers of which a request that came without a proxy has none."""


class Proxies(Middleware):
    """Puts what a trusted proxy says in the place of the connection's own, for all that comes behind."""

    def __init__(self, app: ASGIApp, trusted: Sequence[Network]) -> None:
        """Trust the proxies at these addresses."""
        super().__init__(app)
        self._trusted = tuple(trusted)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on as the proxy had it."""
        if self._is_trusted(client_of(scope)):
            scope = self._as_the_proxy_had_it(scope)
        await self.app(scope, receive, send)

    def _is_trusted(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and any(address in network for network in self._trusted)

    def _as_the_proxy_had_it(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        believed = dict(scope)
        scheme = _last(headers.getlist("x-forwarded-proto"))
        if scheme in ("http", "https"):
            is_socket = scope["type"] == "websocket"
            believed["scheme"] = scheme.replace("http", "ws") if is_socket else scheme
        host = parse_host(_last(headers.getlist("x-forwarded-host")))
        if host is not None:
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            believed["headers"] = [*others, (b"host", str(host).encode("ascii"))]
        client = self._client(headers.getlist("x-forwarded-for"))
        if client:
            believed["client"] = (client, 0)
        return believed

    def _client(self, values: Sequence[str]) -> str:
        """The last address that no trusted proxy has: what stands before it, anybody may have written."""
        for text in reversed([part.strip() for value in values for part in value.split(",")]):
            address = parse_address(text.strip("[]"))
            if address is None:
                return ""
            if not self._is_trusted(str(address)):
                return str(address)
        return ""


def has_word_of_proxy(scope: Scope) -> bool:
    """Whether a request came through a proxy, or pretends to."""
    headers = Headers(scope=scope)
    return any(name in headers for name in FORWARDED)


def is_tls(scope: Scope) -> bool:
    """Whether the client asked by TLS: the server's own, or that of a trusted proxy."""
    return scheme_of(scope) == "https"


def take_over_from_uvicorn() -> None:
    """Keep uvicorn from believing every program of this machine that calls itself a proxy.

    `streamlit run` gives no setting for it, and FORWARDED_ALLOW_IPS is read before the app is imported; the class is
    looked up afterwards.
    """
    if not hasattr(uvicorn.config, "ProxyHeadersMiddleware"):
        raise RuntimeError("This version of uvicorn has no ProxyHeadersMiddleware; install that of requirements.txt.")
    vars(uvicorn.config)["ProxyHeadersMiddleware"] = _unchanged


def _unchanged(app: ASGIApp, trusted_hosts: object) -> ASGIApp:
    return app


def _last(values: Sequence[str]) -> str:
    return values[-1].rpartition(",")[2].strip().lower() if values else ""
