"""Components of the app's own, put together from files of app/assets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).parents[2] / "assets"


@st.cache_resource(show_spinner=False)
def component(name: str, *scripts: str, html: str | None = None, css: str | None = None) -> Callable[..., Any]:
    """Register a component with Streamlit; gives what mounts it.

    Args:
        name: how Streamlit names it; with the prefix "fer_".
        *scripts: files of app/assets that are joined, in that order, into one module: each name at the top level
            must be unique, and only the last has an `export default`.
        html: file of app/assets; None for a component that only listens.
        css: file of app/assets; None where there is nothing to style.
    """
    renderer: Callable[..., Any] = st.components.v2.component(
        name,
        html=None if html is None else _text(html),
        css=None if css is None else _text(css),
        js="\n".join(map(_text, scripts)),
    )
    return renderer


def _text(asset: str) -> str:
    return (_ASSETS / asset).read_text(encoding="utf-8")
