"""The history page: has something changed over weeks, measured against a person's own first days?"""

import streamlit as st

from app import state
from app.markdown_text import plain
from app.store.database import Store
from app.store.history import daily_means
from app.store.participants import check_ins
from app.store.records import Participant
from app.store.sessions import sessions
from app.tab_memory import SessionMemory
from app.views.history import calendar as history_calendar
from app.views.history import changes as history_changes
from app.views.history import check_ins as history_check_ins
from app.views.shared import check_in_form, page_parts
from app.views.shared import store_parts as session_parts


def render() -> None:
    """Draw the page."""
    store = session_parts.opened_store()
    if store is None:
        return
    with session_parts.plain_errors():
        memory = state.session_memory()
        page_parts.show_messages(memory)
        person = session_parts.choose_participant(store, memory, key="history_participant")
        if person is None:
            _nobody_yet()
            return
        _person(store, memory, person)


def _person(store: Store, memory: SessionMemory, person: Participant) -> None:
    with st.expander("Make a check-in: how do you feel now?", icon=":material/mood:"):
        check_in_form.render(store, person.id, phase="none", key="history_check_in")
    listed = sessions(store, participant_id=person.id)
    said = check_ins(store, participant_id=person.id)
    if not listed and not said:
        st.info(
            f"Nothing is stored of {plain(person.name)} yet. Record a session on the Live page, analyse "
            "a file, or make a check-in above: days, changes and moods then appear here.",
            icon=":material/calendar_month:",
        )
        return
    if listed:
        history_calendar.render(listed)
    networks = {one.model_sha256: f"{plain(one.model_name)} {one.model_sha256[:6]}" for one in listed}
    history_changes.render(daily_means(store, person.id), said, networks.values())
    history_check_ins.render(store, memory, said)


def _nobody_yet() -> None:
    st.info(
        "Nobody is stored yet. Record a session on the Live page, or keep an analysed file as a session: from then on "
        "this page shows how expressions and moods go over days and weeks.",
        icon=":material/calendar_month:",
    )
