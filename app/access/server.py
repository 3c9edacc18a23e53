"""What this server knows of access: its settings, its secret, and who sends a request.

Nowhere else are the parts of Streamlit used that nobody promised to keep.
"""

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final

import streamlit as st
from starlette.requests import cookie_parser
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from app.access import cookie
from app.access.claims import is_current, user_from_claims
from app.access.passphrase import Attempts
from app.access.settings import AccessSettings, refuse_if_open
from app.access.types import ANONYMOUS_USER, LOCAL_USER, AccessMode, User
from app.server import for_server

_WAYS_AROUND: Final = {
    "server.baseUrlPath": "below another path than / nothing would be checked. Give the studio a name of its own, "
    "such as studio.example.org.",
    "server.enableAgentApi": "programs would use pages that are made for people, and files would reach them unchecked.",
    "server.trustedUserHeaders": "anybody who sends such a header could pose as anybody. Sign-in is in docs/deploy.md.",
}
_OWNER_BY_PASSPHRASE = "passphrase"  # nosec B105 # a word for it


@for_server
def settings() -> AccessSettings:
    """How people get in, read once.

    Raises:
        ValueError: the environment says no such thing.
    """
    return AccessSettings.from_environment(has_provider=_has_provider())


@for_server
def attempts() -> Attempts:
    """The failed tries of the passphrase."""
    return Attempts()


def refuse_an_open_network(hosts: Iterable[str] = ()) -> None:
    """End the program with one sentence where others than this machine could use it without sign-in.

    Args:
        hosts: the names under which the server is to be reached, beside the address that it listens at.
    """
    try:
        refuse_if_open(settings(), str(st.get_option("server.address") or ""), hosts)
    except ValueError as error:
        raise SystemExit(str(error)) from None


def refuse_ways_around() -> None:
    """End the program with one sentence where Streamlit's settings would lead around what is checked here."""
    for option, why in _WAYS_AROUND.items():
        if st.get_option(option):
            raise SystemExit(f"FER Studio does not start with Streamlit's setting {option}: {why}")


def user_by_passphrase(cookies: Mapping[str, str]) -> User | None:
    """Whoever signed in by passphrase, from a request's cookies."""
    here = settings()
    if not cookie.is_signed_in(cookies.get(cookie.NAME, ""), here, cookie_secret()):
        return None
    return User(_OWNER_BY_PASSPHRASE, "", frozenset({here.passphrase_role}))


def user_of_cookies(cookies: Mapping[str, str]) -> User | None:
    """Whoever sends a request with these cookies; None for somebody who did not sign in, or whose sign-in expired."""
    match settings().mode:
        case AccessMode.OPEN:
            return LOCAL_USER
        case AccessMode.ANONYMOUS:
            return ANONYMOUS_USER
        case AccessMode.PASSPHRASE:
            return user_by_passphrase(cookies)
        case AccessMode.OIDC:
            claims = _claims(cookies)
            return user_from_claims(claims, settings()) if is_current(claims) else None


def user_of_headers(headers: Iterable[tuple[bytes, bytes]]) -> User | None:
    """Like `user_of_cookies`, from the headers of an ASGI scope.

    They are read as Streamlit reads them: of a header with a cookie that is none, as other programs of a host may set,
    Python's own reader would forget all.
    """
    jar: dict[str, str] = {}
    for name, value in headers:
        if name == b"cookie":
            jar |= cookie_parser(value.decode("latin-1"))
    return user_of_cookies(jar)


def account_of_headers(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Whose request this is where each signs in with an account of their own; else, and for nobody, ""."""
    user = user_of_headers(headers) if settings().mode is AccessMode.OIDC else None
    return "" if user is None else user.owner


def cookie_secret() -> str:
    """What cookies are signed with: Streamlit's server.cookieSecret, or where that is empty one of this process."""
    return get_cookie_secret() or _own_secret()


@for_server
def _own_secret() -> str:
    return secrets.token_hex(32)


def _has_provider() -> bool:
    return bool(secrets_singleton.load_if_toml_exists() and secrets_singleton.get("auth"))


def _claims(cookies: Mapping[str, str]) -> dict[str, Any]:
    def one(name: str) -> bytes | None:
        value = cookies.get(name)
        return None if value is None else decode_signed_value(get_cookie_secret(), name, value.encode("latin-1"))

    raw = get_cookie_with_chunks(one, USER_COOKIE_NAME)
    try:
        claims = json.loads(raw or b"{}")
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) and claims.get("is_logged_in") else {}
