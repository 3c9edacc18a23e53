"""A video's result becomes a stored session, when the people in it have agreed."""

from datetime import UTC, datetime, timedelta, timezone

import streamlit as st

from app import places, state
from app.access import audit, current
from app.access.audit import AuditEvent
from app.access.types import Right
from app.analysis.jobs import AnalysisJob, FileView
from app.analysis.keep import FileResult, KeepChoices, keep, proposed_title
from app.formatting import counted
from app.markdown_text import sentence
from app.recording import consent
from app.store.database import Store
from app.store.errors import StoreError
from app.store.privacy import retention_days
from app.store.tables import MAX_NAME
from app.tab_memory import AnalysisMemory
from app.views.live import consent as live_consent
from app.views.shared import store_parts as session_parts


def offer(job: AnalysisJob, file: FileView, memory: AnalysisMemory) -> None:
    """Draw the button of a video's result; where it was saved, the one that opens the session."""
    if not _may_be_kept(job, file):
        return
    if file.title in memory.kept:
        if st.button("Open the session", icon=":material/timeline:", key="keep_open"):
            state.session_memory().opened = memory.kept[file.title][0]
            state.go_to("sessions")
    elif memory.keeping != file.title:
        is_wanted = st.button("Save as session", type="primary", icon=":material/bookmark_add:", key="keep_ask")
        if is_wanted:
            memory.keeping = file.title
            st.rerun()


def render(job: AnalysisJob, file: FileView, memory: AnalysisMemory) -> None:
    """Draw the form where it was asked for, or what became of it."""
    if not _may_be_kept(job, file) or file.summary is None or job.card is None:
        return
    if file.title in memory.kept:
        st.success(
            f"Saved as a session: {counted(memory.kept[file.title][1], 'sample')}.", icon=":material/check_circle:"
        )
    elif memory.keeping == file.title:
        with st.container(border=True):
            store = session_parts.opened_store()
            if store is None:
                return
            video = file.copy if file.copy is not None and file.copy.exists() else None
            result = FileResult(job.csv, file.title, file.summary.seconds, file.summary.looks, job.card, video)
            try:
                _form(store, result, memory)
            except StoreError as error:
                st.error(sentence(str(error)))


def _may_be_kept(job: AnalysisJob, file: FileView) -> bool:
    summary = file.summary
    return bool(summary and summary.faces and not summary.picture_faces and job.card and job.csv.exists())


def _form(store: Store, result: FileResult, memory: AnalysisMemory) -> None:
    kept = consent.kept_for(retention_days(store), may_delete=current.may(Right.DELETE))
    st.markdown(f"{consent.WHERE.format(place=f'`{places.shown(store.place)}`', kept=kept)} {consent.MEANING}")
    participant = session_parts.name_participant(store, key="keep_participant", help_text="The person in the video.")
    left, right = st.columns([2, 1], gap="small")
    proposed = proposed_title(store, result.source)
    title = left.text_input("Title", proposed, key=f"keep_title_{result.source}", max_chars=MAX_NAME)
    here = timezone(timedelta(minutes=live_consent.offset_min()))
    now = datetime.now(UTC).astimezone(here)
    day = right.date_input(
        "Filmed on",
        now.date(),
        max_value=now.date(),
        min_value=now.date().replace(year=1900),
        key="keep_day",
        help="History sorts the session by this day.",
    )
    agreed = st.checkbox(consent.FILE, key="keep_agree")
    with_video = result.video is not None and st.checkbox(
        consent.FILE_VIDEO, key="keep_video", help="If unticked, only the numbers are saved."
    )
    with st.container(horizontal=True):
        wanted = st.button("Save", type="primary", icon=":material/bookmark_add:", key="keep_start")
        if st.button("Cancel", key="keep_cancel"):
            memory.keeping = ""
            st.rerun()
    if not wanted:
        return
    if not participant:
        st.warning("Choose a participant first, or type a name and press Enter.")
    elif not title.strip():
        st.warning("Enter a title first.")
    elif not agreed:
        st.warning("Saving needs the agreement of the people in the video.")
    else:
        _keep(store, result, KeepChoices(participant, title, datetime.combine(day, now.timetz()), with_video), memory)


def _keep(store: Store, result: FileResult, choices: KeepChoices, memory: AnalysisMemory) -> None:
    user = current.require(Right.RECORD)
    bar = st.progress(0.0, text="Storing the samples …")
    try:
        memory.kept[result.source] = keep(
            store, result, choices, on_progress=lambda share: bar.progress(share, text="Storing the samples …")
        )
    except OSError as error:
        bar.empty()
        st.error(
            f"The session cannot be saved: {sentence(str(error.strerror or error))}. Check the disk's free space and "
            "try again."
        )
        return
    except StoreError:
        bar.empty()
        raise
    audit.note(AuditEvent.RECORDED, user=user, what=f"session {memory.kept[result.source][0]}")
    st.rerun()
