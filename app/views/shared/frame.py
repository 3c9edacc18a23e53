"""What is the same on every page: its heading, one plain line below it, and the look of buttons that destroy."""

from typing import Any, Final

import streamlit as st

CSS: Final = """
.st-key-page_heading {gap: 0}
.st-key-page_heading h1 {padding: 0 0 .15rem}
.st-key-page_heading [data-testid="stCaptionContainer"] {font-size: 1rem}
[class*="st-key-danger_"] button {border-color: #c0392f; background: #c0392f; color: #fff}
[class*="st-key-danger_"] button:hover, [class*="st-key-danger_"] button:active,
[class*="st-key-danger_"] button:focus-visible {border-color: #9c2a22; background: #9c2a22; color: #fff}
[class*="st-key-danger_"] button:disabled {border-color: inherit; background: transparent; color: inherit; opacity: .5}
"""
"""Red with white on it has a contrast of 5.4, and 7.5 while the pointer is over it."""


def heading(title: str, line: str) -> None:
    """Draw the page's one H1 and the line that says what the page is for. Called first, once in a run.

    Args:
        title: as the menu names the page, or of the one thing that the page shows.
        line: Markdown; one plain sentence.
    """
    with st.container(key="page_heading"):
        st.title(title, anchor=False)
        st.caption(line)


def danger_button(label: str, *, key: str, **options: Any) -> bool:
    """Draw a red button, for what cannot be undone; gives whether it was pressed.

    Args:
        label: what is destroyed, such as "Delete the session".
        key: of the button.
        options: further ones of `st.button`.
    """
    with st.container(key=f"danger_{key}", width=options.pop("width", "content")):
        return bool(st.button(label, key=key, **options))
