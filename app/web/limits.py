"""How much one client may send and open: bodies, uploads that wait in memory, tabs.

Streamlit keeps uploads in memory until a page takes them. Its own limit is that of one file; here are those of a tab
and of all tabs.
"""

import ipaddress
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected

from app.live import stills
from app.server import for_server
from app.web.hosts import parse_address
from app.web.requests import STREAM_PATH, Middleware, client_of, refuse
from app.web.settings import MEGABYTE, WebSettings

UPLOAD_PATH: Final = "/_stcore/upload_file/"
UPLOAD_FRAMING_BYTES: Final = MEGABYTE
"""What an upload's body may have beside the file."""
MAX_BODY_BYTES: Final = 64 << 10
"""Of any other request, such as a sign-in's; a snapshot of the camera may have more."""
_V6_NETWORK_BITS: Final = 64
"""One household or machine has so large a part of the addresses of IPv6."""


@dataclass(frozen=True)
class HeldFiles:
    """Uploads in memory.

    Attributes:
        files: of one tab.
        tab_bytes: their sizes together.
        all_bytes: those of all tabs.
    """

    files: int
    tab_bytes: int
    all_bytes: int


Held = Callable[[str], HeldFiles]
"""What is in memory, for the tab of that name."""
AccountOf = Callable[[Iterable[tuple[bytes, bytes]]], str]


class Tabs:
    """How many tabs are open, in all and by address. Thread-safe."""

    def __init__(self) -> None:
        """None is."""
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    def __len__(self) -> int:
        with self._lock:
            return self._open.total()

    def refusal(self, client: str, settings: WebSettings) -> str:
        """Why no further tab of this client is let in now, a sentence; else empty."""
        with self._lock:
            return self._refusal(client, settings)

    @contextmanager
    def entered(self, client: str, settings: WebSettings) -> Iterator[str]:
        """Count a tab for as long as the block runs, unless there are too many: gives the sentence then, else ""."""
        with self._lock:
            refusal = self._refusal(client, settings)
            if not refusal:
                self._open[client] += 1
        try:
            yield refusal
        finally:
            if not refusal:
                with self._lock:
                    self._open[client] -= 1
                    self._open += Counter()  # forgets who has none

    def _refusal(self, client: str, settings: WebSettings) -> str:
        if self._open.total() >= settings.max_tabs:
            return f"This server is busy: {settings.max_tabs} tabs are open. Try again in a few minutes."
        if self._open[client] >= settings.max_tabs_per_user:
            return f"{settings.max_tabs_per_user} of your tabs are open here. Close some, then load this again."
        return ""


@for_server
def tabs() -> Tabs:
    """The server's tabs."""
    return Tabs()


@dataclass
class _Upload:
    tab: str
    bytes: int


class Limits(Middleware):
    """Refuses what is too much, before it is read."""

    def __init__(
        self, app: ASGIApp, settings: WebSettings, *, max_upload_bytes: int, held: Held, account_of: AccountOf
    ) -> None:
        """Stand in front of `app`.

        Args:
            app: what is guarded.
            settings: the limits.
            max_upload_bytes: of one file, Streamlit's own limit.
            held: what Streamlit keeps in memory.
            account_of: from a request's headers, the account that signed in; "" where there is none.
        """
        super().__init__(app)
        self._settings = settings
        self._max_upload_bytes = max_upload_bytes
        self._held, self._account_of = held, account_of
        self._coming: list[_Upload] = []  # only the event loop touches it

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on within the limits; else 411, 413 or 429 with a sentence."""
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
        elif scope["path"].startswith(UPLOAD_PATH) and scope["method"] in ("PUT", "POST"):
            await self._upload(scope, receive, send)
        elif _is_page(scope) and (refusal := tabs().refusal(self._client(scope), self._settings)):
            await refuse(scope, receive, send, 429, refusal)
        else:
            is_still = scope["path"].startswith(f"/{stills.PATH}")
            await self._bounded(scope, receive, send, stills.MAX_STILL_BYTES if is_still else MAX_BODY_BYTES)

    def _client(self, scope: Scope) -> str:
        return self._account_of(scope["headers"]) or address_key(client_of(scope))

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != STREAM_PATH:
            await self.app(scope, receive, send)
            return
        with tabs().entered(self._client(scope), self._settings) as refusal:
            if refusal:
                await refuse(scope, receive, send, 429, refusal)
                return
            # Streamlit fails where it still reads or closes what a tab that went has closed: nothing for the log.
            with suppress(WebSocketDisconnected):
                await self.app(scope, receive, send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send) -> None:
        size = _length(scope)
        if size is None:
            await refuse(scope, receive, send, 411, "An upload must say its size.")
            return
        tab = scope["path"].removeprefix(UPLOAD_PATH).partition("/")[0]
        if refusal := self._upload_refusal(tab, size):
            await refuse(scope, receive, send, 413, refusal)
            return
        upload = _Upload(tab, size)
        self._coming.append(upload)
        try:
            await self.app(scope, receive, send)
        finally:
            self._coming.remove(upload)

    def _upload_refusal(self, tab: str, size: int) -> str:
        if size > self._max_upload_bytes + UPLOAD_FRAMING_BYTES:
            return f"This file is larger than {self._max_upload_bytes // MEGABYTE} MB."
        held, coming = self._held(tab), [upload.bytes for upload in self._coming if upload.tab == tab]
        if held.files + len(coming) >= self._settings.max_tab_files:
            return (
                f"This page holds no more than {self._settings.max_tab_files} files. Start with those, or remove some."
            )
        if held.tab_bytes + sum(coming) + size > self._settings.max_tab_files_bytes:
            limit = self._settings.max_tab_files_bytes // MEGABYTE
            return f"This page holds no more than {limit} MB of files. Start with those, or remove some."
        if held.all_bytes + sum(upload.bytes for upload in self._coming) + size > self._settings.max_files_bytes:
            return "This server holds too many files now. Try again in a few minutes."
        return ""

    async def _bounded(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        sentence = f"The body of this request is larger than {limit // 1024} kB."
        if (_length(scope) or 0) > limit:
            await refuse(scope, receive, send, 413, sentence)
            return
        received, begun = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, counted, noted)
        except _TooLargeError:
            if begun:
                raise
            await refuse(scope, receive, send, 413, sentence)


class _TooLargeError(Exception):
    """More came than a request without a length may have."""


def address_key(text: str) -> str:
    """What the tabs of a client without an account are counted by: its address, of IPv6 its network."""
    address = parse_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, _V6_NETWORK_BITS), strict=False))
    return str(address) if address is not None else text


def _is_page(scope: Scope) -> bool:
    """Whether somebody opens a page, which will want a tab's WebSocket."""
    path: str = scope["path"]
    accepts = Headers(scope=scope).get("accept", "")
    return scope["method"] == "GET" and "text/html" in accepts and "." not in path and not path.startswith("/_stcore/")


def _length(scope: Scope) -> int | None:
    text = Headers(scope=scope).get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
