"""What somebody reads, chooses and agrees to before a recording of the live page begins."""

from datetime import UTC, datetime, timedelta, timezone

import streamlit as st

from app import places, state
from app.access import audit, current, server
from app.access.audit import AuditEvent
from app.access.types import Right
from app.live.pipelines import shared_model
from app.live.session import LiveSession
from app.live.types import LiveState
from app.markdown_text import sentence
from app.recording import consent
from app.recording.going_on import key_of
from app.recording.recording import Recording
from app.recording.types import RecordingChoices
from app.store.database import Store
from app.store.privacy import retention_days
from app.store.records import local_offset_min
from app.store.tables import MAX_NAME
from app.tab_memory import RecordingMemory
from app.views.shared import store_parts as session_parts
from fer_core.errors import FerError

RATES = (1, 2, 5, 10, 16)
"""Samples per second to choose from; the analysis gives at most 16 results."""
USUAL_RATE = 5


def begin(memory: RecordingMemory) -> None:
    """Put the consent on the screen; nothing else happens."""
    here = timezone(timedelta(minutes=offset_min()))
    memory.asked_at = f"{datetime.now(UTC).astimezone(here):%H:%M}"
    memory.is_asking, memory.has_agreed, memory.problem = True, False, ""


def offset_min() -> int:
    """Minutes by which the viewer's clock is ahead of UTC, as the browser says."""
    behind = st.context.timezone_offset
    return local_offset_min() if behind is None else -int(behind)


def _put_aside() -> None:
    memory = state.recording_memory()
    memory.is_asking = memory.has_agreed = False


def _agree() -> None:
    # Kept until a run answers it: a run that is interrupted, as while the camera connects, takes with it that its
    # button was pressed.
    state.recording_memory().has_agreed = True


@st.dialog("Record a session", width="medium", on_dismiss=_put_aside)
def ask(session: LiveSession) -> None:
    """Ask; when the person agrees, the recording begins and the page is drawn anew."""
    memory = state.recording_memory()
    store = session_parts.opened_store()
    if store is None:
        memory.has_agreed = False
        return
    try:
        for paragraph in consent.points(
            places.shown(store.place), retention_days(store), may_delete=current.may(Right.DELETE)
        ):
            st.markdown(paragraph)
        choices = _choices(store, memory)
    except FerError as error:
        memory.has_agreed = False
        st.error(sentence(str(error)))
        return
    with st.container(horizontal=True):
        st.button(
            "I agree: start recording",
            type="primary",
            icon=":material/radio_button_checked:",
            key="record_agree",
            on_click=_agree,
        )
        if st.button("Cancel", key="record_cancel"):
            _put_aside()
            st.rerun()
    if not memory.has_agreed:
        return
    memory.has_agreed = False
    problem = _missing(session, choices) or _start(session, store, choices, memory)
    if problem:
        st.warning(sentence(problem))
    else:
        st.rerun()


def _choices(store: Store, memory: RecordingMemory) -> RecordingChoices:
    participant = session_parts.name_participant(
        store,
        key="record_participant",
        help_text="The person in the video. A code such as P01 reveals less than a name.",
    )
    left, right = st.columns([2, 1], gap="small")
    proposed = f"{participant[: MAX_NAME - 10] or 'Participant'}, {memory.asked_at}"
    title = left.text_input(
        "Title",
        key="record_title",
        max_chars=MAX_NAME,
        placeholder=proposed,
        help="Optional. If empty, the title shown here is used.",
    ).strip()
    rate = right.selectbox(
        "Samples per second",
        RATES,
        RATES.index(USUAL_RATE),
        key="record_rate",
        help="Expressions last half a second or longer, so 5 a second miss few.",
    )
    wants_video = st.toggle("Keep the video too", key="record_video")
    agrees = False
    if wants_video:
        st.markdown(consent.VIDEO.format(place=f"`{places.shown(str(store.videos))}`"))
        agrees = st.checkbox("I agree to the video being kept", key="record_video_agree")
    memory.video_is_open = wants_video and not agrees
    return RecordingChoices(participant, title or proposed, float(rate), wants_video and agrees, offset_min())


def _missing(session: LiveSession, choices: RecordingChoices) -> str:
    """What is still to be done before it can begin, a sentence; else empty."""
    if not choices.participant:
        return "Choose a participant first, or type a name and press Enter."
    if state.recording_memory().video_is_open:
        return "Agree to the video too, or switch it off."
    if session.status().state in (LiveState.NO_FRAMES, LiveState.LOST):
        return "No video from the camera yet. Close this, press Start, then record."
    return ""


def _start(session: LiveSession, store: Store, choices: RecordingChoices, memory: RecordingMemory) -> str:
    """Begin; gives why that was not possible."""
    user = current.require(Right.RECORD)
    try:
        recording = Recording.start(store, choices, shared_model(session.settings.model).card)
    except FerError as error:
        return str(error)
    session.listener = recording
    memory.put_away()
    memory.recording, memory.is_asking = recording, False
    memory.key = key_of(recording.uid, server.cookie_secret())
    state.recording_tabs().keep(state.tab_id(), session, recording, memory.key, owner=user.owner)
    audit.note(AuditEvent.RECORDED, user=user, what=f"session {recording.session_id}")
    return ""
