"""What is answered to whom, before any page runs: ASGI middleware."""

from collections.abc import Callable
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access import server
from app.access.types import AccessMode
from app.live.channel import OWNER_KEY

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
OPEN_ROUTES: Final = (SIGN_IN, SIGN_OUT, "/healthz", "/fer/ready", "/metrics", "/_stcore/health")
"""Answered to everybody: ways in and out, and what tells a balancer that the server lives (with limits of its own)."""
PRIVATE: Final = ("/fer/", "/media/", "/_stcore/upload_file")
"""Never answered to somebody unknown: results, downloads, uploads. Streamlit's page alone asks who they are."""
_OF_SOMEBODY: Final = (*PRIVATE, "/_stcore/stream")
"""Where the request itself says whose it is."""
_WORDS_ON_PROXIES: Final = (
    "This server asks nobody to sign in and answers this machine alone, and this came through a proxy. Set up sign-in: "
    "see docs/deploy.md."
)


class Gate:
    """Lets those in who may come in.

    Where nobody signs in because this machine alone is answered, a proxy's clients get nothing: it may well connect
    from this machine and ask for the host 127.0.0.1, and still stand for others.

    With a passphrase nobody else gets anything but the way in. With a provider's sign-in, Streamlit's page itself shows
    the way in; everything beside it is refused until then.
    """

    def __init__(self, app: ASGIApp, came_by_proxy: Callable[[Scope], bool] = lambda _: False) -> None:
        """Stand before `app`.

        Args:
            app: what is guarded.
            came_by_proxy: whether a request came through a proxy, or pretends to.
        """
        self._app = app
        self._came_by_proxy = came_by_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse: a page by the way in, anything else with status 401, a socket with 403."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._comes_from_elsewhere(scope):
            await self._refuse_proxy(scope, receive, send)
            return
        if scope["path"].startswith(_OF_SOMEBODY):
            user = server.user_of_headers(scope["headers"])
            scope[OWNER_KEY] = None if user is None else user.owner
        if self._is_allowed(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Sign in first."})
        elif scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", ""):
            here = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
            await RedirectResponse(f"{SIGN_IN}?next={quote(here, safe='/')}", 303)(scope, receive, send)
        else:
            refusal = JSONResponse({"error": "Sign in first."}, 401, headers={"Cache-Control": "no-store"})
            await refusal(scope, receive, send)

    @staticmethod
    def _is_allowed(scope: Scope) -> bool:
        mode, path = server.settings().mode, scope["path"]
        if mode in (AccessMode.OPEN, AccessMode.ANONYMOUS) or path in OPEN_ROUTES:
            return True
        if mode is AccessMode.OIDC and not path.startswith(PRIVATE):
            return True
        if OWNER_KEY in scope:
            return scope[OWNER_KEY] is not None
        return server.user_of_headers(scope["headers"]) is not None

    def _comes_from_elsewhere(self, scope: Scope) -> bool:
        is_open = server.settings().mode is AccessMode.OPEN
        return is_open and scope["path"] not in OPEN_ROUTES and self._came_by_proxy(scope)

    @staticmethod
    async def _refuse_proxy(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "Through a proxy nobody is answered here."})
        else:
            refusal = JSONResponse({"error": _WORDS_ON_PROXIES}, 403, headers={"Cache-Control": "no-store"})
            await refusal(scope, receive, send)
