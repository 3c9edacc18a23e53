"""A click on the menu's link to Sessions leads from a session or a comparison to the list."""

from functools import partial

from app.tab_memory import SessionMemory
from app.views.sessions import address
from app.views.shared.component import component


def watch(memory: SessionMemory) -> None:
    """Listen for the click; nothing is drawn, and frame.css gives it no room."""
    listener = component("fer_session_menu", "session/menu.js")
    listener(key="session_menu", on_pressed_change=partial(show_list, memory), height="content")


def show_list(memory: SessionMemory) -> None:
    """Show the list from the next run of the page on, instead of a session or a comparison."""
    address.open_session(memory, None)
    memory.compared = ()
    memory.compared_figures = {}
