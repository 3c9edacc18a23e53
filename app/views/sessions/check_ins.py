"""A session's check-ins. They are private, so they are shown only when somebody asks."""

import streamlit as st

from app.markdown_text import plain
from app.sessions.loaded import Outline
from app.sessions.wording import check_in_line
from app.views.shared.check_in_form import phq4_words


def render(outline: Outline) -> None:
    """Draw the switch, and the answers once it is on; nothing where there are none."""
    if not outline.check_ins:
        return
    st.header("Check-ins", anchor=False)
    if not st.toggle(
        "Show the answers",
        key=f"session_check_ins_{outline.session.id}",
        help="How the person felt, in their own words, and the PHQ-4 on anxiety and low mood. These answers are "
        "private: check who else can see the screen.",
    ):
        return
    for one in outline.check_ins:
        st.markdown(plain(check_in_line(one)))
        if one.phq4 is not None:
            phq4_words(one.phq4)
