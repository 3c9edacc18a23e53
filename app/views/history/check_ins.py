"""The check-ins of the history page: a form for a new one, a table of what was said, and the way to delete a row."""

from collections.abc import Sequence
from datetime import timedelta, timezone
from html import escape
from typing import Final

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.session_statistics.check_ins import Phq4
from app.store.database import Store
from app.store.participants import delete_check_in
from app.store.records import CheckIn, Participant
from app.tab_memory import SessionMemory
from app.views.shared import check_in_form, frame
from app.views.shared import store_parts as session_parts
from app.views.shared.check_in_form import phq4_words

FEW: Final = 8
_PHASES: Final = {"before": "Before a session", "after": "After a session", "none": "On its own"}
_HEADS: Final = ("When", "Occasion", "Pleasure", "Arousal", "PHQ-4", "Note")
_STYLE: Final = """<style>
.fer-said {display: grid; grid-template-columns: 9.5rem 8rem 4.5rem 4.5rem 7.5rem minmax(0, 1fr); gap: 0 1rem;
  align-items: center; font-size: .92rem}
.fer-said span {overflow: hidden; text-overflow: ellipsis; white-space: nowrap}
.fer-said .n {text-align: right; font-variant-numeric: tabular-nums}
.fer-said.head {opacity: .75; font-size: .85rem; padding-right: 4rem}
.fer-said b {display: none; font-weight: 400; opacity: .75}
[class*="st-key-history_row_"] {border-top: 1px solid rgba(128,128,128,.2); flex-wrap: nowrap}
[class*="st-key-history_row_"] > [data-testid="stElementContainer"]:first-child {flex: 1 1 0; min-width: 0}
@media (max-width: 640px) {
  .fer-said.head {display: none}
  .fer-said {grid-template-columns: 1fr 1fr; gap: .1rem .8rem; padding: .5rem 0}
  .fer-said span {white-space: normal}
  .fer-said span:last-child {grid-column: 1 / -1}
  .fer-said .n {text-align: left}
  .fer-said b {display: inline}
}
</style>"""


@st.fragment
def render(store: Store, memory: SessionMemory, person: Participant, said: Sequence[CheckIn]) -> None:
    """Draw them, newest first.

    Args:
        store: where they are kept.
        memory: what the tab remembers.
        person: whose.
        said: that participant's, oldest first.
    """
    st.header("Check-ins", anchor=False)
    with st.expander("Make a check-in: how do you feel now?", icon=":material/mood:"):
        if check_in_form.render(store, person.id, phase="none", key="history_check_in"):
            st.rerun()  # the charts above show it, too
    if not said:
        st.caption("No check-ins yet. Make one to see how you felt beside what your face showed.")
        return
    newest = list(reversed(said))
    everything = len(said) > FEW and st.toggle(f"Show all {len(said)}", key="history_all_check_ins")
    with st.container(gap=None):
        heads = "".join(f'<span class="{"n" if name in _HEADS[2:4] else ""}">{name}</span>' for name in _HEADS)
        st.html(f'{_STYLE}<div class="fer-said head" aria-hidden="true">{heads}</div>')
        for one in newest if everything else newest[:FEW]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"history_row_{one.id}"):
                st.html(_row(one))
                _more(store, memory, one)


def _row(one: CheckIn) -> str:
    at = one.at.astimezone(timezone(timedelta(minutes=one.utc_offset_min)))
    pleasure, arousal = (f"{value} of 9" if value else "–" for value in (one.valence, one.arousal))
    total = "–"
    if one.phq4 is not None:
        scores = Phq4(one.phq4)
        total = "incomplete" if scores.total is None else f"{scores.total} of 12 ({scores.band})"
    note = escape(one.note)
    return (
        f'<div class="fer-said"><span>{at.day} {at:%b %Y, %H:%M}</span><span>{_PHASES[one.phase]}</span>'
        f'<span class="n"><b>Pleasure </b>{pleasure}</span><span class="n"><b>Arousal </b>{arousal}</span>'
        f'<span><b>PHQ-4 </b>{total}</span><span title="{note}">{note}</span></div>'
    )


def _more(store: Store, memory: SessionMemory, one: CheckIn) -> None:
    """What does not fit in a row, and its deletion, behind a click."""
    with st.popover("", icon=":material/more_horiz:", type="tertiary", help="Details, delete"):
        if one.note:
            st.text(one.note)
        if one.phq4 is not None:
            phq4_words(one.phq4)
        if not current.may(Right.DELETE):
            st.caption("This account may not delete check-ins.")
            return
        st.markdown("This permanently deletes the check-in. It cannot be undone.")
        if frame.danger_button("Delete the check-in", key=f"history_delete_{one.id}"):
            user = current.require(Right.DELETE)

            def work() -> None:
                delete_check_in(store, one.id)
                audit.note(AuditEvent.DELETED, user=user, what=f"check-in {one.id}")

            session_parts.change(memory, work, "Deleted the check-in.")
