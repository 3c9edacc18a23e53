"""Components of the app's own, put together from files of app/assets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_ASSETS = Path(__file__).parents[2] / "assets"


@st.cache_resource(show_spinner=False)
def component(name: str, *scripts: str, html: str, css: str) -> Callable[..., Any]:
    """Register a component with Streamlit; gives what mounts it.

    Args:
        name: how Streamlit names it; with the prefix "fer_".
        *scripts: files of app/assets that are joined, in that order, into one module: each name at the top level
            must be unique, and only the last has an `export default`.
        html: file of app/assets.
        css: file of app/assets.
    """
    renderer: Callable[..., Any] = st.components.v2.component(
        name, html=_text(html), css=_text(css), js="\n".join(map(_text, scripts))
    )
    return renderer


def _text(asset: str) -> str:
    return (_ASSETS / asset).read_text(encoding="utf-8")
