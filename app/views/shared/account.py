"""On every page: who is signed in, the way out, and a word where nobody has to sign in."""

import streamlit as st

from app.access import server
from app.access.gate import SIGN_OUT
from app.access.types import AccessMode, Role, User
from app.markdown_text import plain

_ROLES = {
    Role.VIEWER: "watches",
    Role.RECORDER: "records",
    Role.TRAINER: "trains",
    Role.ADMINISTRATOR: "administers",
}


def show_notice() -> None:
    """Above the page: that everybody may come in, where that is so."""
    if server.settings().mode is AccessMode.ANONYMOUS:
        st.warning(
            "This server has no sign-in: everybody on its network sees the sessions recorded here. Deleting, training "
            "and changing the live model are switched off.",
            icon=":material/public:",
        )


def show_account(user: User) -> None:
    """At the header's right, on phones at the page's end: the account with what it may do, and the way out."""
    mode = server.settings().mode
    if mode not in (AccessMode.PASSPHRASE, AccessMode.OIDC):
        return
    roles = ", ".join(_ROLES[role] for role in Role if role in user.roles)
    with st.container(key="account", horizontal=True, vertical_alignment="center"):
        st.caption(f"{plain(user.name or 'Signed in by passphrase')} · {roles}", width="content")
        if mode is AccessMode.OIDC:
            st.button("Sign out", key="sign_out", on_click=st.logout, type="tertiary")
        else:
            st.html(f'<a href="{SIGN_OUT}">Sign out</a>', width="content")  # Streamlit's own links open another tab
