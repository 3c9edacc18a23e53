"""The data page: what is stored, for how long, and how to delete it."""

import streamlit as st

from app import places, state
from app.store.database import Store
from app.views.shared import frame, page_parts
from app.views.shared import store_parts as session_parts
from app.views.your_data import deletion as data_deletion
from app.views.your_data import participants as data_people
from app.views.your_data import storage as data_storage


def render() -> None:
    """Draw the page."""
    frame.heading("Your data", "What is stored, for how long, and how to delete it.")
    store = session_parts.opened_store()
    if store is None:
        st.caption(
            "Nothing was changed. Fix this, then reload the page. Sessions are kept in the database that the "
            "environment variable DATABASE_URL names, or else in a file below FER_HOME."
        )
        return
    with session_parts.plain_errors():
        memory = state.session_memory()
        page_parts.show_messages(memory)
        stored = data_storage.render(store)
        data_people.render(store, memory)
        data_deletion.retention(store, memory)
        data_deletion.everything(store, memory, stored)
        _details(store)


def _details(store: Store) -> None:
    kind = "a SQLite file on this server" if store.is_sqlite else "a PostgreSQL database"
    where, videos = places.shown(store.place), places.shown(str(store.videos))
    with st.expander("Details", icon=":material/info:"):
        st.markdown(
            f"**Where the data is.** In `{where}`, {kind}. Videos are in `{videos}`.\n\n"
            "**What is stored.** A sample is what one face showed at one moment: seven probabilities, where the face "
            "was, and how good the picture was. No picture. Markers are the notes, tasks and excluded ranges of "
            "sessions. A baseline is a measurement of a neutral face. Videos are stored only with a consent of their "
            "own.\n\n"
            "**What deletion covers.** Deleted data is removed from the database's files, not only hidden. SQLite "
            "writes zeros over it and empties its log of changes. PostgreSQL rewrites its tables; its own log keeps "
            "traces until it is recycled. Videos are removed as files.\n\n"
            "**What deletion does not cover.** Backups and snapshots of this server, exported or downloaded files, "
            "what the Analyse page still holds for open tabs, and old contents of a disk that does not overwrite, such "
            "as most SSDs.\n\n"
            "**Encryption.** This program encrypts nothing. If the device could be lost or stolen, turn on the "
            "encryption of its disk (LUKS, FileVault or BitLocker): it also covers videos, exports and what the system "
            "swaps out."
        )
