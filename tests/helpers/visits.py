"""Visits to the real app without a browser, each with a drawn face as its camera."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache
from pathlib import Path

from app.store.database import Store, open_store
from benchmarks import scene
from benchmarks.encoded_clip import EncodedClip, encode
from benchmarks.headless_viewer import HeadlessViewer, watch

PATIENCE_S = 90.0


@cache
def clip() -> EncodedClip:
    """A smiling face that drifts through a small picture."""
    return EncodedClip("drawn", encode(scene.frames(width=320, height=240, count=80)))


@asynccontextmanager
async def watching(url: str) -> AsyncIterator[HeadlessViewer]:
    """A viewer who has seen a labelled face."""
    async with watch(url, clip(), per_s=20, delay_s=0) as viewer:
        async with asyncio.timeout(PATIENCE_S):
            while not any(has_face for *_, has_face in viewer.heard.rows):
                await asyncio.sleep(0.05)
        yield viewer


@asynccontextmanager
async def recording(url: str, participant: str, *, samples: int = 5) -> AsyncIterator[HeadlessViewer]:
    """One whose recording runs and has so many samples stored."""
    async with watching(url) as viewer:
        await viewer.record(participant)
        await viewer.tab.wait_until(lambda: viewer.recorded()[1] >= samples, PATIENCE_S)
        yield viewer


async def until(is_so: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
    """Wait until something is so that others change.

    Raises:
        TimeoutError: it did not come to be.
    """
    async with asyncio.timeout(timeout_s):
        while not is_so():
            await asyncio.sleep(0.1)


@contextmanager
def store_in(home: Path) -> Iterator[Store]:
    """The store of a server whose FER_HOME is that folder."""
    with contextlib.closing(open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")) as store:
        yield store
