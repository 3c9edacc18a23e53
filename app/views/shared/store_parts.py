"""Small parts that the pages of stored sessions share: the store, and whose sessions."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

from app.access import current
from app.access.types import Right
from app.markdown_text import sentence
from app.store.database import Store
from app.store.errors import StoreError
from app.store.participants import participants
from app.store.records import Participant
from app.store.tables import MAX_NAME
from app.tab_memory import SessionMemory

ASK_AGAIN_S = 3.0
"""How often a page that the store gave no answer asks again."""
SHORT_OWNER = 16
"""Letters of an account's owner that tell people apart."""

T = TypeVar("T")


def opened_store() -> Store | None:
    """The store; None where it cannot be opened, which it says."""
    try:
        return current.store()
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
        st.caption("This page tries again by itself.")
        _wait_for_the_store()


@st.fragment(run_every=ASK_AGAIN_S)
def _wait_for_the_store() -> None:
    if _answers():
        st.rerun()


def _answers() -> bool:
    try:
        with current.store().read():
            return True
    except StoreError:
        return False


def choose_participant(store: Store, memory: SessionMemory, *, key: str) -> Participant | None:
    """A choice among the stored participants, the same on all pages; None where there are none."""
    stored = {person.id: person for person in participants(store)}
    titles = participant_titles(store, list(stored.values()))
    if not stored:
        return None
    ids = list(stored)
    before = ids.index(memory.participant_id) if memory.participant_id in stored else 0
    chosen = st.selectbox("Participant", ids, before, format_func=titles.__getitem__, key=key)
    memory.participant_id = chosen
    return stored[chosen]


def participant_titles(store: Store, people: Sequence[Participant]) -> dict[int, str]:
    """What to call participants, by number; an administrator reads whose others' are."""
    return {one.id: f"{one.name}{owner_words(store, one.belongs_to)}" for one in people}


def owner_words(store: Store, owner: str) -> str:
    """Whose something is, for the end of its name; empty for one's own."""
    return "" if owner == store.owner.name else f" ({owner[:SHORT_OWNER]})"


def name_participant(store: Store, *, key: str, help_text: str) -> str:
    """A field for a participant's name, an old one or a new; empty while there is none."""
    names = [person.name for person in participants(store.own)]  # what is recorded is one's own, an administrator's too
    chosen = st.selectbox(
        "Participant", names, None, key=key, accept_new_options=True, placeholder="A name or a code", help=help_text
    )
    return (chosen or "").strip()[:MAX_NAME]


def change(memory: SessionMemory, work: Callable[[], T], said: str, *, undo: Callable[[T], str] | None = None) -> None:
    """Change something stored, say so and draw the page anew; where that cannot be done, say why.

    Args:
        memory: where the next run finds what to say.
        work: makes the change.
        said: what was done, a sentence.
        undo: takes it back, given what `work` gave, and gives a sentence on what is so again; None where nothing can.

    Raises:
        NotAllowedError: the user may not change what is stored.
    """
    current.require(Right.RECORD)
    try:
        made = work()
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    memory.done = said
    if undo is not None:
        memory.undo = lambda: _taken_back(undo, made)
    st.rerun()


def _taken_back(undo: Callable[[T], str], made: T) -> str:
    current.require(Right.RECORD)
    return undo(made)
