"""By whom is counted what people share: by accounts where each signs in with one, else by tabs."""

from app import state
from app.access import current, server
from app.access.types import AccessMode


def account() -> str:
    """The account of this tab's user; "" where people share one, or need none."""
    if server.settings().mode is not AccessMode.OIDC:
        return ""
    user = current.user()
    return "" if user is None else user.owner


def user_or_tab() -> str:
    """Who waits for a turn here."""
    return account() or state.tab_id()
