"""The check-ins of the history page: what was said, and the way to take it back."""

from collections.abc import Sequence
from datetime import timedelta, timezone

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.markdown_text import plain
from app.session_statistics.check_ins import Phq4
from app.sessions.wording import check_in_line
from app.store.database import Store
from app.store.participants import delete_check_in
from app.store.records import CheckIn
from app.tab_memory import SessionMemory
from app.views.shared import store_parts as session_parts
from app.views.shared.check_in_form import phq4_words

FEW = 8


@st.fragment
def render(store: Store, memory: SessionMemory, said: Sequence[CheckIn]) -> None:
    """List them, newest first.

    Args:
        store: where they are kept.
        memory: what the tab remembers.
        said: a participant's, oldest first.
    """
    st.subheader("Check-ins", anchor=False)
    if not said:
        st.caption("None yet. What somebody says of their own mood stands beside their expressions from then on.")
        return
    newest = list(reversed(said))
    everything = len(said) > FEW and st.toggle(f"Show all {len(said)}", key="history_all_check_ins")
    for one in newest if everything else newest[:FEW]:
        with st.container(border=True):
            words, button = st.columns([6, 1], vertical_alignment="center")
            with words:
                _describe(one)
            with button:
                if current.may(Right.DELETE):
                    _delete(store, memory, one)


def _describe(one: CheckIn) -> None:
    at = one.at.astimezone(timezone(timedelta(minutes=one.utc_offset_min)))
    st.markdown(f"**{at:%a} {at.day} {at:%b %Y, %H:%M}** · {plain(check_in_line(one, phq4=False))}")
    if one.phq4 is None:
        return
    if Phq4(one.phq4).positive_screens:
        with st.expander(Phq4(one.phq4).summary()):
            phq4_words(one.phq4)
    else:
        st.caption(Phq4(one.phq4).summary())


def _delete(store: Store, memory: SessionMemory, one: CheckIn) -> None:
    with st.popover("Delete", width="stretch"):
        st.markdown("Delete this check-in for good?")
        if st.button("Yes, delete it", key=f"history_delete_{one.id}", type="primary"):
            user = current.require(Right.DELETE)

            def work() -> None:
                delete_check_in(store, one.id)
                audit.note(AuditEvent.DELETED, user=user, what=f"check-in {one.id}")

            session_parts.change(memory, work, "The check-in is deleted.")
