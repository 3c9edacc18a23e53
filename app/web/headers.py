"""Headers of every answer: what a page may load, who may show it, and what it may ask the browser for."""

import base64
import hashlib
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.hosts import Origin
from app.web.proxies import is_tls
from app.web.requests import Middleware, refuse

HSTS: Final = "max-age=31536000"
PERMISSIONS: Final = (
    "camera=(self), fullscreen=(self), autoplay=(self), clipboard-write=(self), microphone=(), geolocation=(), "
    "display-capture=(), midi=(), usb=(), serial=(), hid=(), payment=(), publickey-credentials-get=(), "
    "screen-wake-lock=(self), browsing-topics=()"
)
MEDIA_PATH: Final = "/media/"
_INLINE: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class SecurityHeaders(Middleware):
    """Adds them, also to what is refused and to what failed."""

    def __init__(self, app: ASGIApp, embed_in: Sequence[Origin]) -> None:
        """Put them on the answers of `app`; pages of `embed_in` may show it in a frame."""
        super().__init__(app)
        self._page, self._media = page_policy(embed_in), media_policy(embed_in)
        # An older header, which cannot name others; where it is absent, the policy alone counts.
        self._frame = "" if embed_in else "SAMEORIGIN"

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete its answer's headers."""
        begun = False

        async def completed(message: Message) -> None:
            nonlocal begun
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                begun = True
                self._complete(scope, MutableHeaders(scope=message))
            elif message["type"] == "websocket.accept":
                begun = True
            await send(message)

        try:
            await self.app(scope, receive, completed)
        except Exception:
            if not begun and scope["type"] == "http":
                await refuse(scope, receive, completed, 500, "The server could not answer this. Try again.")
            raise  # the server's log has it

    def _complete(self, scope: Scope, headers: MutableHeaders) -> None:
        headers["Content-Security-Policy"] = self._media if scope["path"].startswith(MEDIA_PATH) else self._page
        headers["X-Content-Type-Options"] = "nosniff"
        # Forms of this server say where they come from, and no other server learns an address with a key in it.
        headers["Referrer-Policy"] = "same-origin"
        headers["Permissions-Policy"] = PERMISSIONS
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if self._frame:
            headers["X-Frame-Options"] = self._frame
        if is_tls(scope):
            headers["Strict-Transport-Security"] = HSTS


def page_policy(embed_in: Sequence[Origin]) -> str:
    """The Content-Security-Policy of pages.

    Scripts come from this server. What Streamlit writes into its page is known by its hash; scripts of components come
    as blobs, which only a script of the page can make. Its reader of messages tries WebAssembly; text is never run as a
    script. Styles must stay 'unsafe-inline': Streamlit and its components write them as they draw.
    """
    scripts = " ".join(["'self'", "blob:", "'wasm-unsafe-eval'", *_hashes_of_streamlit()])
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "frame-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            _frame_ancestors(embed_in),
        ]
    )


def media_policy(embed_in: Sequence[Origin]) -> str:
    """The policy of files that people brought or made, were one opened as a page: it runs nothing."""
    return "; ".join(
        [
            "default-src 'none'",
            "img-src 'self' data:",
            "media-src 'self'",
            "style-src 'unsafe-inline'",
            "sandbox",
            _frame_ancestors(embed_in),
        ]
    )


def _frame_ancestors(embed_in: Sequence[Origin]) -> str:
    return " ".join(["frame-ancestors 'self'", *map(str, embed_in)])


def _hashes_of_streamlit() -> list[str]:
    spec = find_spec("streamlit")
    if spec is None or spec.origin is None:
        return []
    page = Path(spec.origin).parent / "static" / "index.html"
    scripts = _INLINE.findall(page.read_text(encoding="utf-8"))
    return [f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts]
