"""The way in for somebody whom this tab does not know, or who is listed nowhere."""

import streamlit as st

from app.access import server
from app.access.current import is_signed_in
from app.access.gate import SIGN_IN
from app.access.types import AccessMode
from app.markdown_text import plain
from app.views.shared import frame


def render() -> None:
    """Draw the page."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        if server.settings().mode is AccessMode.PASSPHRASE:
            frame.heading("Sign in", "Your sign-in has ended.")
            st.html(f'<a href="{SIGN_IN}">Sign in again</a>')  # Streamlit's own links open another tab
        elif is_signed_in():
            frame.heading("No access yet", f"You are signed in as {_account()}.")
            st.write(
                "This account has no role on this server. Ask whoever runs the server to give you one (`FER_ROLES`), "
                "then sign in again."
            )
            st.button("Sign out", on_click=st.logout)
        else:
            ended = "Your sign-in has ended. " if st.user.get("is_logged_in") else ""
            frame.heading("Sign in", f"{ended}Sign in with your account to use FER Studio.")
            st.button("Sign in", type="primary", on_click=st.login)


def _account() -> str:
    return plain(str(st.user.get("email") or st.user.get("name") or "an account without a name"))
