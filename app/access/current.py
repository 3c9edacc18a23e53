"""Who uses the tab whose page runs."""

from dataclasses import replace

import streamlit as st

from app.access import audit, server
from app.access.claims import is_current, user_from_claims
from app.access.types import ANONYMOUS_USER, LOCAL_USER, AccessMode, Right, User
from app.opened_store import everybodys_store
from app.store.database import Store


class NotAllowedError(Exception):
    """Somebody asked for what they have no right to; the text is one sentence for them."""


def user() -> User | None:
    """The user of this tab; None for somebody who has not signed in, whose sign-in expired, or who is listed nowhere.

    To be called in a run of a page.
    """
    match server.settings().mode:
        case AccessMode.OPEN:
            return LOCAL_USER
        case AccessMode.ANONYMOUS:
            return ANONYMOUS_USER
        case AccessMode.PASSPHRASE:
            return _or_while_recording(server.user_by_passphrase(st.context.cookies))
        case AccessMode.OIDC:
            claims = st.user.to_dict()
            known = user_from_claims(claims, server.settings()) if is_signed_in() else None
            if claims:
                audit.note_token(known, (claims.get("iss"), claims.get("sub"), claims.get("exp")))
            return _or_while_recording(known)


def is_signed_in() -> bool:
    """Whether a provider's account that has not expired is signed in here, listed or not."""
    return bool(st.user.get("is_logged_in")) and is_current(st.user.to_dict())


def may(right: Right) -> bool:
    """Whether this tab's user has that right."""
    who = user()
    return who is not None and who.may(right)


def _or_while_recording(known: User | None) -> User | None:
    """That user; or whoever began this tab's recording, until it ends, as an hour's token must not cut it off.

    Beyond recording they may do nothing then: a recording that never ends must not prolong an administrator's sign-in.
    """
    from app import state  # which needs this module

    if known is not None:
        state.remember_user(known)
        return known
    before = state.user_who_records()
    return None if before is None else replace(before, withheld=frozenset(Right) - {Right.RECORD})


def signed_in() -> User:
    """This tab's user.

    Raises:
        NotAllowedError: there is none.
    """
    who = user()
    if who is None:
        raise NotAllowedError("Nobody is signed in here. Sign in, then try again.")
    return who


def store() -> Store:
    """The part of the stored sessions that this tab's user may see; others' are as if they were not stored.

    Raises:
        NotAllowedError: nobody is signed in here.
        StoreError: it cannot be opened; asked again, it is tried again.
    """
    return everybodys_store().of(signed_in())


def require(right: Right) -> User:
    """This tab's user, who has that right.

    Raises:
        NotAllowedError: they have not.
    """
    who = user()
    if who is None or not who.may(right):
        raise NotAllowedError(f"This account may not do that: it lacks the right to {right}.")
    return who
