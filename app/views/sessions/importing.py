"""An exported session is read back."""

import shutil
from pathlib import Path

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.markdown_text import sentence
from app.store.database import Store
from app.store.errors import StoreError
from app.store.exchange.import_file import import_session
from app.store.temporary import temporary_folder
from app.tab_memory import SessionMemory
from app.views.sessions.address import open_session
from app.views.shared.page_parts import forget_upload
from fer_core.private import make_file


def render(store: Store, memory: SessionMemory) -> None:
    """Draw it, folded."""
    with st.expander("Import an exported session", icon=":material/upload:"):
        upload = st.file_uploader(
            "Zip file of one session",
            "zip",
            key="sessions_import",
            help="A file from “Export”, made here or on another computer. The participant is added if there is none "
            "of that name. Videos are not part of it.",
        )
        if upload is None or not st.button("Import", key="sessions_import_start", icon=":material/upload:"):
            return
        user = current.require(Right.RECORD)
        try:
            with st.spinner("Importing the session …", show_time=True), temporary_folder(store) as folder:
                path = folder / "session.zip"
                make_file(path)
                with path.open("wb") as out:
                    shutil.copyfileobj(upload, out, 1 << 20)
                number = import_session(store, path, name=Path(upload.name).name)
        except (StoreError, OSError) as error:
            st.error(sentence(str(error)))
            return
        audit.note(AuditEvent.IMPORTED, user=user, what=f"session {number}")
        forget_upload(upload)
        memory.done = f"{sentence(upload.name)} was imported."
        open_session(memory, number)
        st.rerun()
