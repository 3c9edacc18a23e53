"""Participants on the data page, a row each: another name or note, everything of one as a file, and deleting one."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import escape
from typing import Final

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right, User
from app.formatting import clock, counted
from app.markdown_text import plain
from app.store.database import Store
from app.store.exchange.export import export_participant
from app.store.participants import check_ins, edit_participant, participants
from app.store.privacy import delete_participant
from app.store.records import Participant
from app.store.sessions import sessions
from app.store.tables import MAX_NAME
from app.store.temporary import temporary_folder
from app.tab_memory import SessionMemory
from app.views.shared import frame
from app.views.shared import store_parts as session_parts
from app.views.your_data import deletion as data_deletion

ROWS: Final = 10
"""On one page of the list."""
_CSS: Final = """<style>
[class*="st-key-data_row_"] {border-top:1px solid rgba(128,128,128,.25); padding:.45rem 0; gap:.5rem}
[data-testid="stVerticalBlock"]:has(> [data-testid="stLayoutWrapper"] > [class*="st-key-data_row_"]) {gap:0}
.fer-person b {display:block; overflow-wrap:anywhere; font-weight:600}
.fer-person span {opacity:.75; font-size:.88rem}
@media (max-width:640px) {[class*="st-key-data_row_"] > :first-child {flex-basis:100%}}
</style>"""


@dataclass
class Stored:
    """What is stored of one participant: sessions and their seconds, check-ins, and when the newest session began."""

    sessions: int = 0
    seconds: float = 0.0
    check_ins: int = 0
    newest: datetime | None = None

    def words(self) -> str:
        """In one line, such as "2 sessions, 1:02:30 in all · 1 check-in · last on 3 May 2026"."""
        length = f", {clock(self.seconds)} in all" if self.seconds else ""
        parts = [f"{counted(self.sessions, 'session')}{length}" if self.sessions else "No sessions"]
        if self.check_ins:
            parts.append(counted(self.check_ins, "check-in"))
        if self.newest is not None:
            parts.append(f"last on {self.newest.day} {self.newest:%B %Y}")
        return " · ".join(parts)


def render(store: Store, memory: SessionMemory) -> None:
    """Draw the list."""
    st.header("Participants", anchor=False)
    people = participants(store)
    if not people:
        st.info("No participants yet. Record a session on the Live page; it adds the first.", icon=":material/person:")
        return
    titles, stored = session_parts.participant_titles(store, people), _stored(store)
    shown = _page_of_list(people)
    st.html(_CSS)
    with st.container():
        for person in shown:
            _row(store, memory, person, titles[person.id], stored.get(person.id, Stored()))


def _page_of_list(people: list[Participant]) -> list[Participant]:
    if len(people) <= ROWS:
        return people
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        words = st.text_input("Find a participant", key="data_find", width=280, autocomplete="off").strip().lower()
        found = [one for one in people if words in one.name.lower()]
        page = st.pagination(max(1, -(-len(found) // ROWS)), key="data_list_page")
    shown = found[(page - 1) * ROWS : page * ROWS]
    first = (page - 1) * ROWS + 1
    st.caption(f"{first}–{first + len(shown) - 1} of {len(found)}" if shown else "No participant matches.")
    return shown


def _stored(store: Store) -> dict[int, Stored]:
    found: dict[int, Stored] = {}
    for session in sessions(store):  # the newest first
        one = found.setdefault(session.participant_id, Stored(newest=session.started_local))
        one.sessions += 1
        one.seconds += session.duration_s or 0.0
    for number, count in Counter(said.participant_id for said in check_ins(store)).items():
        found.setdefault(number, Stored()).check_ins = count
    return found


def _row(store: Store, memory: SessionMemory, person: Participant, title: str, stored: Stored) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"data_row_{person.id}"):
        st.html(f'<div class="fer-person"><b>{escape(title)}</b><span>{stored.words()}</span></div>', width="stretch")
        with st.popover("Edit", icon=":material/edit:", key=f"data_edit_{person.id}"):
            _edit(store, memory, person)
        _export(store, person)
        if current.may(Right.DELETE):
            with st.popover("Delete", icon=":material/delete:", key=f"data_delete_{person.id}"):
                _delete(store, memory, person, stored)


def exported(store: Store, participant_id: int, user: User) -> bytes:
    """The bytes of a participant's zip, for a user whose part of the store this is.

    Raises:
        StoreError: it cannot be read or written.
    """
    with temporary_folder(store) as folder:
        data = export_participant(store, participant_id, folder / "participant.zip").read_bytes()
    audit.note(AuditEvent.EXPORTED, user=user, what=f"participant {participant_id}")
    return data


def _edit(store: Store, memory: SessionMemory, person: Participant) -> None:
    with st.form(f"data_edit_form_{person.id}", border=False):
        name = st.text_input(
            "Name or code",
            person.name,
            max_chars=MAX_NAME,
            key=f"data_name_{person.id}",
            help="A code reveals less about the person than a name, should the data be lost.",
        )
        note = st.text_area("Note", person.note, max_chars=2000, height=90, key=f"data_note_{person.id}")
        if st.form_submit_button("Save", icon=":material/check:", type="primary"):
            session_parts.change(memory, partial(_save, store, memory, person, name, note), f"{plain(name)} is saved.")


def _save(store: Store, memory: SessionMemory, person: Participant, name: str, note: str) -> None:
    edit_participant(store, person.id, name=name, note=note)
    memory.undo = partial(_take_back, store, person)


def _take_back(store: Store, before: Participant) -> str:
    edit_participant(store, before.id, name=before.name, note=before.note)
    return f"{plain(before.name)} is as before."


def _export(store: Store, person: Participant) -> None:
    user = current.signed_in()
    st.download_button(
        "Export",
        lambda: exported(store, person.id, user),
        _file_name(person),
        "application/zip",
        icon=":material/folder_zip:",
        key=f"data_export_{person.id}",
        on_click="ignore",
        help="A zip with all sessions, videos, baselines and check-ins, also the answers to the PHQ-4. A long history "
        "takes a few minutes.",
    )


def _file_name(person: Participant) -> str:
    words = re.sub(r"\W+", "-", person.name).strip("-")[:60]
    return f"fer-studio-{words or person.id}.zip"


def _delete(store: Store, memory: SessionMemory, person: Participant, stored: Stored) -> None:
    counts = f"{counted(stored.sessions, 'session')}, {counted(stored.check_ins, 'check-in')}"
    st.markdown(
        f"This permanently deletes **{plain(person.name)}** with {counts}, and all baselines and videos. It cannot be "
        "undone. Export it first if anybody may need it."
    )
    with st.form(f"data_delete_form_{person.id}", border=False):
        typed = st.text_input("Type the name to confirm", key=f"data_delete_name_{person.id}", autocomplete="off")
        sent = frame.danger_button("Delete permanently", key=f"data_delete_sent_{person.id}", in_form=True)
    if not sent:
        return
    if typed.strip() != person.name:
        st.warning("Nothing was deleted: the name does not match.")
        return
    work = partial(delete_participant, store, person.id)
    data_deletion.delete(memory, work, plain(person.name), noted=f"participant {person.id}")
