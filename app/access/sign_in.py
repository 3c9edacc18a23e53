"""The page that asks for the shared passphrase, and the way out. Imports no Streamlit."""

import html
import math
from string import Template
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.access import audit, cookie, server
from app.access.audit import AuditEvent
from app.access.gate import SIGN_IN, SIGN_OUT
from app.access.passphrase import MAX_LENGTH
from app.access.types import AccessMode

MAX_BODY: Final = 4096
"""Bytes of a form with a passphrase."""
_HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_PAGE: Final = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in · FER Studio</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<style>
body {font: 1rem/1.5 "Source Sans", system-ui, sans-serif; margin: 0; min-height: 100vh;
  display: grid; place-items: center; background: light-dark(#fff, #0e1117); color: light-dark(#262c36, #f3f4f6)}
main {width: min(22rem, 100vw - 3rem)}
h1 {font-size: 1.6rem; margin: 0 0 .3rem}
p {margin: 0 0 1.2rem}
label {display: block; font-weight: 600; margin-bottom: .3rem}
input, button {box-sizing: border-box; width: 100%; font: inherit; padding: .6rem .8rem; border-radius: .5rem}
input {border: 1px solid light-dark(#8a93a3, #7b8494); background: transparent; color: inherit}
button {margin-top: .8rem; border: 0; background: #2f6f8f; color: #fff; font-weight: 600; cursor: pointer}
button:hover {background: #275d78}
:focus-visible {outline: 3px solid #5fa8c8; outline-offset: 2px}
[role=alert] {color: light-dark(#a3231b, #ff9c94); font-weight: 600; margin: .8rem 0 0}
</style></head><body><main><h1>FER Studio</h1><p>This server asks for its passphrase. Whoever runs it can tell you.</p>
<form method="post"><label for="p">Passphrase</label>
<input id="p" name="passphrase" type="password" autocomplete="current-password" maxlength="$most" required autofocus>
<input type="hidden" name="next" value="$next"><button>Sign in</button>$problem</form></main></body></html>
""")


def routes() -> list[Route]:
    """The ways in and out."""
    return [Route(SIGN_IN, _ask, methods=["GET"]), Route(SIGN_IN, _enter, methods=["POST"]), Route(SIGN_OUT, _leave)]


async def _ask(request: Request) -> Response:
    if server.settings().mode is not AccessMode.PASSPHRASE:
        return RedirectResponse("/", 303)
    return _page(request.query_params.get("next", "/"))


async def _enter(request: Request) -> Response:
    here = server.settings()
    if here.mode is not AccessMode.PASSPHRASE or here.passphrase is None:
        return RedirectResponse("/", 303)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_BODY:
            return _page("/", "That is too long for a passphrase.", 413)
    fields = await _form(request, body)
    passphrase, then = fields
    address = request.client.host if request.client else ""
    wait = server.attempts().begin(address)
    if wait > 0:
        return _page(then, f"Too many tries. Wait {_in_words(wait)}, then try again.", 429, wait)
    if not await run_in_threadpool(here.passphrase.matches, passphrase):
        audit.note(AuditEvent.REFUSED, user=None)
        return _page(then, "This is not the passphrase. Try again.", 403)
    server.attempts().succeeded(address)
    kept = cookie.make_cookie(here, server.cookie_secret())
    audit.note(AuditEvent.SIGNED_IN, user=server.user_by_passphrase({cookie.NAME: kept}))
    answer = RedirectResponse(_own_path(then), 303, headers=_HEADERS)
    answer.set_cookie(
        cookie.NAME,
        kept,
        max_age=int(here.hours * 3600),
        httponly=True,
        secure=request.url.scheme == "https",
        samesite="lax",
    )
    return answer


async def _leave(request: Request) -> Response:
    user = server.user_of_cookies(request.cookies)
    if user is not None and server.settings().mode is AccessMode.PASSPHRASE:
        audit.note(AuditEvent.SIGNED_OUT, user=user)
    answer = RedirectResponse("/", 303, headers=_HEADERS)
    answer.delete_cookie(cookie.NAME)
    return answer


async def _form(request: Request, body: bytes) -> tuple[str, str]:
    """The passphrase and the address to go on to."""

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async with Request(request.scope, receive).form(max_files=0, max_fields=4) as form:
        return str(form.get("passphrase", "")), str(form.get("next", "/"))


def _page(then: str, problem: str = "", status: int = 200, wait_s: float = 0.0) -> HTMLResponse:
    said = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
    text = _PAGE.substitute(most=MAX_LENGTH, next=html.escape(_own_path(then), quote=True), problem=said)
    headers = _HEADERS | ({"Retry-After": str(math.ceil(wait_s))} if wait_s else {})
    return HTMLResponse(text, status, headers=headers)


def _own_path(path: str) -> str:
    """That address if it is one of this server's pages, else the first page: a link must not lead elsewhere."""
    is_own = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return path if is_own and not path.startswith((SIGN_IN, SIGN_OUT)) else "/"


def _in_words(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole} second{'s' * (whole != 1)}" if whole < 90 else f"{math.ceil(whole / 60)} minutes"
