"""What is the same on every page: its heading, one plain line below it, and the look of buttons that destroy."""

from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import streamlit as st

_ASSETS: Final = Path(__file__).parents[2] / "assets"
LOGO: Final = _ASSETS / "logo.svg"


@cache  # asked for in every run of a page
def css() -> str:
    """The style of all pages, with the logo that it draws."""
    logo = b64encode(LOGO.read_bytes()).decode()
    return (_ASSETS / "frame.css").read_text(encoding="utf-8").replace("LOGO", f"data:image/svg+xml;base64,{logo}")


def heading(title: str, line: str, *, in_a_row: bool = False) -> None:
    """Draw the page's one H1 and the line that says what the page is for. Called first, once in a run.

    Args:
        title: as the menu names the page, or of the one thing that the page shows.
        line: Markdown; one plain sentence.
        in_a_row: the line stands beside the title, where what follows needs the height.
    """
    key = "page_heading_in_a_row" if in_a_row else "page_heading"
    with st.container(key=key, horizontal=in_a_row, vertical_alignment="bottom" if in_a_row else "top"):
        width: Literal["content", "stretch"] = "content" if in_a_row else "stretch"
        st.title(title, anchor=False, width=width)
        st.caption(line, width=width)


def danger_button(label: str, *, key: str, in_form: bool = False, **options: Any) -> bool:
    """Draw a red button, for what cannot be undone; gives whether it was pressed.

    Args:
        label: what is destroyed, such as "Delete the session".
        key: of the button.
        in_form: it sends the form in which it stands.
        options: further ones of `st.button`.
    """
    draw = st.form_submit_button if in_form else st.button
    with st.container(key=f"danger_{key}", width=options.pop("width", "content")):
        return bool(draw(label, key=key, **options))
