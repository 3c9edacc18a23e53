"""The sessions page: all sessions, one of them, or several side by side."""

from app import state
from app.views import page_parts, session_page, session_parts, sessions_compare, sessions_list


def render() -> None:
    """Draw the page."""
    store = session_parts.opened_store()
    if store is None:
        return
    memory = state.session_memory()
    page_parts.say(memory)
    with session_parts.plain_errors():
        if memory.opened is not None:
            session_page.render(store, memory, memory.opened)
        elif memory.compared:
            sessions_compare.render(store, memory)
        else:
            sessions_list.render(store, memory)
