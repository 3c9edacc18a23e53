"""How many people use the live video now, and whether one more is let in. Imports no Streamlit."""

import threading
import weakref

from app.server import for_server
from app.settings import AppSettings


class Viewers:
    """The viewers with a live video, up to a limit. Thread-safe."""

    def __init__(self, limit: int) -> None:
        """Nobody is there yet.

        Args:
            limit: how many may be there at once, from 1.
        """
        self._limit = limit
        self._lock = threading.Lock()
        # Held weakly: whoever vanishes without a word frees the place, at the latest with the next garbage collection.
        self._tokens: weakref.WeakSet[object] = weakref.WeakSet()

    def __len__(self) -> int:
        """How many are there now."""
        with self._lock:
            return len(self._tokens)

    def enter(self, token: object) -> bool:
        """Let a viewer in, unless the server is full; one who is already in stays in, and counts once.

        Args:
            token: stands for the viewer, such as the live session: hashable, with a weak reference.

        Returns:
            Whether the viewer is in.
        """
        with self._lock:
            if token not in self._tokens:
                if len(self._tokens) >= self._limit:
                    return False
                self._tokens.add(token)
            return True

    def has_place(self, token: object) -> bool:
        """Whether the viewer is in, or would be let in now."""
        with self._lock:
            return token in self._tokens or len(self._tokens) < self._limit

    def leave(self, token: object) -> None:
        """Free the viewer's place; one who is not in has none."""
        with self._lock:
            self._tokens.discard(token)

    def busy_message(self) -> str:
        """What a viewer who was not let in reads. A WebSocket's reason, too: at most 123 bytes."""
        people = "1 person is" if self._limit == 1 else f"{self._limit} people are"
        return (
            f"This server is busy: {people} using the live video, and more would slow everybody down. "
            "Try again in a few minutes."
        )


@for_server
def viewers() -> Viewers:
    """The server's, over all browser tabs.

    Raises:
        ValueError: a setting in the environment is wrong.
    """
    return Viewers(AppSettings.from_environment().max_viewers)
