"""Who uses the live video now, and whether one more is let in. Imports no Streamlit."""

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass

from app.live.admission import SENTENCES, SETTLE_S, Admission, Verdict
from app.server import for_server
from app.settings import AppSettings
from fer_core.processor import cores_allowed


@dataclass(frozen=True)
class _Place:
    account: str
    since_s: float


class Viewers:
    """The viewers with a live video, as many as the server can do well, up to a limit. Thread-safe."""

    def __init__(
        self,
        limit: int,
        of_one_user: int | None = None,
        *,
        admission: Admission | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nobody is there yet.

        Args:
            limit: how many may be there at once, from 1.
            of_one_user: how many of them may be one account's, from 1; None for all.
            admission: judges by the measured load; None looks at the number alone.
            clock: gives the monotonic time.
        """
        self.limit = limit
        self.admission = admission
        self._of_one_user, self._clock = of_one_user, clock
        self._lock = threading.Lock()
        # Held weakly: whoever vanishes without a word frees the place, at the latest with the next garbage collection.
        self._places: weakref.WeakKeyDictionary[object, _Place] = weakref.WeakKeyDictionary()

    def __len__(self) -> int:
        """How many are there now."""
        with self._lock:
            return len(self._places)

    def settled(self) -> list[object]:
        """The tokens of those who have been there for `SETTLE_S` or longer."""
        with self._lock:
            now_s = self._clock()
            return [token for token, place in self._places.items() if now_s - place.since_s >= SETTLE_S]

    def verdict(self) -> Verdict:
        """Whether somebody new is let in now, whoever it is."""
        with self._lock:
            return self._verdict()

    def enter(self, token: object, account: str = "") -> str:
        """Let a viewer in, unless the server is full; one who is already in stays in, and counts once.

        Args:
            token: stands for the viewer, such as the live session: hashable, with a weak reference.
            account: of the viewer; "" where people need none.

        Returns:
            Why the viewer is not in, see `refusal`; else empty.
        """
        with self._lock:
            refusal = self._refusal(token, account)
            if not refusal:
                self._places.setdefault(token, _Place(account, self._clock()))
            return refusal

    def refusal(self, token: object, account: str = "") -> str:
        """What a viewer who would not be let in now reads; else empty. A WebSocket's reason, too: at most 123 bytes.

        Where only others have just come, it is empty: whoever connects meanwhile has a place as soon as they are
        measured, without pressing Start again.
        """
        with self._lock:
            refusal = self._refusal(token, account)
            return "" if refusal == SENTENCES[Verdict.NEWCOMERS] else refusal

    def _refusal(self, token: object, account: str) -> str:
        if token in self._places:
            return ""
        verdict = self._verdict()
        if verdict is Verdict.FULL:
            people = "1 person is" if self.limit == 1 else f"{self.limit} people are"
            return (
                f"This server is busy: {people} using the live video, and more would slow everybody down. "
                "Try again in a few minutes."
            )
        own = sum(place.account == account for place in self._places.values()) if account else 0
        if self._of_one_user is not None and own >= self._of_one_user:
            videos = "live video" if own == 1 else "live videos"
            return f"Your account has {own} {videos} open, the most allowed. Stop one first."
        return SENTENCES[verdict]

    def _verdict(self) -> Verdict:
        there = len(self._places)
        if there >= self.limit:
            return Verdict.FULL
        if self.admission is None:
            return Verdict.OPEN
        now_s = self._clock()
        newcomers = sum(now_s - place.since_s < SETTLE_S for place in self._places.values())
        return self.admission.verdict(there, newcomers)

    def leave(self, token: object) -> None:
        """Free the viewer's place; one who is not in has none."""
        with self._lock:
            self._places.pop(token, None)


@for_server
def viewers() -> Viewers:
    """The server's, over all browser tabs.

    Raises:
        ValueError: a setting in the environment is wrong.
    """
    settings = AppSettings.from_environment()
    admission = Admission(settings.min_rate, cores_allowed()) if settings.min_rate else None
    return Viewers(settings.max_viewers, settings.max_viewers_per_user, admission=admission)
