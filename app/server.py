"""What lives as long as the server does: stores, queues, recording keys, running children. Imports no Streamlit.

`st.cache_resource` is no place for these. Any browser may send Streamlit the message `clear_cache`, which empties it
for everybody. A module's globals are no place either where Streamlit watches files: it imports changed modules anew.
So they are kept in a module that has no file, which nobody clears or imports again.
"""

import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final, Generic, TypeVar, cast

T = TypeVar("T")
_HOLDER: Final = "fer_studio_server"


class ServerResource(Generic[T]):
    """A function without arguments that runs once; later calls get its first answer. Thread-safe.

    Threads that call it for the first time together wait for one of them. After an error the next call tries again.
    """

    def __init__(self, make: Callable[[], T], name: str) -> None:
        """Use `for_server`."""
        self._make, self._name = make, name
        self.__doc__ = make.__doc__

    def __call__(self) -> T:
        """What `make` gave at the first call."""
        return kept(self._name, self._make)

    def so_far(self) -> T | None:
        """What `make` gave; None while nobody has asked for it, and while it is being made."""
        return cast("T | None", _held().get(self._name))

    def clear(self) -> None:
        """Forget it, so that the next call makes it anew. Tests need this; the server never does it."""
        _held().pop(self._name, None)


def for_server(make: Callable[[], T]) -> ServerResource[T]:
    """Decorate a function that makes something that lives as long as the server."""
    return ServerResource(make, f"{make.__module__}.{make.__qualname__}")


def kept(name: str, make: Callable[[], T]) -> T:
    """The server's object of that name, made at the first call.

    Args:
        name: unique in the program.
        make: called while only this name is locked, so it may ask for other ones.
    """
    held = _held()
    if name not in held:
        with _lock_of(name):
            if name not in held:
                held[name] = make()
            return cast(T, held[name])
    return cast(T, held[name])


def _holder() -> ModuleType:
    # `setdefault` of a dictionary is one step for all threads.
    return sys.modules.setdefault(_HOLDER, ModuleType(_HOLDER))


def _held() -> dict[str, Any]:
    values: dict[str, Any] = _holder().__dict__.setdefault("held", {})
    return values


def _lock_of(name: str) -> threading.RLock:
    locks: dict[str, threading.RLock] = _holder().__dict__.setdefault("locks", {})
    return locks.setdefault(name, threading.RLock())
