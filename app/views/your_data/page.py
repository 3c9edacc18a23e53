"""The data page: what is stored, for how long, and how it goes."""

import streamlit as st

from app import places, state
from app.formatting import size_words
from app.store.database import Store
from app.store.privacy import Overview, overview
from app.views.shared import page_parts
from app.views.shared import store_parts as session_parts
from app.views.your_data import deletion as data_deletion
from app.views.your_data import participants as data_people

_SAMPLES_HINT = (
    "One sample is what one face showed at one moment: seven probabilities, where the face was, and how good the "
    "picture was. No picture."
)


def render() -> None:
    """Draw the page."""
    store = session_parts.opened_store()
    if store is None:
        st.caption(
            "Nothing was changed. Once this is mended, reload the page. Where sessions are kept: in the database that "
            "the environment variable DATABASE_URL names, or else in a file below FER_HOME."
        )
        return
    with session_parts.plain_errors():
        memory = state.session_memory()
        page_parts.show_messages(memory)
        stored = overview(store)
        _overview(store, stored)
        data_people.render(store, memory)
        data_deletion.retention(store, memory)
        data_deletion.everything(store, memory, stored)
        _explanation()


def _overview(store: Store, stored: Overview) -> None:
    st.subheader("What is stored", anchor=False)
    with st.container(horizontal=True):
        for label, value, hint in (
            ("Participants", f"{stored.participants:,}", None),
            ("Sessions", f"{stored.sessions:,}", None),
            ("Samples", f"{stored.samples:,}", _SAMPLES_HINT),
            ("Markers", f"{stored.markers:,}", "Notes, tasks and left-out ranges of sessions."),
            ("Check-ins", f"{stored.check_ins:,}", "What people said of their own mood."),
            ("Baselines", f"{stored.baselines:,}", "Measurements of a neutral face."),
            ("Database", size_words(stored.database_bytes), "Its size on disk."),
            ("Videos", size_words(stored.video_bytes), "Kept only where somebody agreed to it."),
        ):
            st.metric(label, value, help=hint, width=170)
    kind = "a SQLite file on this server" if store.is_sqlite else "a PostgreSQL database"
    since = f" The oldest session is of {stored.oldest.day} {stored.oldest:%B %Y}." if stored.oldest else ""
    where, videos = places.shown(store.place), places.shown(str(store.videos))
    st.markdown(f"Kept in `{where}`, {kind}; videos in `{videos}`.{since}")


def _explanation() -> None:
    st.subheader("What deleting reaches, and what not", anchor=False)
    st.markdown(
        "What you delete here is taken out of the database's files, not only hidden: SQLite writes zeros over it and "
        "empties its log of changes; PostgreSQL's tables are written anew, while its own log keeps traces until it is "
        "recycled. Videos are removed as files.\n\n"
        "Not reached: backups and snapshots that somebody made of this server, files that were exported or downloaded, "
        "what the Analyse page still holds for open tabs, and old contents of a disk that does not overwrite, as many "
        "SSDs.\n\n"
        "Nothing is encrypted by this program. If the device could be lost or stolen, turn on the encryption of its "
        "disk (LUKS, FileVault or BitLocker): it also covers videos, exports and what the system swaps out."
    )
