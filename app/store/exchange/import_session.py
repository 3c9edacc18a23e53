"""An imported session.json, checked: every value has its type, and the records' own rules do the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from app.store.checks import check_name, check_text
from app.store.errors import StoreError
from app.store.records import MAX_TIME_MS, CheckIn, Identity, Marker, NewSession, StoredBaseline
from fer_core.emotions import EMOTIONS

T = TypeVar("T")
MAX_PARTS: Final = 100_000
"""More markers, faces or check-ins no session has."""


@dataclass(frozen=True)
class ImportedSession:
    """What session.json says. What belongs to a participant is made by functions: its number is known only later."""

    uid: str
    participant: str
    participant_note: str
    state: str
    ended_at: datetime | None
    samples: int
    identities: tuple[Identity, ...]
    markers: tuple[Marker, ...]
    _session: "_Values"
    _baselines: tuple["_Values", ...]
    _check_ins: tuple["_Values", ...]

    def session(self, participant_id: int) -> NewSession:
        """The session, for that participant, without a video."""
        values = self._session
        return NewSession(
            participant_id=participant_id,
            title=values.get("title", str),
            source=values.get("source", str),
            model_name=values.get("model_name", str),
            model_sha256=values.get("model_sha256", str),
            consent_at=values.moment_or_none("consent_at"),
            consent_version=values.get("consent_version", str),
            rate_per_s=values.number("rate_per_s"),
            note=values.get("note", str),
            started_at=values.moment("started_at"),
            utc_offset_min=values.get("utc_offset_min", int),
        )

    def baselines(self, participant_id: int, session_id: int) -> list[StoredBaseline]:
        """The baselines measured in the session."""
        return [
            StoredBaseline(
                participant_id=participant_id,
                session_id=session_id,
                measured_at=values.moment("measured_at"),
                probabilities={emotion: values.inner("probabilities").number(emotion) for emotion in EMOTIONS},
                samples=values.get("samples", int),
                quality=values.number("quality"),
                model_sha256=values.get("model_sha256", str)[:64],
            )
            for values in self._baselines
        ]

    def check_ins(self, participant_id: int, session_id: int) -> list[CheckIn]:
        """The check-ins before and after the session."""
        return [
            CheckIn(
                participant_id=participant_id,
                session_id=session_id,
                at=values.moment("at"),
                phase=values.get("phase", str),
                valence=values.or_none("valence", int),
                arousal=values.or_none("arousal", int),
                note=values.get("note", str),
                phq4=values.answers("phq4"),
                utc_offset_min=values.get("utc_offset_min", int),
            )
            for values in self._check_ins
        ]


def imported_session(values: dict[str, Any]) -> ImportedSession:
    """Check what can be checked before there is a participant.

    Raises:
        StoreError: a value is missing, of another type, or out of its range.
    """
    whole = _Values(values, "session.json")
    about, person = whole.inner("session"), whole.inner("participant")
    uid = about.get("uid", str)
    if not re.fullmatch(r"[0-9a-f]{32}", uid):
        raise StoreError(f"session.json: uid must be 32 hexadecimal digits; it is {uid[:40]!r}.")
    started_at, ended_at = about.moment("started_at"), about.moment_or_none("ended_at")
    if ended_at is not None and ended_at < started_at:
        raise StoreError("session.json: ended_at is before started_at.")
    faces = tuple(map(_identity, whole.parts("identities")))
    told = {face.face for face in faces}
    if len(told) != len(faces) or not {f.merged_into for f in faces if f.merged_into is not None} <= told:
        raise StoreError("session.json: identities must tell of each face once, and merge only into faces of the list.")
    return ImportedSession(
        uid=uid,
        participant=check_name("A participant's name", person.get("name", str)),
        participant_note=check_text("A participant's note", person.get("note", str)),
        state="recovered" if about.get("state", str) == "recovered" or ended_at is None else "closed",
        ended_at=ended_at,
        samples=whole.get("samples", int),
        identities=faces,
        markers=tuple(map(_marker, whole.parts("markers"))),
        _session=about,
        _baselines=whole.parts("baselines"),
        _check_ins=whole.parts("check_ins"),
    )


def _identity(values: "_Values") -> Identity:
    face, merged_into = values.get("face", int), values.or_none("merged_into", int)
    if not 0 <= face <= MAX_TIME_MS or not 0 <= (merged_into or 0) <= MAX_TIME_MS:
        raise StoreError(f"{values.where}: a face's number must not be negative or larger than {MAX_TIME_MS}.")
    name = values.get("name", str)
    return Identity(face, check_name("A face's name", name) if name else "", merged_into, values.get("ignored", bool))


def _marker(values: "_Values") -> Marker:
    kind: Any = values.get("kind", str)  # the record refuses unknown ones
    return Marker(values.get("time_ms", int), kind, values.get("text", str), values.or_none("end_ms", int))


class _Values:
    """An object of a JSON file that is not trusted: gives values of the asked type, or a clear error."""

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, dict):
            raise StoreError(f"{where} must be an object; it is {type(values).__name__}.")
        self._values = values
        self.where = where

    def get(self, name: str, kind: type[T]) -> Any:
        """A value of that type; Any, as the records narrow it further."""
        value = self._values.get(name)
        # In Python a bool is an int; in the file it is not.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise StoreError(f"{self.where}: {name} must be {kind.__name__}; it is {str(value)[:40]!r}.")
        return value

    def or_none(self, name: str, kind: type[T]) -> Any:
        """Like `get`, or None where the file has null or nothing."""
        return None if self._values.get(name) is None else self.get(name, kind)

    def number(self, name: str) -> float:
        """A whole or broken number."""
        kind = int if isinstance(self._values.get(name), int) else float
        return float(self.get(name, kind))

    def moment(self, name: str) -> datetime:
        """A time with a time zone."""
        text: str = self.get(name, str)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise StoreError(f"{self.where}: {name} must be a time in ISO 8601; it is {text[:40]!r}.") from error
        if moment.tzinfo is None or not 1900 < moment.year < 9000:
            raise StoreError(f"{self.where}: {name} must have a time zone and a credible year; it is {text[:40]!r}.")
        return moment

    def moment_or_none(self, name: str) -> datetime | None:
        """Like `moment`, or None where the file has null or nothing."""
        return None if self._values.get(name) is None else self.moment(name)

    def answers(self, name: str) -> Any:
        """Whole numbers and None as a tuple, or None; how many and how large, the record checks."""
        found: Sequence[object] | None = self.or_none(name, list)
        if found is not None and not all(answer is None or type(answer) is int for answer in found):
            raise StoreError(f"{self.where}: {name} must be whole numbers, or null where a question was left out.")
        return None if found is None else tuple(found)

    def inner(self, name: str) -> "_Values":
        """An object within."""
        return _Values(self._values.get(name), f"{self.where}: {name}")

    def parts(self, name: str) -> tuple["_Values", ...]:
        """A list of objects within."""
        found: list[object] = self.get(name, list)
        if len(found) > MAX_PARTS:
            raise StoreError(f"{self.where}: {name} has {len(found)} entries, more than {MAX_PARTS}.")
        return tuple(_Values(part, f"{self.where}: {name}[{index}]") for index, part in enumerate(found))
