"""The cookie of a sign-in by passphrase: signed, and of no use once the passphrase or its role is another."""

from typing import Final

from itsdangerous import BadData, URLSafeTimedSerializer

from app.access.settings import AccessSettings

NAME: Final = "fer_sign_in"
_PURPOSE: Final = "fer-studio sign-in by passphrase"
_HOUR_S: Final = 3600


def make_cookie(settings: AccessSettings, secret: str) -> str:
    """The cookie's value for somebody who knew the passphrase just now.

    Args:
        settings: how people get in.
        secret: what cookies are signed with; equal on all replicas of a server.
    """
    return _serializer(settings, secret).dumps("in")


def is_signed_in(value: str, settings: AccessSettings, secret: str) -> bool:
    """Whether that value was made by `make_cookie` with the same settings and secret, not too long ago."""
    try:
        _serializer(settings, secret).loads(value, max_age=int(settings.hours * _HOUR_S))
    except BadData:
        return False
    return True


def _serializer(settings: AccessSettings, secret: str) -> URLSafeTimedSerializer:
    if not secret:
        raise ValueError("cookies need a secret to be signed with")
    return URLSafeTimedSerializer(secret, salt=f"{_PURPOSE}|{settings.passphrase}|{settings.passphrase_role}")
