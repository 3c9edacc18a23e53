"""A link to a file is answered to those alone who were told it: ASGI middleware, inside of `Gate`.

Streamlit serves a page's pictures, videos and downloads at /media/<hash of the content>. Nobody can guess such a link,
but it can be passed on, and Streamlit gives it to whoever asks; so it does with the numbers by which pages ask for a
file that is made when its button is pressed. Here, each link and each number that a page is told over its socket is
noted with the socket's user, and asked for by another it is as if it were not there. Only the fields count by which
Streamlit tells them: what people type may look like a link.

A socket outlives the sign-in that opened it. Once that has ended, no file is made for it, and where it asks for a part
of its page, the whole page is drawn, which then asks to sign in.
"""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from app.access import server
from app.live.channel import OWNER_KEY
from app.server import kept

STREAM: Final = "/_stcore/stream"
MEDIA: Final = "/media/"
MAX_LINKS: Final = 50_000
"""So many links are known, 10 MB; the ones told longest ago are forgotten, and a page that is drawn anew tells them."""
# Whether it is worth to read a message. In Streamlit's protocol (Protocol Buffers) a text stands after its length.
_TELLS: Final = re.compile(rb"/media/|\x20[0-9a-f]{32}")
_LINK: Final = re.compile(r"/media/([0-9A-Za-z_-]{16,128})(?:\.\w+)?")
_NUMBER: Final = re.compile(r"[0-9a-f]{32}")
_LINK_FIELDS: Final = frozenset({"url", "image", "icon_image", "favicon"})
_NUMBER_FIELDS: Final = frozenset({"deferred_file_id"})
_NO_NUMBER: Final = "0" * 32


class OwnDownloads:
    """Notes which links go to whom, answers accordingly, and takes out of pages' messages what they may not ask for."""

    def __init__(self, app: ASGIApp, is_recording: Callable[[str], bool] = lambda _: False) -> None:
        """Stand before `app`.

        Args:
            app: what is guarded.
            is_recording: whether a recording of that owner goes on; their pages then go on, too.
        """
        self._app = app
        self._is_recording = is_recording
        self._told = kept(f"{__name__}.told", ToldLinks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer with status 404 where somebody asks for a file that their pages do not show."""
        owner, path = scope.get(OWNER_KEY), scope.get("path", "")
        if scope["type"] == "websocket" and path == STREAM:
            noting = send if owner is None else self._noting(owner, send)
            await self._app(scope, self._checking(owner or "", scope, receive), noting)
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
        if isinstance(data, bytes) and _TELLS.search(data):
            told = ForwardMsg()
            told.ParseFromString(data)
            for name in _told_in(told):
                self._told.tell(name, owner)

    def _checking(self, owner: str, scope: Scope, receive: Receive) -> Receive:
        async def checking() -> Message:
            message = await receive()
            data = message.get("bytes")
            return {**message, "bytes": self._checked(owner, scope, data)} if isinstance(data, bytes) else message

        return checking

    def _checked(self, owner: str, scope: Scope, data: bytes) -> bytes:
        """What a page sends, without what it may not ask for.

        A file of somebody else's page is one that nobody has instead; so are all once the sign-in has ended. Of the
        git repository that the program may lie in, nobody is told.
        """
        asked = BackMsg()
        try:
            asked.ParseFromString(data)
        except DecodeError:
            return data  # Streamlit itself says so
        if asked.WhichOneof("type") == "backend_operation_request":
            request = asked.backend_operation_request
            if request.WhichOneof("payload") != "deferred_file":
                return data
            if self._told.is_told(request.deferred_file.file_id, owner) and self._is_in(owner, scope):
                return data
            request.deferred_file.file_id = _NO_NUMBER
        elif asked.load_git_info:
            asked.app_heartbeat = True  # another choice of the same
        elif asked.rerun_script.fragment_id and not self._is_in(owner, scope):
            asked.rerun_script.fragment_id = ""
        else:
            return data
        return bytes(asked.SerializeToString())

    def _is_in(self, owner: str, scope: Scope) -> bool:
        return server.user_of_headers(scope["headers"]) is not None or self._is_recording(owner)


def _told_in(message: Any) -> Iterator[str]:
    """The links and numbers of files in a message, or a part of one."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            for part in value if field.is_repeated else [value]:
                yield from _told_in(part) if hasattr(part, "ListFields") else ()
        elif field.name in _LINK_FIELDS and (link := _LINK.fullmatch(value)):
            yield link[1]
        elif field.name in _NUMBER_FIELDS and _NUMBER.fullmatch(value):
            yield value


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
