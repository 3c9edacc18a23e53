"""One session: its head with its main figures, and four parts of which one is drawn. Samples are read when needed."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from app.access import current
from app.access.types import Right
from app.formatting import clock, counted
from app.markdown_text import plain
from app.sessions.loaded import LoadedSession, load_session
from app.sessions.wording import SOURCES_IN_WORDS, STATES_IN_WORDS, when
from app.store.database import Store
from app.store.errors import NoSuchRecordError
from app.store.records import Session
from app.store.sessions import edit_session
from app.store.tables import MAX_NAME
from app.tab_memory import SessionMemory
from app.views.sessions import address
from app.views.sessions import figures as session_statistics
from app.views.sessions import files as session_files
from app.views.sessions import markers as session_markers
from app.views.sessions import timeline as session_timeline
from app.views.sessions.face_choice import Choice, choose
from app.views.shared import frame, page_parts
from app.views.shared.store_parts import change, owner_words

_PARTS: Final[dict[str, tuple[str, Callable[[LoadedSession, SessionMemory, Choice], None]]]] = {
    "Overview": (":material/timeline:", session_timeline.render),
    "Tasks and markers": (":material/flag:", session_markers.render),
    "Statistics": (":material/bar_chart:", session_statistics.render),
    "Export": (":material/download:", session_files.render),
}
_BADGES: Final = {"open": ("red", "Recording now"), "recovered": ("orange", "After an interruption")}


def render(store: Store, memory: SessionMemory, session_id: int) -> None:
    """Draw the page of a session."""
    try:
        loaded = memory.loaded = load_session(store, session_id, memory.loaded)
    except NoSuchRecordError:
        memory.loaded = None
        frame.heading("Session not found", "Choose another one from the list of all sessions.")
        page_parts.show_messages(memory)
        _back(memory)
        raise
    one = loaded.outline.session
    person = plain(one.participant + owner_words(store, one.belongs_to))
    frame.heading(plain(one.title), f"{person} · {when(one)} · {clock(loaded.outline.length_s)}")
    page_parts.show_messages(memory)
    try:
        _head(loaded, memory)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            figures, face = st.container(width="content"), st.container(width="content")
        with face:
            choice = choose(loaded)
        with figures:
            session_statistics.headline(loaded, choice)
        part = st.segmented_control(
            "Part of the session",
            list(_PARTS),
            default="Overview",
            required=True,
            key=f"session_part_{session_id}",
            label_visibility="collapsed",
            format_func=lambda name: f"{_PARTS[name][0]} {name}",
        )
        _PARTS[part][1](loaded, memory, choice)
    except NoSuchRecordError:  # deleted elsewhere: nothing of it is kept here either
        memory.loaded = None
        raise


def _back(memory: SessionMemory) -> None:
    # By a call before the next run, so that the page is drawn once.
    st.button(
        "All sessions",
        icon=":material/arrow_back:",
        type="tertiary",
        key="session_back",
        on_click=address.open_session,
        args=(memory, None),
    )


def _head(loaded: LoadedSession, memory: SessionMemory) -> None:
    one = loaded.outline.session
    with st.container(horizontal=True, vertical_alignment="center"):
        _back(memory)
        _edit(loaded.store, memory, one)
        with st.popover("Details", icon=":material/info:", type="tertiary", key="session_details"):
            st.markdown("  \n".join(_details(loaded)))
        if one.state == "open":
            st.button("Refresh", icon=":material/refresh:", type="tertiary", key="session_reload")
        if one.state in _BADGES:
            colour, words = _BADGES[one.state]
            st.markdown(f":{colour}-badge[{words}]", width="content")
    if one.note:
        st.text(one.note)
    if not loaded.outline.count:
        st.info("This session has no samples: no face was seen, or it has just begun.")


def _details(loaded: LoadedSession) -> list[str]:
    """What the person agreed to, and what made the values."""
    one = loaded.outline.session
    if one.consent_at is None:
        consent = "Made from a file, so it holds no consent to a recording."
    else:
        consent = f"Consent: {one.consent_at:%d %b %Y, %H:%M} UTC, text version {plain(one.consent_version)}."
    facts = [
        counted(loaded.outline.count, "sample"),
        SOURCES_IN_WORDS[one.source],
        f"model {plain(one.model_name)}",
        STATES_IN_WORDS[one.state],
    ]
    found = [" · ".join(facts), f"At most {one.rate_per_s:g} samples per face and second.", consent]
    if one.video_consent_at is not None:
        found.append(f"Consent to the video: {one.video_consent_at:%d %b %Y, %H:%M} UTC.")
    if one.model_sha256:
        found.append(f"Fingerprint of the model (SHA-256): {one.model_sha256[:12]}…")
    return found


def _edit(store: Store, memory: SessionMemory, one: Session) -> None:
    with (
        st.popover("Edit", icon=":material/edit:", type="tertiary", key="session_edit"),
        st.form(f"session_edit_{one.id}", border=False),
    ):
        title = st.text_input("Title", one.title, max_chars=MAX_NAME)
        note = st.text_area("Note", one.note)
        if st.form_submit_button("Save", key="session_edit_save"):
            current.require(Right.RECORD)
            change(
                memory,
                lambda: edit_session(store, one.id, title=title, note=note),
                "Title and note saved.",
                undo=lambda _: _undo_edit(store, one),
            )


def _undo_edit(store: Store, before: Session) -> str:
    edit_session(store, before.id, title=before.title, note=before.note)
    return "Title and note are as before."
