"""Widgets whose value the program sets, besides the user: a plan fills in settings, an upload chooses its archive.

The browser sends the values of all its widgets with every request, also with those that a page makes by itself once a
second. A request that left it before it heard of a value that the program has set brings the value before, and
Streamlit takes that for the user's: it calls the widget's callback and undoes what was set. So a set value gets a
widget with a new key, of which such a request knows nothing.
"""

from typing import Any

import streamlit as st


def key_of(name: str, state: Any = None) -> str:
    """The present key of the widget of that name.

    Args:
        name: the widget's.
        state: the session's, where it is not this run's own.
    """
    values = st.session_state if state is None else state
    return f"{name}-{values[_turns(name)]}" if _turns(name) in values else name


def set_value(name: str, value: Any) -> None:
    """Give the widget another value, before it is drawn; where it has that already, nothing changes.

    A widget that the user holds the keyboard's focus on loses it, so this is for values that something else changed.
    """
    key = key_of(name)
    if key not in st.session_state:
        st.session_state[key] = value
    elif st.session_state[key] != value:
        del st.session_state[key]
        st.session_state[_turns(name)] = st.session_state.get(_turns(name), 0) + 1
        st.session_state[key_of(name)] = value


def _turns(name: str) -> str:
    return f"{name}_turn"
