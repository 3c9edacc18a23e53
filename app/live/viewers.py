"""How many people use the live video now, and whether one more is let in. Imports no Streamlit."""

import threading
import weakref

from app.server import for_server
from app.settings import AppSettings


class Viewers:
    """The viewers with a live video, up to a limit. Thread-safe."""

    def __init__(self, limit: int, of_one_user: int | None = None) -> None:
        """Nobody is there yet.

        Args:
            limit: how many may be there at once, from 1.
            of_one_user: how many of them may be one account's, from 1; None for all.
        """
        self._limit, self._of_one_user = limit, of_one_user
        self._lock = threading.Lock()
        # Held weakly: whoever vanishes without a word frees the place, at the latest with the next garbage collection.
        self._tokens: weakref.WeakKeyDictionary[object, str] = weakref.WeakKeyDictionary()

    def __len__(self) -> int:
        """How many are there now."""
        with self._lock:
            return len(self._tokens)

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
                self._tokens.setdefault(token, account)
            return refusal

    def refusal(self, token: object, account: str = "") -> str:
        """What a viewer who would not be let in now reads; else empty. A WebSocket's reason, too: at most 123 bytes."""
        with self._lock:
            return self._refusal(token, account)

    def _refusal(self, token: object, account: str) -> str:
        if token in self._tokens:
            return ""
        if len(self._tokens) >= self._limit:
            people = "1 person is" if self._limit == 1 else f"{self._limit} people are"
            return (
                f"This server is busy: {people} using the live video, and more would slow everybody down. "
                "Try again in a few minutes."
            )
        own = sum(other == account for other in self._tokens.values()) if account else 0
        if self._of_one_user is not None and own >= self._of_one_user:
            videos = "live video" if own == 1 else "live videos"
            return f"Your account has {own} {videos} open, the most allowed. Stop one first."
        return ""

    def leave(self, token: object) -> None:
        """Free the viewer's place; one who is not in has none."""
        with self._lock:
            self._tokens.pop(token, None)


@for_server
def viewers() -> Viewers:
    """The server's, over all browser tabs.

    Raises:
        ValueError: a setting in the environment is wrong.
    """
    settings = AppSettings.from_environment()
    return Viewers(settings.max_viewers, settings.max_viewers_per_user)
