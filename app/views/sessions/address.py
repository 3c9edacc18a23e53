"""The address of a session: `sessions?id=7` shows it, also in another tab, after a reload, and by the Back button."""

from typing import Final

import streamlit as st

from app.tab_memory import SessionMemory

PARAMETER: Final = "id"
_MOST: Final = 2**31 - 1
"""A larger number is none of a session; PostgreSQL could not even look for it."""


def open_session(memory: SessionMemory, number: int | None) -> None:
    """Show the session of that number, or with None the list, from the next run of the page on."""
    memory.opened = memory.addressed = number
    if memory.loaded is not None and memory.loaded.outline.session.id != number:
        memory.loaded = None
    _write(number)


def follow(memory: SessionMemory) -> None:
    """At the start of the page, bring together what the address names and what the tab shows.

    A changed address wins; an address that lost its number leads back to the list. What another page opened counts
    where the address says nothing of it.
    """
    said = _read()
    if said is not None and said != memory.addressed:
        memory.opened, memory.compared = said, ()
    elif said is None and memory.opened == memory.addressed:
        memory.opened = None
    memory.addressed = memory.opened
    if said != memory.opened:
        _write(memory.opened)


def _read() -> int | None:
    """The number in the address; None where there is none that could be a session's."""
    text = st.query_params.get(PARAMETER, "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(_MOST)) else 0
    return number if 0 < number <= _MOST else None


def _write(number: int | None) -> None:
    if number is not None:
        st.query_params[PARAMETER] = str(number)
    elif PARAMETER in st.query_params:
        del st.query_params[PARAMETER]
