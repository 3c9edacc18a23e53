"""The way in for somebody whom this tab does not know, or who is listed nowhere."""

import streamlit as st

from app.access import server
from app.access.current import is_signed_in
from app.access.gate import SIGN_IN
from app.access.types import AccessMode


def render() -> None:
    """Draw the page."""
    _, middle, _ = st.columns([1, 2, 1])
    with middle:
        if server.settings().mode is AccessMode.PASSPHRASE:
            st.title("Sign in")
            st.write("Your sign-in has ended.")
            st.html(f'<a href="{SIGN_IN}">Sign in again</a>')  # Streamlit's own links open another tab
        elif is_signed_in():
            st.title("No access yet")
            st.write(
                f"You are signed in as {_account()}, but this account has no role on this server. "
                "Ask whoever runs it to give you one (`FER_ROLES`), then sign in again."
            )
            st.button("Sign out", on_click=st.logout)
        else:
            st.title("Sign in")
            ended = "Your sign-in has ended. " if st.user.get("is_logged_in") else ""
            st.write(f"{ended}Sign in with your account to use FER Studio.")
            st.button("Sign in", type="primary", on_click=st.login)


def _account() -> str:
    return str(st.user.get("email") or st.user.get("name") or "an account without a name")
