"""A balancer's question, asked with a page: shall this newcomer come here?

nginx without its paid parts cannot ask replicas beforehand whether they have room. It marks the first page of a browser
that is at no replica yet, and a replica without room for one more viewer refuses that page with 503: then nginx asks
the next one. A page without the mark is always answered, so whoever is here stays, and whoever finds all full comes in.
"""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.web.requests import Middleware, refuse

MARK: Final = "x-fer-newcomer"
_WORDS: Final = "This server is busy. Another one may have room."


class Newcomers(Middleware):
    """Refuses marked pages while there is no room."""

    def __init__(self, app: ASGIApp, has_room: Callable[[], bool]) -> None:
        """Stand in front of `app`.

        Args:
            app: what is guarded.
            has_room: whether one more viewer would be let in now.
        """
        super().__init__(app)
        self._has_room = has_room

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse with 503."""
        is_marked = scope["type"] == "http" and scope["method"] == "GET" and MARK in Headers(scope=scope)
        if is_marked and not self._has_room():
            await refuse(scope, receive, send, 503, _WORDS)
        else:
            await self.app(scope, receive, send)
