"""The recordings that an earlier run of the program left unfinished. Imports no Streamlit."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass

from app.formatting import clock, counted
from app.store.database import Store
from app.store.errors import NoSuchRecordError
from app.store.records import Session
from app.store.sample_counts import sample_counts
from app.store.sessions import session


class Interrupted:
    """The numbers of their sessions, until somebody has seen them. Thread-safe."""

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        self._ids: tuple[int, ...] = ()
        self._is_asked = False

    def note(self, session_ids: Iterable[int]) -> None:
        """These were closed as the program started."""
        with self._lock:
            self._ids = tuple(dict.fromkeys((*self._ids, *session_ids)))

    def forget(self, session_id: int) -> None:
        """Somebody has seen that one."""
        with self._lock:
            self._ids = tuple(number for number in self._ids if number != session_id)

    def ids(self) -> tuple[int, ...]:
        """Those that nobody has seen, oldest first."""
        with self._lock:
            return self._ids

    def first_question(self) -> bool:
        """Whether nobody has asked before: the store is opened for that once, as a locked one keeps a page waiting."""
        with self._lock:
            is_first, self._is_asked = not self._is_asked, True
            return is_first


@dataclass(frozen=True)
class Kept:
    """What is left of an interrupted recording."""

    session: Session
    samples: int
    has_video: bool

    def sentence(self) -> str:
        """What happened and what was kept, without its title, which is anybody's text."""
        samples = counted(self.samples, "sample")
        video = ", video" if self.has_video else ""
        length = clock(self.session.duration_s or 0.0)
        return f"The program stopped during this recording. Kept until then: {length}, {samples}{video}."


def what_is_kept(store: Store, interrupted: Interrupted) -> list[Kept]:
    """Of each interrupted recording of the store's owner what is left; those that were deleted meanwhile are forgotten.

    Raises:
        StoreError: the store cannot be read.
    """
    found = []
    for number in interrupted.ids():
        try:
            one = session(store.everybodys, number)
        except NoSuchRecordError:
            interrupted.forget(number)
            continue
        if one.source == "live" and one.belongs_to == store.owner.name:
            has_video = one.video_file is not None and (store.videos / one.video_file).is_file()
            found.append(Kept(one, sample_counts(store, [number])[number], has_video))
    return found
