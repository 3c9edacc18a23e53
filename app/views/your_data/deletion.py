"""Deleting on the data page: after a number of days, or everything at once."""

from collections.abc import Callable
from typing import Final

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
from app.views.shared import frame
from app.views.shared import store_parts as session_parts

EVERYTHING = "delete everything"
MINE, EVERYBODYS = "Only mine", "Everybody's"
UNTIL_DELETED, OTHER_DAYS = "Until deleted", "Other"
USUAL_DAYS: Final = (30, 90, 180, 365)
_CORNER_CSS: Final = """<style>
.st-key-data_corner {border-color:#c0392f; margin-top:1rem}
.st-key-data_corner h2 {color:#c0392f}
@media (prefers-color-scheme: dark) {.st-key-data_corner h2 {color:#f08a80}}
</style>"""


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
    memory.done, memory.undo = f"{what}: deleted with {counted(done.sessions, 'session')}{videos}.", None
    memory.problem = done.warning
    st.rerun()


def retention(store: Store, memory: SessionMemory) -> None:
    """For how long sessions are kept."""
    now = retention_days(store)
    st.header("How long data is kept", anchor=False)
    kept = "until you delete it" if now is None else f"for {counted(now, 'day')}"
    st.markdown(f"Data is kept **{kept}**.")
    if not current.may(Right.ADMINISTER):
        st.caption("An administrator can change this for the whole server.")
        return
    wanted = _wanted_days(now)
    if wanted is None:
        if now is not None and st.button("Keep until deleted", key="data_keep", type="primary"):
            session_parts.change(memory, lambda: _set_days(store, None), "Data is now kept until you delete it.")
        return
    due = overdue(store, wanted)
    is_due = bool(due.sessions or due.baselines or due.check_ins)
    if wanted == now and not is_due:
        st.caption(_due_words(due, wanted))
        return
    st.markdown(f"{_due_words(due, wanted)}{' This cannot be undone.' if is_due else ''}")
    label = f"Keep for {counted(wanted, 'day')}"
    if is_due:
        sent = frame.danger_button(f"{label} and delete what is older", key="data_days_sent")
    else:
        sent = st.button(label, key="data_days_sent", type="primary")
    if sent:
        _keep_for(store, memory, wanted)


def _wanted_days(now: int | None) -> int | None:
    """The choice: a number of days, or None for no end."""
    chosen = st.radio(
        "Keep sessions, check-ins and baselines",
        [UNTIL_DELETED, *map(str, USUAL_DAYS), OTHER_DAYS],
        _place(now),
        format_func=lambda choice: f"{choice} days" if choice.isdigit() else choice,
        key="data_keep_for",
        horizontal=True,
        help="Older data is deleted each time the program starts, and when you confirm a number of days here. "
        "Participants' names stay until you delete them.",
    )
    if chosen == UNTIL_DELETED:
        return None
    if chosen != OTHER_DAYS:
        return int(chosen)
    days = st.number_input(
        "Days",
        1,
        MAX_RETENTION_DAYS,
        now or USUAL_DAYS[-1],
        key="data_days",
        width=220,
        help="Counted from the end of a session, and from the moment of a check-in.",
    )
    return int(days)


def _place(days: int | None) -> int:
    """Which of the choices a number of days is."""
    if days is None:
        return 0
    return 1 + USUAL_DAYS.index(days) if days in USUAL_DAYS else 1 + len(USUAL_DAYS)


def everything(store: Store, memory: SessionMemory, stored: Overview) -> None:
    """All at once, in a corner of its own."""
    if not current.may(Right.DELETE):
        return
    st.html(_CORNER_CSS)
    with st.container(key="data_corner", border=True):
        st.header("Delete everything", anchor=False)
        chosen = _whose(store)
        if chosen is not store:
            stored = overview(chosen)
        days = " and the choice above" if chosen.owner.sees_all else ""
        st.markdown(
            f"{counted(stored.participants, 'participant')}, {counted(stored.sessions, 'session')}, "
            f"{counted(stored.check_ins, 'check-in')}, all their videos{days}. Models and training runs stay."
        )
        with st.popover("Delete everything …", icon=":material/delete_forever:", key="data_everything"):
            _confirm_everything(chosen, memory)


def _confirm_everything(chosen: Store, memory: SessionMemory) -> None:
    st.markdown("This permanently deletes all of it. It cannot be undone.")
    with st.form("data_everything_form", border=False):
        typed = st.text_input(f"Type “{EVERYTHING}” to confirm", key="data_everything_typed", autocomplete="off")
        sent = frame.danger_button("Delete everything permanently", key="data_everything_sent", in_form=True)
    if not sent:
        return
    if typed.strip().lower() != EVERYTHING:
        st.warning(f"Nothing was deleted: type “{EVERYTHING}” to confirm.")
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
    older = f"{', '.join(parts)} older than {counted(days, 'day')} will be deleted now."
    now = older if parts else f"Nothing is older than {counted(days, 'day')} yet."
    if due.next_at is None:
        return now
    at = f"{due.next_at.day} {due.next_at:%B %Y}"
    return f"{now} The next session becomes that old on {at}, and is deleted at the program's next start after that."
