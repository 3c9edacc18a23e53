"""The list of stored sessions: find one and open it, or select several."""

from datetime import date
from itertools import groupby

import streamlit as st

from app import state
from app.formatting import counted
from app.store.database import Store
from app.store.participants import participants
from app.store.records import Session
from app.store.session_list import Wanted, count_sessions, list_sessions
from app.tab_memory import SessionMemory
from app.views.sessions import importing, rows, selection
from app.views.shared import frame, page_parts
from app.views.shared.store_parts import participant_titles

PER_PAGE = 20
_EVERYBODY = 0  # None would be shown as a choice that can be cleared
_FILTERS = {"sessions_search": "", "sessions_participant": _EVERYBODY, "sessions_days": []}
"""The widgets' keys, and their values while they leave nothing out."""


def render(store: Store, memory: SessionMemory) -> None:
    """Draw the list."""
    memory.loaded = None
    frame.heading("Sessions", "Find a session and open it, or select several to compare, export or delete.")
    page_parts.show_messages(memory)
    if not count_sessions(store, Wanted()):
        _nothing_yet()
    else:
        wanted = _filters(store, memory)
        total = count_sessions(store, wanted)
        memory.list_offset = min(memory.list_offset, max(0, total - 1) // PER_PAGE * PER_PAGE)
        shown = list_sessions(store, wanted, offset=memory.list_offset, limit=PER_PAGE)
        if shown:
            _listed(store, memory, wanted, shown, total)
        else:
            _nothing_found()
    importing.render(store, memory)


def _nothing_yet() -> None:
    st.info("No sessions yet. Record one, or save an analysed video.")
    with st.container(horizontal=True):
        if st.button("Record on Live", icon=":material/videocam:", type="primary", key="sessions_to_live"):
            state.go_to("live")
        if st.button("Analyse a file", icon=":material/movie:", key="sessions_to_analyse"):
            state.go_to("analyse")


def _filters(store: Store, memory: SessionMemory) -> Wanted:
    names = participant_titles(store, participants(store))
    with st.container(horizontal=True, vertical_alignment="bottom", key="sessions_filters"):
        words = st.text_input(
            "Search",
            key="sessions_search",
            type="search",
            live="300ms",
            placeholder="Title, participant or note",
            icon=":material/search:",
            width=280,
            persist_state="session",
            on_change=_from_the_start,
            args=(memory,),
        )
        _choose_participant(memory, names)
        days = st.date_input(
            "Days",
            [],
            key="sessions_days",
            format="YYYY-MM-DD",
            width=230,
            persist_state="session",
            on_change=_from_the_start,
            args=(memory,),
            help="One day, or a first and a last day.",
        )
        wanted = _wanted(words or "", memory.participant_id, days)
        if wanted != Wanted():
            st.button("Clear", type="tertiary", icon=":material/close:", key="sessions_show_all", on_click=_show_all)
    return wanted


def _choose_participant(memory: SessionMemory, names: dict[int, str]) -> None:
    options = [_EVERYBODY, *names]
    before = options.index(memory.participant_id) if memory.participant_id in names else 0
    chosen = st.selectbox(
        "Participant",
        options,
        before,
        width=200,
        key="sessions_participant",
        format_func=lambda number: names.get(number, "All participants"),
        on_change=_from_the_start,
        args=(memory,),
    )
    memory.participant_id = None if chosen == _EVERYBODY else chosen


def _wanted(words: str, participant_id: int | None, days: date | tuple[date, ...] | None) -> Wanted:
    """A range whose end is not chosen yet is that one day."""
    chosen = days if isinstance(days, tuple) else (days,) if days else ()
    first, last = (chosen[0], chosen[-1]) if chosen else (None, None)
    return Wanted(" ".join(words.split()), participant_id, first, last)


def _from_the_start(memory: SessionMemory) -> None:
    memory.list_offset = 0


def _show_all() -> None:
    memory = state.session_memory()
    memory.list_offset, memory.participant_id = 0, None
    for key, value in _FILTERS.items():
        st.session_state[key] = value


def _nothing_found() -> None:
    st.info("No session matches. Use fewer words, another participant or other days.", icon=":material/search_off:")
    st.button("Show all sessions", key="sessions_show_all_instead", on_click=_show_all)


def _listed(store: Store, memory: SessionMemory, wanted: Wanted, shown: list[Session], total: int) -> None:
    selection.render(store, memory, selection.selected(store), shown)
    with st.container(gap=None, key="sessions_rows"):
        st.html(f"<style>{rows.CSS}</style>{rows.heads()}")
        for _, own in groupby(shown, key=lambda one: one.started_local.date()):
            of_day = list(own)
            st.html(rows.day_heading(of_day[0]))
            for one in of_day:
                rows.render(store, memory, one, with_note=bool(wanted.words))
    _turn_pages(memory, len(shown), total)


def _turn_pages(memory: SessionMemory, count: int, total: int) -> None:
    first = memory.list_offset
    if total <= PER_PAGE:
        st.caption(counted(total, "session"))
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="sessions_pages"):
        st.button(
            "Newer",
            icon=":material/chevron_left:",
            key="sessions_previous",
            disabled=not first,
            help=None if first else "These are the newest.",
            on_click=_turn,
            args=(memory, -PER_PAGE),
        )
        st.markdown(f"{first + 1}–{first + count} of {total:,}", width="content")
        is_last = first + count >= total
        st.button(
            "Older",
            icon=":material/chevron_right:",
            icon_position="right",
            key="sessions_next",
            disabled=is_last,
            help="These are the oldest." if is_last else None,
            on_click=_turn,
            args=(memory, PER_PAGE),
        )


def _turn(memory: SessionMemory, by: int) -> None:
    memory.list_offset += by
