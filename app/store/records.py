"""What the store gives and takes: frozen records, checked where they are made; pages and files obey one rule."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final, Literal, Self

from sqlalchemy import Row

from app.store.checks import check_known, check_name, check_range, check_text, check_video_name, check_zone
from app.store.errors import StoreError
from app.store.tables import MARKER_KINDS, PHASES, SOURCES
from fer_core.emotions import EMOTIONS

MarkerKind = Literal["note", "task_start", "task_end", "exclude"]
Phase = Literal["before", "after", "none"]
MAX_OFFSET_MIN: Final = 14 * 60  # Kiribati is 14 hours ahead of UTC
MAX_TIME_MS: Final = 2**31 - 1  # 24 days, what both databases' INTEGER holds


def local_offset_min() -> int:
    """Minutes by which this machine's clock is ahead of UTC now."""
    offset = datetime.now().astimezone().utcoffset() or timedelta()
    return round(offset.total_seconds() / 60)


@dataclass(frozen=True)
class _Record:
    """Made from a row of the table with the same column names."""

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """The record of a row; columns that it does not know are left out."""
        make: Callable[..., Self] = cls
        return make(**{f.name: getattr(row, f.name) for f in fields(cls) if f.init})


@dataclass(frozen=True)
class Participant(_Record):
    """A person, under a free name or code; `created_at` is UTC, `belongs_to` the owner."""

    id: int
    belongs_to: str
    name: str
    note: str
    created_at: datetime


@dataclass(frozen=True)
class NewSession:
    """What is known of a session as it begins.

    Attributes:
        participant_id: whose it is.
        title: for lists.
        source: "live" or "file".
        model_name: of the network that judges.
        model_sha256: of its model.tflite.
        consent_at: when the person agreed to be recorded, with a time zone; a live session must have it.
        consent_version: which version of the consent text that was.
        rate_per_s: at most so many samples per face and second.
        note: free words.
        started_at: with a time zone.
        utc_offset_min: minutes by which the person's clock is ahead of UTC, so that days are the person's own.
        video_file: name of a file in the store's folder of videos; None without a video.
        video_consent_at: when the person agreed to the video; a session with a video must have it.
    """

    participant_id: int
    title: str
    source: Literal["live", "file"]
    model_name: str
    model_sha256: str
    consent_at: datetime | None = None
    consent_version: str = ""
    rate_per_s: float = 5.0
    note: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    utc_offset_min: int = field(default_factory=local_offset_min)
    video_file: str | None = None
    video_consent_at: datetime | None = None

    def __post_init__(self) -> None:
        check_known("A session's source", self.source, SOURCES)
        check_name("A session's title", self.title)
        check_text("A session's note", self.note)
        check_name("A model's name", self.model_name)
        if len(self.model_sha256) > 64 or len(self.consent_version) > 32:
            raise StoreError("A model's sha256 has at most 64 characters, a consent text's version at most 32.")
        check_range("Samples per second", self.rate_per_s, 0.01, 1000)
        check_range("The clock's minutes ahead of UTC", self.utc_offset_min, -MAX_OFFSET_MIN, MAX_OFFSET_MIN)
        if self.source == "live" and (self.consent_at is None or not self.consent_version):
            raise StoreError("Nothing is recorded without consent: give consent_at and consent_version.")
        if self.video_file is not None:
            check_video_name(self.video_file)
            if self.video_consent_at is None:
                raise StoreError("No video is kept without a consent of its own: give video_consent_at.")
        for moment in (self.started_at, self.consent_at, self.video_consent_at):
            check_zone(moment)


