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
from app.views.shared import frame, page_parts
from app.views.shared import store_parts as session_parts


def render() -> None:
    """Draw the page."""
    frame.heading("History", "What changed over days and weeks, compared with the person's own first days.")
    store = session_parts.opened_store()
    if store is None:
        return
    with session_parts.plain_errors():
        memory = state.session_memory()
        page_parts.show_messages(memory)
        with st.container(width=420):
            person = session_parts.choose_participant(store, memory, key="history_participant")
        if person is None:
            _nobody_yet()
            return
        _person(store, memory, person)


def _person(store: Store, memory: SessionMemory, person: Participant) -> None:
    listed = sessions(store, participant_id=person.id)
    said = check_ins(store, participant_id=person.id)
    days = daily_means(store, person.id)
    if days or said:
        models = {one.model_sha256: f"{plain(one.model_name)} {one.model_sha256[:6]}" for one in listed}
        history_changes.render(days, said, models.values())
    else:
        st.info(
            f"Nothing to show of {plain(person.name)} yet. Record a session, save an analysed video, or make a "
            "check-in below.",
            icon=":material/calendar_month:",
        )
    if listed:
        history_calendar.render(listed, days)
    history_check_ins.render(store, memory, person, said)


def _nobody_yet() -> None:
    st.info(
        "No participants yet. The first recording adds one, and this page then follows their days and weeks.",
        icon=":material/calendar_month:",
    )
    with st.container(horizontal=True):
        if st.button("Record on Live", icon=":material/videocam:", type="primary", key="history_to_live"):
            state.go_to("live")
        if st.button("Analyse a file", icon=":material/movie:", key="history_to_analyse"):
            state.go_to("analyse")
