"""A link to a file is answered to those alone who were told it: ASGI middleware, inside of `Gate`.

Streamlit serves a page's pictures, videos and downloads at /media/<hash of the content>. Nobody can guess such a link,
but it can be passed on, and Streamlit gives it to whoever asks; so it does with the numbers by which pages ask for a
file that is made when its button is pressed. Here, each link and each number that a page is told over its socket is
noted with the socket's user, and asked for by another it is as if it were not there.
"""

import re
import threading
from collections import OrderedDict
from typing import Any, Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from app.live.channel import OWNER_KEY
from app.server import kept

STREAM: Final = "/_stcore/stream"
MEDIA: Final = "/media/"
MAX_LINKS: Final = 50_000
"""So many links are known, 10 MB; the ones told longest ago are forgotten, and a page that is drawn anew tells them."""
_LINK: Final = re.compile(rb"/media/([0-9A-Za-z_-]{16,128})")
# In a message of Streamlit's protocol (Protocol Buffers) a text stands after its length, here 32.
_NUMBER: Final = re.compile(rb"\x20([0-9a-f]{32})")
_NO_NUMBER: Final = "0" * 32


class OwnDownloads:
    """Notes which links go to whom, and answers accordingly."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before `app`."""
        self._app = app
        self._told = kept(f"{__name__}.told", ToldLinks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer with status 404 where somebody asks for a file that their pages do not show."""
        owner, path = scope.get(OWNER_KEY), scope.get("path", "")
        if scope["type"] == "websocket" and path == STREAM and owner is not None:
            await self._app(scope, self._checking(owner, receive), self._noting(owner, send))
        elif scope["type"] == "http" and path.startswith(MEDIA) and scope["method"] != "OPTIONS":
            name = path.removeprefix(MEDIA).partition(".")[0]
            if owner is None or not self._told.is_told(name, owner):
                await PlainTextResponse("File not found", 404)(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _noting(self, owner: str, send: Send) -> Send:
        async def noting(message: Message) -> None:
            self._note(owner, message.get("bytes"))
            await send(message)

        return noting

    def _note(self, owner: str, data: Any) -> None:
        if isinstance(data, bytes):
            for pattern in (_LINK, _NUMBER):
                for name in pattern.findall(data):
                    self._told.tell(name.decode("ascii"), owner)

    def _checking(self, owner: str, receive: Receive) -> Receive:
        async def checking() -> Message:
            message = await receive()
            data = message.get("bytes")
            if isinstance(data, bytes) and _NUMBER.search(data):
                return {**message, "bytes": self._checked(owner, data)}
            return message

        return checking

    def _checked(self, owner: str, data: bytes) -> bytes:
        """What a page sends; where it asks for a file of somebody else's page, for one that nobody has instead."""
        asked = BackMsg()
        try:
            asked.ParseFromString(data)
        except DecodeError:
            return data  # Streamlit itself says so
        request = asked.backend_operation_request
        if request.WhichOneof("payload") != "deferred_file" or self._told.is_told(request.deferred_file.file_id, owner):
            return data
        request.deferred_file.file_id = _NO_NUMBER
        return bytes(asked.SerializeToString())


class ToldLinks:
    """Who was told which link. Thread-safe."""

    def __init__(self) -> None:
        """Nobody was told any."""
        self._lock = threading.Lock()
        self._owners: OrderedDict[tuple[str, str], None] = OrderedDict()

    def tell(self, name: str, owner: str) -> None:
        """A page of that owner was told the link of that name."""
        with self._lock:
            self._owners[name, owner] = None
            self._owners.move_to_end((name, owner))
            while len(self._owners) > MAX_LINKS:
                self._owners.popitem(last=False)

    def is_told(self, name: str, owner: str) -> bool:
        """Whether one of their pages was."""
        with self._lock:
            return (name, owner) in self._owners
