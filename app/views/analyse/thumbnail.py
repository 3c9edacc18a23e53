"""A file's first picture, small, of the same size in every row."""

from typing import Final

import streamlit as st

from app.analysis.jobs import FileView

WIDTH_PX: Final = 64
CSS: Final = f"""
.fer-no-picture {{width:{WIDTH_PX}px; aspect-ratio:4/3; border-radius:.5rem; background:rgba(128,128,128,.16)}}
[class*="st-key-thumbnail_"] {{flex:none}}
[class*="st-key-thumbnail_"] img {{width:{WIDTH_PX}px; aspect-ratio:4/3; object-fit:cover; border-radius:.5rem}}
[class*="st-key-thumbnail_"] [data-testid="stElementToolbar"] {{display:none}}
"""
"""Once on a page."""


def render(file: FileView) -> None:
    """Draw it; a grey field where the file shows nothing, or was not looked at yet."""
    with st.container(key=f"thumbnail_{file.title}", width=WIDTH_PX):
        if file.thumbnail_jpeg is None:
            st.html('<div class="fer-no-picture"></div>', width=WIDTH_PX)
        else:
            st.image(file.thumbnail_jpeg, alt="", width=WIDTH_PX)
