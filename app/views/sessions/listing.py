"""The list of stored sessions: open one, choose several to compare, import one that was exported."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import state
from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.formatting import clock, counted
from app.markdown_text import plain, sentence
from app.sessions.wording import SOURCES_IN_WORDS, when
from app.store.database import Store
from app.store.errors import StoreError
from app.store.exchange.import_file import import_session
from app.store.participants import participants
from app.store.records import Session
from app.store.sample_counts import sample_counts
from app.store.sessions import sessions
from app.store.temporary import temporary_folder
from app.tab_memory import SessionMemory
from app.views.shared.page_parts import forget_upload
from app.views.shared.store_parts import owner_words, participant_titles
from fer_core.private import make_file

PER_PAGE = 20
_EVERYBODY = 0  # None would be shown as a choice that can be cleared
_BADGES = {"open": (":red-badge", "Recording now"), "recovered": (":orange-badge", "After an interruption")}


def render(store: Store, memory: SessionMemory) -> None:
    """Draw the list."""
    memory.loaded = None
    stored = sessions(store)
    st.subheader("Sessions", anchor=False)
    if not stored:
        _nothing_yet()
    else:
        _listed(store, memory, stored)
    _import(store, memory)


def _nothing_yet() -> None:
    st.info("No session is kept yet. Record one on the Live page, or analyse a film and keep its result.")
    with st.container(horizontal=True):
        if st.button("Record on Live", icon=":material/videocam:", type="primary", key="sessions_to_live"):
            state.go_to("live")
        if st.button("Analyse a file", icon=":material/movie:", key="sessions_to_analyse"):
            state.go_to("analyse")


def _listed(store: Store, memory: SessionMemory, stored: Sequence[Session]) -> None:
    names = participant_titles(store, participants(store))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(names) > 1:
            _choose_participant(memory, names)
        shown = [one for one in stored if memory.participant_id in (None, one.participant_id)]
        if len(shown) > PER_PAGE:
            pages = -(-len(shown) // PER_PAGE)
            page = st.number_input("Page", 1, pages, key="sessions_page", width=120, help=f"1 to {pages}")
            shown = shown[(page - 1) * PER_PAGE : page * PER_PAGE]
        chosen = [one.id for one in stored if st.session_state.get(_check_key(one.id))]
        if st.button(
            f"Compare {len(chosen)}" if len(chosen) > 1 else "Compare",
            icon=":material/compare_arrows:",
            disabled=len(chosen) < 2,
            key="sessions_compare",
            help="Tick two or more sessions first.",
        ):
            memory.compared = tuple(chosen)
            st.rerun()
    if not shown:
        st.caption("This participant has no session yet.")
    counts = sample_counts(store, [one.id for one in shown])
    for one in shown:
        _session_row(store, memory, one, counts[one.id])


def _choose_participant(memory: SessionMemory, names: dict[int, str]) -> None:
    options = [_EVERYBODY, *names]
    before = options.index(memory.participant_id) if memory.participant_id in names else 0
    chosen = st.selectbox(
        "Participant",
        options,
        before,
        width=280,
        key="sessions_participant",
        format_func=lambda number: names.get(number, "All participants"),
    )
    memory.participant_id = None if chosen == _EVERYBODY else chosen


def _check_key(session_id: int) -> str:
    return f"sessions_check_{session_id}"


def _session_row(store: Store, memory: SessionMemory, one: Session, samples: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"session_line_{one.id}"):
        st.checkbox(
            f"Compare {plain(one.title)}",
            key=_check_key(one.id),
            label_visibility="collapsed",
            width=24,
            persist_state="session",
        )
        with st.container(gap=None):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                # A callback comes before the list is read again.
                st.button(
                    plain(one.title),
                    key=f"session_open_{one.id}",
                    type="tertiary",
                    help="Open it",
                    on_click=_open,
                    args=(memory, one.id),
                )
                if one.state in _BADGES:
                    badge, words = _BADGES[one.state]
                    st.markdown(f"{badge}[{words}]", width="content")
            st.caption(_facts(store, one, samples))


def _open(memory: SessionMemory, number: int) -> None:
    memory.opened = number


def _facts(store: Store, one: Session, samples: int) -> str:
    facts = [
        plain(one.participant + owner_words(store, one.belongs_to)),
        when(one),
        "still going on" if one.duration_s is None else clock(one.duration_s),
        counted(samples, "sample"),
        SOURCES_IN_WORDS[one.source],
        *(["with video"] if one.video_file else []),
    ]
    return " · ".join(facts)


def _import(store: Store, memory: SessionMemory) -> None:
    with st.expander("Import an exported session", icon=":material/upload:"):
        upload = st.file_uploader(
            "Zip file of a session",
            "zip",
            key="sessions_import",
            help="What “Export” on a session's page wrote, here or in another copy of the program. Its participant is "
            "made where there is none of that name. A video does not come along.",
        )
        if upload is None or not st.button("Import", key="sessions_import_start", icon=":material/upload:"):
            return
        user = current.require(Right.RECORD)
        try:
            with st.spinner("Reading and checking it"), temporary_folder(store) as folder:
                path = folder / "session.zip"
                make_file(path)
                with path.open("wb") as out:
                    shutil.copyfileobj(upload, out, 1 << 20)
                number = import_session(store, path, name=Path(upload.name).name)
        except (StoreError, OSError) as error:
            st.error(sentence(str(error)))
            return
        audit.note(AuditEvent.IMPORTED, user=user, what=f"session {number}")
        forget_upload(upload)
        memory.done, memory.opened = f"{sentence(upload.name)} was imported.", number
        st.rerun()
