"""The server's store: opened once, put in order, and kept. Imports no Streamlit.

Everything here works with everybody's records. A page's own part of them is `app.access.current.store`.
"""

from app.recording.interrupted import Interrupted
from app.recording.video import rescue_half_videos
from app.server import for_server
from app.store.database import Store, open_store
from app.store.privacy import apply_retention
from app.store.sessions import recover_sessions


@for_server
def interrupted() -> Interrupted:
    """The recordings that the program's last run left unfinished, known once the store is open."""
    return Interrupted()


@for_server
def everybodys_store() -> Store:
    """Everybody's sessions on disk; once opened, unfinished ones are closed and those past their time deleted.

    Raises:
        StoreError: it cannot be opened; asked again, it is tried again.
    """
    opened = open_store()
    recovered = recover_sessions(opened)
    rescue_half_videos(opened, recovered)
    interrupted().note(recovered)
    apply_retention(opened)
    return opened
