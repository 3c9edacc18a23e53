"""What of a session can be taken away: a report, its data, its video; and how it is deleted for good."""

import re
from pathlib import Path

import streamlit as st

from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.files import own_models
from app.access.types import Right, User
from app.markdown_text import plain, sentence
from app.report import page as session_report
from app.sessions.loaded import LoadedSession, Outline
from app.sessions.wording import when
from app.store.database import Store
from app.store.errors import StoreError
from app.store.exchange.export import export_session
from app.store.privacy import delete_session
from app.store.temporary import temporary_folder
from app.tab_memory import SessionMemory
from app.views.sessions.face_choice import Choice
from app.views.sessions.timeline import video_file


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw it. Nothing is made before it is asked for."""
    _report(loaded, choice)
    _export(loaded)
    _delete(loaded, memory)


def file_stem(outline: Outline) -> str:
    """A file name without its end: day, title."""
    title = re.sub(r"[^\w-]+", "-", outline.session.title).strip("-")[:60] or "session"
    return f"{outline.session.started_local:%Y-%m-%d}-{title}"


def _report(loaded: LoadedSession, choice: Choice) -> None:
    with st.container(border=True):
        st.markdown("**Report**")
        st.caption(
            "One HTML file with the facts, the timeline, all figures and how to read them. It opens in any "
            "browser without a network, holds no script, and prints well (to PDF, too)."
        )
        with_phq4 = False
        if any(one.phq4 is not None for one in loaded.outline.check_ins):
            with_phq4 = st.toggle(
                "Include the answers to the PHQ-4",
                False,
                key=f"report_phq4_{loaded.outline.session.id}",
                help="The PHQ-4 asks about anxiety and low mood. Its answers are about health: include them only if "
                "whoever reads the report should know them.",
            )
        store, number, user = loaded.store, loaded.outline.session.id, current.signed_in()

        def made() -> str:  # on a thread that sees no widget
            made = session_report.report(
                store, number, choice.face, corrected=choice.corrected, with_phq4=with_phq4, models=own_models(user)
            )
            audit.note(AuditEvent.EXPORTED, user=user, what=f"report {number}")
            return made

        st.download_button(
            "Report",
            made,
            f"{file_stem(loaded.outline)}.html",
            "text/html",
            icon=":material/description:",
            type="primary",
            key="session_report",
            on_click="ignore",
        )


def _export(loaded: LoadedSession) -> None:
    store, outline, user = loaded.store, loaded.outline, current.signed_in()
    with st.container(border=True):
        st.markdown("**Data**")
        st.caption(
            "A zip with the samples as CSV, JSON and Parquet, a dictionary of their columns, and markers, faces "
            "and check-ins as JSON. “Import” reads it back, here or elsewhere."
        )
        with st.container(horizontal=True):
            st.download_button(
                "Export",
                lambda: exported(store, outline.session.id, user),
                f"{file_stem(outline)}.zip",
                "application/zip",
                icon=":material/folder_zip:",
                key="session_export",
                on_click="ignore",
                help="Everything of this session but its video. Answers to the PHQ-4 are in it.",
            )
            video = video_file(loaded)
            if video is not None:
                st.download_button(
                    "Video",
                    lambda: _read_video(video, outline.session.id, user),
                    f"{file_stem(outline)}{video.suffix}",
                    "video/mp4",
                    icon=":material/movie:",
                    key="session_video",
                    on_click="ignore",
                )


def _read_video(video: Path, session_id: int, user: User) -> bytes:
    data = video.read_bytes()
    audit.note(AuditEvent.EXPORTED, user=user, what=f"video {session_id}")
    return data


def exported(store: Store, session_id: int, user: User) -> bytes:
    """The bytes of a session's zip, for a user whose part of the store this is.

    Raises:
        StoreError: it cannot be read or written.
    """
    with temporary_folder(store) as folder:
        data = export_session(store, session_id, folder / "session.zip").read_bytes()
    audit.note(AuditEvent.EXPORTED, user=user, what=f"session {session_id}")
    return data


def _delete(loaded: LoadedSession, memory: SessionMemory) -> None:
    one = loaded.outline.session
    with st.container(border=True):
        st.markdown("**Delete**")
        if not current.may(Right.DELETE):
            st.caption("This account may not delete sessions.")
            return
        if one.state == "open":
            st.caption("It is being recorded; end the recording first.")
            return
        has_video = ", its video" if one.video_file else ""
        st.caption(
            f"The session goes for good, with its samples, markers{has_video} and the check-ins that belong to "
            "it. Nobody can bring it back; copies that were exported stay where they are."
        )
        with st.popover("Delete", icon=":material/delete:", key="session_delete"):
            st.markdown(f"Delete “{plain(one.title)}” of {plain(one.participant)}, {when(one)}?")
            if st.button("Delete for good", type="primary", key="session_delete_now"):
                _delete_now(loaded.store, memory, one.id, one.title)


def _delete_now(store: Store, memory: SessionMemory, session_id: int, title: str) -> None:
    user = current.require(Right.DELETE)
    try:
        with st.spinner("Deleting it for good …"):
            done = delete_session(store, session_id)
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    audit.note(AuditEvent.DELETED, user=user, what=f"session {session_id}")
    memory.opened = memory.loaded = None
    memory.compared = ()
    memory.done = f"“{plain(title)}” is deleted."
    memory.problem = done.warning
    st.rerun()
