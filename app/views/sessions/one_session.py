"""One session: its head, and a choice of what to see of it. Samples are read where they are needed."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from app.access import current
from app.access.types import Right
from app.formatting import clock, counted
from app.markdown_text import plain, sentence
from app.sessions.loaded import LoadedSession, load_session
from app.sessions.wording import SOURCES_IN_WORDS, STATES_IN_WORDS, check_in_line, when
from app.store.database import Store
from app.store.errors import NoSuchRecordError, StoreError
from app.store.records import Session
from app.store.sessions import edit_session
from app.store.tables import MAX_NAME
from app.tab_memory import SessionMemory
from app.views.sessions import faces as session_faces
from app.views.sessions import figures as session_statistics
from app.views.sessions import files as session_files
from app.views.sessions import markers as session_markers
from app.views.sessions import tasks as session_tasks
from app.views.sessions import timeline as session_timeline
from app.views.sessions.face_choice import Choice, choose
from app.views.shared.store_parts import owner_words

_PARTS: Final[dict[str, tuple[str, Callable[[LoadedSession, SessionMemory, Choice], None]]]] = {
    "Timeline": (":material/timeline:", session_timeline.render),
    "Figures": (":material/bar_chart:", session_statistics.render),
    "Tasks": (":material/checklist:", session_tasks.render),
    "Markers": (":material/flag:", session_markers.render),
    "Faces": (":material/group:", session_faces.render),
    "Report and files": (":material/download:", session_files.render),
}
_WITHOUT_CHOICE: Final = ("Markers", "Faces")


def render(store: Store, memory: SessionMemory, session_id: int) -> None:
    """Draw the page of a session."""
    if st.button("All sessions", icon=":material/arrow_back:", type="tertiary", key="session_back"):
        memory.opened = memory.loaded = None
        st.rerun()
    try:
        loaded = memory.loaded = load_session(store, session_id, memory.loaded)
        _head(loaded, memory)
        if not loaded.outline.count:
            st.info("This session has no samples: no face was seen, or it has just begun.")
        part = st.segmented_control(
            "What to see",
            list(_PARTS),
            default="Timeline",
            required=True,
            key=f"session_part_{session_id}",
            label_visibility="collapsed",
            format_func=lambda name: f"{_PARTS[name][0]} {name}",
        )
        choice = Choice(None) if part in _WITHOUT_CHOICE else choose(loaded)
        _PARTS[part][1](loaded, memory, choice)
    except NoSuchRecordError:  # deleted elsewhere: nothing of it is kept here either
        memory.loaded = None
        raise


def _head(loaded: LoadedSession, memory: SessionMemory) -> None:
    one = loaded.outline.session
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(one.title), anchor=False, width="content")
        _edit(loaded.store, memory, one)
        if one.state == "open":
            st.button("Look again", icon=":material/refresh:", key="session_reload", help="It is being recorded.")
    facts = [
        plain(one.participant + owner_words(loaded.store, one.belongs_to)),
        when(one),
        f"{clock(loaded.outline.length_s)} long",
        counted(loaded.outline.count, "sample"),
        SOURCES_IN_WORDS[one.source],
        f"model {plain(one.model_name)}",
        STATES_IN_WORDS[one.state],
    ]
    st.caption(" · ".join(facts), help=_consent(one))
    if one.note:
        st.text(one.note)
    for check_in in loaded.outline.check_ins:
        # The PHQ-4 is about health: it is shown where it is asked for, below the figures.
        if check_in.phq4 is None or check_in.valence or check_in.arousal or check_in.note:
            st.caption(f":material/mood: {plain(check_in_line(check_in, phq4=False))}")


def _consent(one: Session) -> str:
    """What the person agreed to, and what else explains the facts."""
    model = f"Model's fingerprint (SHA-256): {one.model_sha256[:12]}…" if one.model_sha256 else ""
    rate = f"At most {one.rate_per_s:g} samples per face and second."
    if one.consent_at is None:
        consent = "Made from a file; no consent to a recording is kept with it."
    else:
        consent = f"Consent given {one.consent_at:%d %b %Y, %H:%M} UTC, text version {plain(one.consent_version)}."
    if one.video_consent_at is not None:
        consent += f" Consent to the video: {one.video_consent_at:%d %b %Y, %H:%M} UTC."
    return "  \n".join(part for part in (consent, rate, model) if part)


def _edit(store: Store, memory: SessionMemory, one: Session) -> None:
    with (
        st.popover("Edit", icon=":material/edit:", type="tertiary", key="session_edit"),
        st.form(f"session_edit_{one.id}", border=False),
    ):
        title = st.text_input("Title", one.title, max_chars=MAX_NAME)
        note = st.text_area("Note", one.note)
        if st.form_submit_button("Save", key="session_edit_save"):
            current.require(Right.RECORD)
            try:
                edit_session(store, one.id, title=title, note=note)
            except StoreError as error:
                st.error(sentence(str(error)))
            else:
                memory.done = "The title and the note were changed."
                st.rerun()
