"""What can be taken out of a session: a report with its preview, its data, its video; and how it is deleted."""

import re
from collections.abc import Callable
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
from app.views.sessions import address
from app.views.sessions.face_choice import Choice, read_words
from app.views.sessions.timeline import video_file
from app.views.shared import frame
from app.views.shared.component import component


def render(loaded: LoadedSession, memory: SessionMemory, choice: Choice) -> None:
    """Draw it. No file is made before somebody asks for it."""
    _report(loaded, choice)
    _export(loaded)
    _delete(loaded, memory)


def file_stem(outline: Outline) -> str:
    """A file name without its end: day, title."""
    title = re.sub(r"[^\w-]+", "-", outline.session.title).strip("-")[:60] or "session"
    return f"{outline.session.started_local:%Y-%m-%d}-{title}"


def _report(loaded: LoadedSession, choice: Choice) -> None:
    st.header("Report", anchor=False)
    st.caption(
        "One HTML file with the facts, the timeline, all statistics and how to read them. It opens offline in any "
        "browser, contains no scripts, and prints well, also to PDF."
    )
    number, with_phq4 = loaded.outline.session.id, False
    if any(one.phq4 is not None for one in loaded.outline.check_ins):
        with_phq4 = st.toggle(
            "Include the answers to the PHQ-4",
            False,
            key=f"report_phq4_{number}",
            help="The PHQ-4 asks about anxiety and low mood. The answers are health data: include them only if the "
            "readers of the report should see them.",
        )
    store, user = loaded.store, current.signed_in()

    def drawn() -> str:
        return session_report.report(
            store, number, choice.face, corrected=choice.corrected, with_phq4=with_phq4, models=own_models(user)
        )

    def made() -> str:  # on a thread that sees no widget
        report = drawn()
        audit.note(AuditEvent.EXPORTED, user=user, what=f"report {number}")
        return report

    with st.container(horizontal=True, vertical_alignment="center"):
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
        is_shown = st.toggle("Preview", not loaded.outline.is_long, key=f"report_preview_{number}")
    if is_shown:
        _preview(loaded, drawn)


def _preview(loaded: LoadedSession, drawn: Callable[[], str]) -> None:
    with st.spinner(read_words(loaded), show_time=True):
        report = drawn()
    draw = component("fer_report_preview", "session/preview.js", html="session/preview.html", css="session/preview.css")
    draw(key=f"session_preview_{loaded.outline.session.id}", data={"html": report}, height="content")


def _export(loaded: LoadedSession) -> None:
    store, outline, user = loaded.store, loaded.outline, current.signed_in()
    st.header("Data", anchor=False)
    st.caption(
        "A zip file with the samples as CSV, JSON and Parquet, a dictionary of their columns, and markers, faces and "
        "check-ins as JSON, with the answers to the PHQ-4. “Import” on the Sessions page reads it back."
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
    st.header("Delete", anchor=False)
    if not current.may(Right.DELETE):
        st.caption("This account may not delete sessions.")
        return
    if one.state == "open":
        st.caption("It is being recorded. End the recording first.")
        return
    has_video = ", its video" if one.video_file else ""
    st.caption(
        f"This permanently deletes the session with its samples, markers{has_video} and check-ins. It cannot be "
        "undone. Copies that you exported stay where they are."
    )
    with (
        st.container(key="danger_session_delete_ask"),
        st.popover("Delete this session", icon=":material/delete:", key="session_delete"),
    ):
        st.markdown(f"Delete “{plain(one.title)}” of {plain(one.participant)}, {when(one)}?")
        if frame.danger_button("Delete permanently", key="session_delete_now"):
            _delete_now(loaded.store, memory, one.id, one.title)


def _delete_now(store: Store, memory: SessionMemory, session_id: int, title: str) -> None:
    user = current.require(Right.DELETE)
    try:
        with st.spinner("Deleting the session …", show_time=True):
            done = delete_session(store, session_id)
    except StoreError as error:
        st.error(sentence(str(error)))
        return
    audit.note(AuditEvent.DELETED, user=user, what=f"session {session_id}")
    address.open_session(memory, None)
    memory.compared = ()
    memory.done = f"“{plain(title)}” is deleted."
    memory.problem = done.warning
    st.rerun()
