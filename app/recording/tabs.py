"""Which browser tab a recording belongs to, so that a reloaded one goes on with it. Imports no Streamlit.

To the server a reloaded tab is a new one. What it brings along is its address, and in it a key that nobody can guess.
"""

import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from app.live.session import LiveSession
from app.recording.recording import Recording

KEEP_S: Final = 3600.0
"""A recording older than this, and ended, is found no more."""


@dataclass(frozen=True)
class _Kept:
    owner: str
    tab: str
    recording: Recording
    session: weakref.ref[LiveSession]  # the rolling history goes with its tab, a little after it
    begun_s: float


class RecordingTabs:
    """The recordings of all tabs. Thread-safe."""

    def __init__(self) -> None:
        """None yet."""
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    def keep(self, tab: str, session: LiveSession, recording: Recording, key: str, *, owner: str) -> None:
        """Remember whose it is.

        Args:
            tab: that has it.
            session: that feeds it.
            recording: it.
            key: for the tab's address; see `app.recording.going_on.key_of`.
            owner: of the user of the tab; to others the key is unknown.
        """
        now_s = time.monotonic()
        with self._lock:
            self._kept = {
                k: kept
                for k, kept in self._kept.items()
                if now_s - kept.begun_s < KEEP_S or not kept.recording.view().ended
            }
            self._kept[key] = _Kept(owner, tab, recording, weakref.ref(session), now_s)

    def is_of_another(self, key: str, tab: str, *, owner: str) -> bool:
        """Whether the key belongs to a recording of that user, and that to a tab other than this one."""
        with self._lock:
            kept = self._of(key, owner)
            return kept is not None and kept.tab != tab

    def is_recording(self, owner: str) -> bool:
        """Whether a recording of that user goes on."""
        with self._lock:
            own = [kept.recording for kept in self._kept.values() if kept.owner == owner]
        return any(not recording.view().ended for recording in own)

    def forget(self, key: str, *, owner: str) -> None:
        """The recording is found no more."""
        with self._lock:
            if self._of(key, owner) is not None:
                del self._kept[key]

    def claim(
        self, key: str, tab: str, is_open: Callable[[str], bool], *, owner: str
    ) -> tuple[Recording, LiveSession | None] | None:
        """Give the recording of a tab that is gone to the one that brings its key.

        Args:
            key: from the address, anybody's text.
            tab: the one that asks; it has the recording from now on.
            is_open: whether a tab is still there. While it is, the recording stays its own: a copied address takes
                nothing away.
            owner: of the user who asks.

        Returns:
            The recording, and the session that it is fed by, if that is still there; None where the key is unknown,
            somebody else's, or the tab still there.
        """
        with self._lock:
            kept = self._of(key, owner)
            if kept is None or is_open(kept.tab):
                return None
            self._kept[key] = kept = replace(kept, tab=tab)
        return kept.recording, kept.session()

    def _of(self, key: str, owner: str) -> _Kept | None:
        """To be called with the lock held."""
        kept = self._kept.get(key)
        return kept if kept is not None and kept.owner == owner else None
