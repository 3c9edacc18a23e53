"""What one viewer's browser is told as it happens, by a key that nobody can guess. Imports no Streamlit."""

import asyncio
import secrets
import threading
import weakref
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from app.server import kept

Message = dict[str, Any]
PATH: Final = "fer/results/"
OWNER_KEY: Final = "fer.owner"
"""Where a request's ASGI scope says who asks: the owner of what its user stores."""
Source = Callable[[], Callable[[], Message] | None]
"""A reference such as `weakref.WeakMethod`: gives None once what it refers to is gone."""
Stills = Callable[[], Callable[[np.ndarray | None], None] | None]
"""Likewise, to what takes a still picture, uint8 (height, width, 3), BGR, or None when no more will come."""


class ResultsChannel:
    """From a live session's threads to the sockets of its page. Thread-safe.

    Nothing queues: a socket that is behind gets the newest result alone.
    """

    def __init__(self, *, status: Source, history: Source, stills: Stills = lambda: None) -> None:
        """Make it findable by its key, for as long as somebody holds it.

        Args:
            status: refers to what gives the newest status; called on the server's event loop, so it must be quick.
            history: refers to what gives what was before, for a socket that is new.
            stills: refers to what takes the pictures that the page sends where no video connects.
        """
        self.key = secrets.token_urlsafe(24)
        self.owner = ""
        """Of the user whose page this is; nobody else finds it. Set before the page learns the key."""
        self._status, self._history, self._stills = status, history, stills
        self.in_flight = threading.Lock()
        """Held while a still picture of the page is being taken: there is one at a time."""
        self.still_at_s = float("-inf")
        """When the last one came, in seconds of the monotonic clock."""
        self._lock = threading.Lock()
        self._listeners: set[ChannelListener] = set()
        _channels()[self.key] = self

    @property
    def path(self) -> str:
        """Where the browser finds it, below the page's address."""
        return PATH + self.key

    def status(self) -> Message | None:
        """The newest status; None once the session is gone."""
        give = self._status()
        return None if give is None else give()

    def history(self) -> Message | None:
        """What was before; None once the session is gone."""
        give = self._history()
        return None if give is None else give()

    def take_still(self, frame_bgr: np.ndarray | None) -> bool:
        """Hand over a still picture, or that no more will come; False once the session is gone.

        Args:
            frame_bgr: uint8 (height, width, 3), BGR; None when no more will come.
        """
        take = self._stills()
        if take is not None:
            take(frame_bgr)
        return take is not None

    @property
    def listeners(self) -> int:
        """How many listen."""
        return len(self._listeners)

    def publish(self, make: Callable[[], Message]) -> None:
        """Tell all listeners; the message is only made where there is one."""
        with self._lock:
            listeners = list(self._listeners)
        if not listeners:
            return
        message = make()
        for listener in listeners:
            listener.offer(message)

    def changed(self) -> None:
        """Have all listeners be told the newest status now."""
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener.offer(None)

    def listen(self) -> "ChannelListener":
        """A listener of the running event loop; to be closed."""
        listener = ChannelListener(asyncio.get_running_loop(), self._forget)
        with self._lock:
            self._listeners.add(listener)
        return listener

    def _forget(self, listener: "ChannelListener") -> None:
        with self._lock:
            self._listeners.discard(listener)


class ChannelListener:
    """One socket's end: the newest message, and a bell on its event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, forget: Callable[["ChannelListener"], None]) -> None:
        """Use `ResultsChannel.listen`."""
        self._loop, self._forget = loop, forget
        self._rung = asyncio.Event()
        self._message: Message | None = None

    def offer(self, message: Message | None) -> None:
        """From any thread: put a message in the place of the one before, or only ring with None."""
        try:
            self._loop.call_soon_threadsafe(self._take, message)
        except RuntimeError:  # the server ends
            self.close()

    async def next(self, timeout_s: float) -> Message | None:
        """The newest message that was not given yet; None at a ring without one, or after so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return None
        self._rung.clear()
        message, self._message = self._message, None
        return message

    def close(self) -> None:
        """Hear no more."""
        self._forget(self)

    def _take(self, message: Message | None) -> None:
        self._message = message if message is not None else self._message
        self._rung.set()


def channel_of(key: str, owner: str) -> ResultsChannel | None:
    """The channel of that key, while its session lives, for the owner whose page it is."""
    channel = _channels().get(key)
    return channel if channel is not None and channel.owner == owner else None


def _channels() -> "weakref.WeakValueDictionary[str, ResultsChannel]":
    return kept(f"{__name__}.channels", weakref.WeakValueDictionary)
