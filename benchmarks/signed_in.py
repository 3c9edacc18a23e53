"""Cookies of visitors that are no browsers: of who signed in with a passphrase, and of the replica that nginx chose."""

import ssl
import urllib.error
from http.cookiejar import CookieJar
from typing import Final
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPSHandler, OpenerDirector, Request, build_opener

from app.access.gate import SIGN_IN

REPLICA_COOKIE: Final = "fer_replica"
"""deploy/nginx.conf sets it."""
TIMEOUT_S: Final = 60
_PAGE: Final = {"Accept": "text/html"}


def sign_in(url: str, passphrase: str, trusted: ssl.SSLContext | None = None) -> str:
    """The cookies of somebody who knows the passphrase, and is at no replica yet: "name=value; name=value".

    Args:
        url: of the app.
        passphrase: of the app's way in.
        trusted: certificates that are taken; None for the system's.

    Raises:
        ValueError: it is not the passphrase.
    """
    jar = CookieJar()
    form = urlencode({"passphrase": passphrase, "next": "/healthz"}).encode()
    try:
        _opener(jar, trusted).open(Request(url + SIGN_IN, form, {"Origin": url}), timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError as error:
        raise ValueError(f"the server does not take this passphrase: it answered {error.code}") from None
    return _text(jar, but=REPLICA_COOKIE)


def newcomer(url: str, cookies: str = "", trusted: ssl.SSLContext | None = None) -> str:
    """The cookies after a first page: those given, and where replicas stand behind nginx, that of the chosen one.

    Args:
        url: of the app.
        cookies: of a sign-in; "" where nobody signs in.
        trusted: certificates that are taken; None for the system's.

    Raises:
        ValueError: the server asks for a sign-in.
    """
    jar = CookieJar()
    with _opener(jar, trusted).open(
        Request(url, headers=_PAGE | ({"Cookie": cookies} if cookies else {})), timeout=TIMEOUT_S
    ) as answer:
        if SIGN_IN in answer.url:
            raise ValueError("the server asks for a sign-in; set FER_PASSPHRASE to its passphrase")
    return "; ".join(filter(None, (cookies, _text(jar, only=REPLICA_COOKIE))))


def replica_of(cookies: str) -> str:
    """The replica that nginx chose, as its cookie says; "" where none did."""
    pairs = dict(part.partition("=")[::2] for part in cookies.split("; "))
    return pairs.get(REPLICA_COOKIE, "")


def _opener(jar: CookieJar, trusted: ssl.SSLContext | None) -> OpenerDirector:
    return build_opener(HTTPSHandler(context=trusted), HTTPCookieProcessor(jar))


def _text(jar: CookieJar, *, but: str = "", only: str = "") -> str:
    return "; ".join(f"{one.name}={one.value}" for one in jar if one.name != but and (not only or one.name == only))
