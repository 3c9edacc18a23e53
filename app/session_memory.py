"""What one browser tab remembers of stored sessions between two runs of a page."""

from dataclasses import dataclass, field

from app.sessions.loaded import LoadedSession
from app.store.records import CheckIn


@dataclass
class SessionMemory:
    """Mutable; one per browser tab.

    Attributes:
        opened: number of the session that the Sessions page shows; None for its list.
        participant_id: whose sessions, history and check-ins are looked at; None until somebody is chosen.
        said: a sentence on what was done, to be shown once.
        problem: a sentence on what could not be done, likewise.
        checked_in: what each check-in form last saved, by its key, participant and session; shown in its place.
        check_ins_saved: how many were; numbers the forms, so that a new one starts empty.
        loaded: the session that the Sessions page shows, as far as it was read.
        compared: numbers of the sessions that the Sessions page compares; empty while it compares none.
        compared_figures: what was worked out of them, without their samples.
    """

    opened: int | None = None
    participant_id: int | None = None
    said: str = ""
    problem: str = ""
    checked_in: dict[tuple[str, int, int | None], CheckIn] = field(default_factory=dict)
    check_ins_saved: int = 0
    loaded: LoadedSession | None = None
    compared: tuple[int, ...] = ()
    compared_figures: dict[int, LoadedSession] = field(default_factory=dict)
