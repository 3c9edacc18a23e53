"""Deleting on the data page: after a number of days, or everything at once."""

from collections.abc import Callable

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.formatting import counted
from app.markdown_text import sentence
from app.store.database import Store
from app.store.errors import StoreError
from app.store.privacy import (
    MAX_RETENTION_DAYS,
    Deleted,
    Overdue,
    Overview,
    apply_retention,
    delete_everything,
    overdue,
    overview,
    retention_days,
    set_retention_days,
)
from app.tab_memory import SessionMemory
from app.views.shared import store_parts as session_parts

EVERYTHING = "delete everything"
MINE, EVERYBODYS = "What is mine", "Everybody's"
USUAL_DAYS = 365


def delete(memory: SessionMemory, work: Callable[[], Deleted], what: str, *, noted: str) -> None:
    """Delete, forget what the tab still holds of it, say so and draw the page anew; or say why it cannot be done.

    Args:
        memory: what the tab remembers.
        work: deletes.
        what: the beginning of the sentence that says what was deleted.
        noted: the same for the audit log, see `audit.note`.

    Raises:
        NotAllowedError: the user may not delete.
    """
    user = current.require(Right.DELETE)
    try:
        done = work()
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    audit.note(AuditEvent.DELETED, user=user, what=noted, count=done.sessions)
    memory.opened = memory.participant_id = memory.loaded = None
    memory.compared = ()
    memory.checked_in.clear()
    videos = f" and {counted(done.videos, 'video')}" if done.videos else ""
    memory.done = f"{what}: deleted with {counted(done.sessions, 'session')}{videos}."
    memory.problem = done.warning
    st.rerun()


def retention(store: Store, memory: SessionMemory) -> None:
    """For how long sessions are kept."""
    now = retention_days(store)
    st.subheader(
        "How long it is kept",
        help="Sessions, check-ins and baselines that are older are deleted each time the program starts, and when you "
        "confirm a number of days here. Participants' names stay until you delete them.",
        anchor=False,
    )
    kept = "until somebody deletes it" if now is None else f"for {counted(now, 'day')}"
    st.markdown(f"What is stored is kept **{kept}**.")
    if not current.may(Right.ADMINISTER):
        st.caption("An administrator can change this for the whole server.")
        return
    wanted = _wanted_days(now)
    if wanted is None:
        if now is not None and st.button("Keep everything from now on", key="data_keep"):
            session_parts.change(memory, lambda: _set_days(store, None), "Everything is kept from now on.")
        return
    due = overdue(store, wanted)
    st.markdown(_due_words(due, wanted))
    if wanted == now and not (due.sessions or due.baselines or due.check_ins):
        return
    with st.popover(f"Keep for {counted(wanted, 'day')} …", icon=":material/schedule:"):
        st.markdown(f"{_due_words(due, wanted)} This cannot be undone.")
        if st.button("Yes, do it", key="data_days_sent", type="primary"):
            _keep_for(store, memory, wanted)


def _wanted_days(now: int | None) -> int | None:
    if not st.toggle("Delete what is older than a number of days", now is not None, key="data_limited"):
        return None
    days = st.number_input(
        "Days",
        1,
        MAX_RETENTION_DAYS,
        now or USUAL_DAYS,
        key="data_days",
        width=220,
        help="Counted from the end of a session, and from the moment of a check-in.",
    )
    return int(days)


def everything(store: Store, memory: SessionMemory, stored: Overview) -> None:
    """All at once."""
    if not current.may(Right.DELETE):
        return
    st.subheader("Delete everything", anchor=False)
    with st.expander("Delete all participants, sessions, check-ins and videos", icon=":material/delete_forever:"):
        chosen = _whose(store)
        if chosen is not store:
            stored = overview(chosen)
        days = " and the number of days above" if chosen.owner.sees_all else ""
        st.markdown(
            f"{counted(stored.participants, 'participant')}, {counted(stored.sessions, 'session')}, "
            f"{counted(stored.check_ins, 'check-in')}, all their videos{days} are deleted for good. "
            "Models and training runs stay."
        )
        with st.form("data_everything", border=False):
            typed = st.text_input(f"Type “{EVERYTHING}” to confirm", key="data_everything_typed", autocomplete="off")
            sent = st.form_submit_button("Delete everything for good", type="primary", key="data_everything_sent")
        if not sent:
            return
        if typed.strip().lower() != EVERYTHING:
            st.warning(f"Those are not the words “{EVERYTHING}”, so nothing was deleted.")
            return
        whose = "everything of everybody" if chosen.owner.sees_all else "everything of their own"
        delete(memory, lambda: delete_everything(chosen), "Everything", noted=whose)


def _whose(store: Store) -> Store:
    """What is to be deleted: an administrator chooses, where others have something."""
    if not store.owner.sees_all or overview(store) == overview(store.own):
        return store
    choice = st.radio("Whose", [MINE, EVERYBODYS], key="data_everything_whose", horizontal=True)
    return store if choice == EVERYBODYS else store.own


def _keep_for(store: Store, memory: SessionMemory, days: int) -> None:
    def work() -> Deleted:
        _set_days(store, days)
        return apply_retention(store)

    delete(memory, work, f"Kept for {counted(days, 'day')}; what was older", noted="sessions past their time")


def _set_days(store: Store, days: int | None) -> None:
    user = current.require(Right.ADMINISTER)
    set_retention_days(store, days)
    audit.note(AuditEvent.RETENTION_CHANGED, user=user, what="days", count=days or 0)


def _due_words(due: Overdue, days: int) -> str:
    parts = [
        counted(number, noun)
        for number, noun in ((due.sessions, "session"), (due.check_ins, "check-in"), (due.baselines, "baseline"))
        if number
    ]
    older = f"{', '.join(parts)} older than {counted(days, 'day')} would be deleted now."
    now = older if parts else f"Nothing is older than {counted(days, 'day')} yet."
    if due.next_at is None:
        return now
    at = f"{due.next_at.day} {due.next_at:%B %Y}"
    return f"{now} The next session would follow from {at} on, whenever the program starts."
