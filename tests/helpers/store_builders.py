"""Sessions to test with."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.store.database import Store
from app.store.participants import add_participant
from app.store.records import NewSession
from app.store.samples import Correct, Row, add_samples, sample_row
from app.store.sessions import end_session, start_session
from fer_core.results import Doubt, FaceEmotion
from tests.helpers.faces import make_emotion, make_face

NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def new_session(participant_id: int, **changes: Any) -> NewSession:
    """A live session with consent, of noon on 1 May 2026."""
    new = NewSession(
        participant_id=participant_id,
        title="First look",
        source="live",
        model_name="compact_se",
        model_sha256="a" * 64,
        consent_at=NOON,
        consent_version="1",
        started_at=NOON,
        utc_offset_min=120,
    )
    return replace(new, **changes)


def make_participant(store: Store, name: str = "P01") -> int:
    return add_participant(store, name, "left-handed").id


def emotion_of(emotion: str = "happy", *, face: int = 1, doubts: tuple[Doubt, ...] = (), **changes: Any) -> FaceEmotion:
    """What one tracked face shows."""
    return make_emotion(emotion, face=make_face(track_id=face), doubts=doubts, **changes)


def rows(
    emotion: str = "happy",
    *,
    start_ms: int = 0,
    count: int = 10,
    face: int = 1,
    correct: Correct | None = None,
    **changes: Any,
) -> list[Row]:
    """Five samples a second."""
    return [sample_row(start_ms + 200 * i, emotion_of(emotion, face=face, **changes), correct) for i in range(count)]


def make_session(store: Store, participant_id: int, samples: list[Row] | None = None, **changes: Any) -> int:
    """An ended session with samples."""
    new = new_session(participant_id, **changes)
    session_id = start_session(store, new)
    add_samples(store, session_id, rows() if samples is None else samples)
    end_session(store, session_id, new.started_at.replace(minute=new.started_at.minute + 1))
    return session_id
