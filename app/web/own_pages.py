"""Who is answered: requests for hosts of this server, and changes and WebSockets only for its own pages.

A page from elsewhere can have a browser send requests here, and open WebSockets, whose answers it may read. The header
Origin says which page asks. A page whose own name was pointed at this machine ("rebound") has the right Origin; the
header Host tells it.
"""

import logging
import re
import secrets
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.hosts import (
    LOOPBACK_NAMES,
    Host,
    HostPattern,
    is_loopback,
    parse_address,
    parse_host_pattern,
    parse_origin,
)
from app.web.proxies import has_word_of_proxy
from app.web.requests import Middleware, client_of, host_of, origin_of_server, refuse
from app.web.settings import WebSettings

log = logging.getLogger(__name__)

HARMLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""
FOR_PROGRAMS: Final = frozenset({"/healthz", "/fer/ready", "/metrics"})
"""Monitors ask for these by whatever address they know; their answers are worth nothing to a page."""
METRICS: Final = frozenset({"/metrics", "/_stcore/metrics"})
LOG_EVERY_S: Final = 60.0
# Starlette's router takes "/metrics\n" for "/metrics", as `$` matches before a last line break; no check here would.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_WORDS_ON_HOSTS: Final = "FER_ALLOWED_HOSTS in the server's settings names the hosts that it answers for."


class OwnPages(Middleware):
    """Refuses unknown hosts, and unknown origins where something could be changed or read by another page."""

    def __init__(self, app: ASGIApp, settings: WebSettings, address: str) -> None:
        """Stand in front of `app`.

        Args:
            app: what is guarded.
            settings: the hosts.
            address: where the server listens, an address or a name; "" for everywhere.
        """
        super().__init__(app)
        self._allowed = settings.allowed_hosts or _own_name(address)
        self._metrics_token = settings.metrics_token
        self._has_names = bool(settings.allowed_hosts)
        self._logged_at_s: dict[int, float] = {}

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse with 400 (no host, no address), 421 (unknown host) or 403 (unknown origin)."""
        host = host_of(scope)
        if _CONTROL.search(scope["path"]):
            await self._refuse(
                scope, receive, send, 400, "This is not the address of a page: it has control characters."
            )
        elif scope["path"] in METRICS and not self._may_read_metrics(scope):
            words = "Metrics are for this machine alone, or for whoever sends FER_METRICS_TOKEN as a bearer token."
            await refuse(scope, receive, send, 403, words)
        elif scope["type"] == "http" and scope["path"] in FOR_PROGRAMS and scope["method"] in HARMLESS:
            await self.app(scope, receive, send)
        elif host is None:
            await self._refuse(scope, receive, send, 400, "A request must name one host.")
        elif not self._is_known(host, scope):
            await self._refuse(
                scope, receive, send, 421, f"This server does not answer for the host {host}. {_WORDS_ON_HOSTS}"
            )
        elif _needs_origin(scope) and not is_own_page(scope):
            await self._refuse(scope, receive, send, 403, _words_on_origin(scope))
        else:
            await self.app(scope, receive, send)

    def _is_known(self, host: Host, scope: Scope) -> bool:
        if any(pattern.matches(host) for pattern in self._allowed):
            return True
        server = scope.get("server")
        here = str(server[0]) if server else ""
        if host.name in LOOPBACK_NAMES:
            return is_loopback(here)
        # No page of another name can have an address as its host.
        return not self._has_names and host.address is not None and host.address == parse_address(here)

    def _may_read_metrics(self, scope: Scope) -> bool:
        if self._metrics_token:
            said = Headers(scope=scope).get("authorization", "")
            return secrets.compare_digest(said.encode(), f"Bearer {self._metrics_token}".encode())
        host = host_of(scope)
        is_local = host is not None and host.name in LOOPBACK_NAMES and is_loopback(client_of(scope))
        return is_local and not has_word_of_proxy(scope)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
        now_s = time.monotonic()
        if now_s - self._logged_at_s.get(status, -LOG_EVERY_S) >= LOG_EVERY_S:
            self._logged_at_s[status] = now_s
            log.warning("Refused: %s", sentence)
        await refuse(scope, receive, send, status, sentence)


def is_own_page(scope: Scope) -> bool:
    """Whether the page that asks came from this server: browsers say so, and no page can make them lie."""
    said = Headers(scope=scope).getlist("origin")
    return len(said) == 1 and (origin := parse_origin(said[0])) is not None and origin == origin_of_server(scope)


def note_on_hosts(settings: WebSettings, address: str) -> str:
    """What the log says of a server that listens to a network and was given no names; "" for any other."""
    if settings.allowed_hosts or address == "localhost" or is_loopback(address):
        return ""
    where = "every address of this machine" if _is_everywhere(address) else address
    return (
        f"FER Studio listens at {where} and answers for that address alone. To reach it by a name, set "
        "FER_ALLOWED_HOSTS=studio.example.org; behind a proxy, set FER_TRUSTED_PROXIES to the proxy's address, too."
    )


def _is_everywhere(address: str) -> bool:
    found = parse_address(address)
    return not address or (found is not None and found.is_unspecified)


def _needs_origin(scope: Scope) -> bool:
    return scope["type"] == "websocket" or scope["method"] not in HARMLESS


def _words_on_origin(scope: Scope) -> str:
    words = f"This server answers only its own pages here, those of {origin_of_server(scope)}."
    if has_word_of_proxy(scope):
        words += " Behind a proxy, set FER_TRUSTED_PROXIES to the proxy's address."
    return words


def _own_name(address: str) -> tuple[HostPattern, ...]:
    """Where the server was bound to a name, that name; addresses are known by the connection."""
    pattern = None if not address or parse_address(address) else parse_host_pattern(address)
    return () if pattern is None or pattern.name in LOOPBACK_NAMES else (pattern,)