@dataclass(frozen=True)
class Session(_Record):
    """A stored session: `NewSession`'s fields, and these.

    Attributes:
        uid: the same in every export and import of it.
        participant: the participant's name.
        belongs_to: the participant's owner.
        ended_at: UTC; None while it is being recorded.
        state: "open" while it is being recorded, then "closed", or "recovered" when the program had died.
    """

    id: int
    uid: str
    participant_id: int
    participant: str
    belongs_to: str
    title: str
    source: str
    note: str
    started_at: datetime
    ended_at: datetime | None
    utc_offset_min: int
    model_name: str
    model_sha256: str
    rate_per_s: float
    consent_at: datetime | None
    consent_version: str
    video_file: str | None
    video_consent_at: datetime | None
    state: str

    @property
    def started_local(self) -> datetime:
        """The start by the person's own clock."""
        return self.started_at.astimezone(timezone(timedelta(minutes=self.utc_offset_min)))

    @property
    def duration_s(self) -> float | None:
        """In seconds; None while it is being recorded."""
        return None if self.ended_at is None else (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class Identity(_Record):
    """A face of one session.

    Attributes:
        face: its number, the tracker's.
        name: given by a person; empty at first.
        merged_into: the face that it belongs to; None for itself.
        ignored: its samples count nowhere.
    """

    face: int
    name: str = ""
    merged_into: int | None = None
    ignored: bool = False


@dataclass(frozen=True)
class Marker(_Record):
    """Something that happened at a moment of a session.

    Attributes:
        id: 0 before it is stored.
        time_ms: milliseconds since the session's start.
        kind: "note"; "task_start" and "task_end", whose text is the task's name; "exclude", from time_ms to end_ms.
        text: free words; for tasks the name.
        end_ms: for "exclude" only: where the range that counts nowhere ends (that moment itself counts again).
    """

    time_ms: int
    kind: MarkerKind
    text: str = ""
    end_ms: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        check_known("A marker's kind", self.kind, MARKER_KINDS)
        check_range("A marker's time in milliseconds", self.time_ms, 0, MAX_TIME_MS)
        check_range("A marker's end in milliseconds", self.end_ms, 0, MAX_TIME_MS)
        check_text("A marker's text", self.text)
        if self.kind.startswith("task") and not self.text.strip():
            raise StoreError("A task's marker must carry the task's name.")
        if (self.kind == "exclude") != (self.end_ms is not None):
            raise StoreError("An exclude marker must have an end, and no other may have one.")
        if self.end_ms is not None and self.end_ms <= self.time_ms:
            raise StoreError(f"An excluded range must end after its start; got {self.time_ms} to {self.end_ms} ms.")


@dataclass(frozen=True)
class StoredBaseline:
    """The mean of a neutral face.

    Attributes:
        participant_id: whose.
        session_id: measured in it, deleted with it; None when measured alone.
        measured_at: with a time zone.
        probabilities: emotion to mean probability.
        samples: how many were averaged.
        quality: 0 to 1, as the measurement rates itself.
        model_sha256: the network whose answers were averaged; it fits no other.
        id: 0 before it is stored.
    """

    participant_id: int
    measured_at: datetime
    probabilities: dict[str, float]
    samples: int
    quality: float
    model_sha256: str
    session_id: int | None = None
    id: int = 0

    def __post_init__(self) -> None:
        check_zone(self.measured_at)
        if set(self.probabilities) != set(EMOTIONS):
            raise StoreError(f"A baseline needs the probabilities of {', '.join(EMOTIONS)}.")
        for emotion, value in self.probabilities.items():
            check_range(f"A baseline's {emotion}", value, 0, 1)
        check_range("A baseline's quality", self.quality, 0, 1)
        check_range("A baseline's number of samples", self.samples, 1, MAX_TIME_MS)


@dataclass(frozen=True)
class CheckIn:
    """What a person says of their own mood; every answer is optional.

    Attributes:
        participant_id: whose.
        at: with a time zone.
        phase: "before" or "after" a session, or "none".
        session_id: that session, deleted with it; None for "none".
        valence: 1 (unpleasant) to 9 (pleasant).
        arousal: 1 (calm) to 9 (excited).
        note: free words.
        phq4: the four answers of the PHQ-4 in its order, each 0 (not at all) to 3 (nearly every day), or None where
            that question was left out; None when all four were.
        utc_offset_min: see `NewSession`.
        id: 0 before it is stored.
    """

    participant_id: int
    at: datetime
    phase: Phase = "none"
    session_id: int | None = None
    valence: int | None = None
    arousal: int | None = None
    note: str = ""
    phq4: tuple[int | None, ...] | None = None
    utc_offset_min: int = field(default_factory=local_offset_min)
    id: int = 0

    def __post_init__(self) -> None:
        check_zone(self.at)
        check_known("A check-in's phase", self.phase, PHASES)
        check_range("Valence", self.valence, 1, 9)
        check_range("Arousal", self.arousal, 1, 9)
        check_range("The clock's minutes ahead of UTC", self.utc_offset_min, -MAX_OFFSET_MIN, MAX_OFFSET_MIN)
        check_text("A check-in's note", self.note)
        if self.phq4 is not None and len(self.phq4) != 4:
            raise StoreError(f"The PHQ-4 has four answers; got {len(self.phq4)}.")
        for answer in self.phq4 or ():
            check_range("An answer of the PHQ-4", answer, 0, 3)
