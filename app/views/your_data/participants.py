"""Participants on the data page: another name or note, everything of one as a file, and deleting one."""

import re
from functools import partial

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right, User
from app.formatting import counted
from app.markdown_text import plain
from app.store.database import Store
from app.store.exchange.export import export_participant
from app.store.participants import check_ins, edit_participant
from app.store.privacy import delete_participant
from app.store.records import Participant
from app.store.sessions import sessions
from app.store.tables import MAX_NAME
from app.store.temporary import temporary_folder
from app.tab_memory import SessionMemory
from app.views.shared import store_parts as session_parts
from app.views.your_data import deletion as data_deletion


def render(store: Store, memory: SessionMemory) -> None:
    """Draw the part for the chosen participant."""
    st.subheader("Participants", anchor=False)
    person = session_parts.choose_participant(store, memory, key="data_participant")
    if person is None:
        st.info("Nobody is stored. A participant comes with the first session.", icon=":material/person:")
        return
    listed = sessions(store, participant_id=person.id)
    said = check_ins(store, participant_id=person.id)
    counts = f"{counted(len(listed), 'session')} and {counted(len(said), 'check-in')}"
    st.caption(f"{counts}. First stored on {person.created_at.day} {person.created_at:%B %Y}.")
    edit, rest = st.columns(2, gap="medium")
    with edit:
        _edit(store, memory, person)
    with rest:
        _export(store, person)
        if current.may(Right.DELETE):
            _delete(store, memory, person, counts)


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
    with st.form(f"data_edit_{person.id}"):
        name = st.text_input(
            "Name or code",
            person.name,
            max_chars=MAX_NAME,
            key=f"data_name_{person.id}",
            help="Free words. A code instead of a name says less about the person, should the data get lost.",
        )
        note = st.text_area("Note", person.note, max_chars=2000, height=90, key=f"data_note_{person.id}")
        if st.form_submit_button("Save", icon=":material/check:"):
            change = partial(edit_participant, store, person.id, name=name, note=note)
            session_parts.change(memory, change, f"{plain(name.strip())} is saved.")


def _export(store: Store, person: Participant) -> None:
    user = current.signed_in()
    with st.container(border=True):
        st.markdown("**Export everything of this participant**")
        st.caption(
            "A zip: each session with its samples, markers and faces, the videos, baselines and check-ins with the "
            "answers to the PHQ-4. It is made when you press the button; a long history takes a few minutes."
        )
        st.download_button(
            "Export",
            lambda: exported(store, person.id, user),
            _file_name(person),
            "application/zip",
            icon=":material/folder_zip:",
            key=f"data_export_{person.id}",
            on_click="ignore",
        )


def _file_name(person: Participant) -> str:
    words = re.sub(r"\W+", "-", person.name).strip("-")[:60]
    return f"fer-studio-{words or person.id}.zip"


def _delete(store: Store, memory: SessionMemory, person: Participant, counts: str) -> None:
    with st.expander("Delete this participant", icon=":material/delete:"):
        st.markdown(
            f"{plain(person.name)} with {counts}, baselines and videos is deleted for good. Export first, if "
            "anybody may want it."
        )
        with st.form(f"data_delete_{person.id}", border=False):
            typed = st.text_input("Type the name to confirm", key=f"data_delete_name_{person.id}", autocomplete="off")
            sent = st.form_submit_button("Delete for good", type="primary", key=f"data_delete_sent_{person.id}")
        if not sent:
            return
        if typed.strip() != person.name:
            st.warning("That is not the name above, so nothing was deleted.")
            return
        work = partial(delete_participant, store, person.id)
        data_deletion.delete(memory, work, plain(person.name), noted=f"participant {person.id}")
