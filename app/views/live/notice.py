"""The line below the video that says how it is doing, in words for every state."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_HTML = '<div class="notice" role="status" aria-live="polite"></div>'
_CSS = """
.notice {
  min-height: 2.9rem; display: flex; align-items: center; box-sizing: border-box;
  padding: 0.4rem 0.8rem; border-radius: 8px; font-size: 0.95rem; line-height: 1.35;
  color: var(--st-text-color); background: var(--st-secondary-background-color);
  border-left: 4px solid transparent; font-family: var(--st-font);
}
.notice[data-kind="ok"] { border-left-color: #3d9a6a; }
.notice[data-kind="info"] { border-left-color: #3f7fc4; }
.notice[data-kind="warn"] { border-left-color: #e0a030; }
.notice[data-kind="error"] { border-left-color: #d6453d; }
"""
_JS = (Path(__file__).parents[2] / "assets" / "stream_notice.js").read_text(encoding="utf-8")


def show(kind: str, text: str) -> None:
    """Show the line; what only the browser knows replaces it there."""
    _component()(key="stream_notice", data={"kind": kind, "text": text}, height="content")


@st.cache_resource
def _component() -> Callable[..., Any]:
    renderer: Callable[..., Any] = st.components.v2.component("fer_stream_notice", html=_HTML, css=_CSS, js=_JS)
    return renderer
