"""Small parts that the pages of stored sessions share: the store, and whose sessions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from app import state
from app.markdown_text import sentence
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import participants
from app.store.records import Participant
from app.store.tables import MAX_NAME
from app.tab_memory import SessionMemory

ASK_AGAIN_S = 3.0
"""How often a page that the store gave no answer asks again."""


def opened_store() -> Store | None:
    """The store; None where it cannot be opened, which it says."""
    try:
        return state.store()
    except StoreError as error:
        _say(error)
        return None


@contextmanager
def plain_errors() -> Iterator[None]:
    """Around a page: where the store cannot do what a page needs, its sentence stands in place of the rest."""
    try:
        yield
    except StoreError as error:
        _say(error)


def _say(error: StoreError) -> None:
    """Why there is no more of the page; where the store does not answer at all, the page is drawn anew once it does."""
    st.error(sentence(str(error)))
    if not _answers():
        st.caption("This page returns by itself as soon as it can.")
        _wait_for_the_store()


@st.fragment(run_every=ASK_AGAIN_S)
def _wait_for_the_store() -> None:
    if _answers():
        st.rerun()


def _answers() -> bool:
    try:
        with state.store().read():
            return True
    except StoreError:
        return False


def choose_participant(store: Store, memory: SessionMemory, *, key: str) -> Participant | None:
    """A choice among the stored participants, the same on all pages; None where there are none."""
    stored = {person.id: person for person in participants(store)}
    if not stored:
        return None
    ids = list(stored)
    before = ids.index(memory.participant_id) if memory.participant_id in stored else 0
    chosen = st.selectbox("Participant", ids, before, format_func=lambda number: stored[number].name, key=key)
    memory.participant_id = chosen
    return stored[chosen]


def name_participant(store: Store, *, key: str, help_text: str) -> str:
    """A field for a participant's name, an old one or a new; empty while there is none."""
    names = [person.name for person in participants(store)]
    chosen = st.selectbox(
        "Participant", names, None, key=key, accept_new_options=True, placeholder="A name or a code", help=help_text
    )
    return (chosen or "").strip()[:MAX_NAME]


def change(memory: SessionMemory, work: Callable[[], object], said: str) -> None:
    """Change something stored, say so and draw the page anew; where that cannot be done, say why."""
    try:
        work()
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    memory.done = said
    st.rerun()
