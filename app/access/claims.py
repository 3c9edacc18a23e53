"""From the claims of a provider's identity token (OpenID Connect Core 1.0, section 2) to a user with roles."""

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from app.access.settings import AccessSettings
from app.access.types import User

_SLACK_S: Final = 60
"""Clocks of provider and server may differ by so much."""


def user_from_claims(claims: Mapping[str, Any], settings: AccessSettings) -> User | None:
    """The user that these claims are of; None for one who is listed nowhere, or whose claims name nobody.

    An address of e-mail counts only if the provider does not say that it is unverified.

    Args:
        claims: the identity token's, already verified by whoever received it.
        settings: who has which role.
    """
    issuer, subject = str(claims.get("iss") or ""), str(claims.get("sub") or "")
    if not (issuer and subject):
        return None
    email = str(claims.get("email") or "")
    names = [email] if email and claims.get("email_verified", True) in (True, "true") else []
    values = _values(claims.get(settings.role_claim)) if settings.role_claim else []
    # Nobody vouches that a group or a user's name that looks like an address is one.
    names += [value for value in values if "@" not in value]
    roles = settings.roles_of(names)
    shown = email or str(claims.get("name") or claims.get("preferred_username") or subject)
    return User(_owner(issuer, subject), shown, roles) if roles else None


def is_current(claims: Mapping[str, Any], now: float | None = None) -> bool:
    """Whether the token has not expired; one that does not say when it does has.

    Args:
        claims: the identity token's; `exp` is in seconds since 1970.
        now: the same, by default this moment.
    """
    try:
        expires = float(claims["exp"])
    except (KeyError, TypeError, ValueError):
        return False
    return (time.time() if now is None else now) < expires + _SLACK_S


def _owner(issuer: str, subject: str) -> str:
    # Subjects are unique with one issuer alone, and both may be long.
    return "account-" + hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()[:32]


def _values(claim: Any) -> list[str]:
    if isinstance(claim, str):
        return [claim]
    return [str(value) for value in claim] if isinstance(claim, Iterable) else []
