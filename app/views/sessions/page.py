"""The Sessions page: all sessions, one of them, or several side by side."""

from app import state
from app.views.sessions import address, menu
from app.views.sessions import compare as sessions_compare
from app.views.sessions import listing as sessions_list
from app.views.sessions import one_session as session_page
from app.views.shared import store_parts as session_parts


def render() -> None:
    """Draw the page."""
    store = session_parts.opened_store()
    if store is None:
        return
    memory = state.session_memory()
    address.follow(memory)
    if memory.opened is not None or memory.compared:
        menu.watch(memory)  # before what takes long
    with session_parts.plain_errors():
        if memory.opened is not None:
            session_page.render(store, memory, memory.opened)
        elif memory.compared:
            sessions_compare.render(store, memory)
        else:
            sessions_list.render(store, memory)
