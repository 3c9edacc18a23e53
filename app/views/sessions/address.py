"""Which session the page shows."""

from app.tab_memory import SessionMemory


def open_session(memory: SessionMemory, number: int | None) -> None:
    """Show that session, or the list, at the next run."""
    memory.opened = number
