"""Two replicas behind nginx with its real configuration: a newcomer comes to the one with room; who is there stays."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from benchmarks import scene
from benchmarks.encoded_clip import EncodedClip, encode
from benchmarks.headless_viewer import HeadlessViewer, watch
from benchmarks.signed_in import REPLICA_COOKIE, newcomer, replica_of, sign_in
from benchmarks.streamlit_tab import Way
from tests.helpers.faces import wait_until
from tests.helpers.stack import PASSPHRASE, Stack, stack

pytestmark = pytest.mark.slow

NEWCOMERS = 24
"""nginx draws a replica for each: that all draw the same one by chance happens once in eight million times."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Each replica has a place for one viewer."""
    with stack(tmp_path_factory.mktemp("stack"), "localhost", {"FER_MAX_VIEWERS": "1"}) as one:
        yield one


@pytest.fixture(scope="module")
def trusted(running: Stack) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=running.certificate)


@pytest.fixture(scope="module")
def signed_in(running: Stack, trusted: ssl.SSLContext) -> str:
    return sign_in(running.url, PASSPHRASE, trusted)


def admits(running: Stack, letter: str) -> bool:
    """What the replica itself answers to a balancer."""
    try:
        with urlopen(f"{running.replicas[letter].url}/fer/ready", timeout=20) as answer:
            return bool(json.load(answer)["admits"])
    except HTTPError as error:
        if error.code == 503:
            return False
        raise


@contextmanager
def watching(running: Stack, trusted: ssl.SSLContext, cookies: str) -> Iterator[HeadlessViewer]:
    """A viewer who hears results, in an event loop of its own on another thread."""
    clip = EncodedClip("drawn", encode(scene.frames(width=320, height=240, count=40)))
    loop = asyncio.new_event_loop()
    entered: list[HeadlessViewer] = []
    over = asyncio.Event()

    async def view() -> None:
        way = Way(cookies, trusted)
        async with asyncio.timeout(250), watch(running.url, clip, per_s=10, delay_s=0, way=way) as viewer:
            entered.append(viewer)
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(view()), daemon=True)
    thread.start()
    wait_until(lambda: bool(entered and entered[0].heard.rows), timeout_s=120)
    try:
        yield entered[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


def arrivals(running: Stack, trusted: ssl.SSLContext, signed_in: str) -> list[str]:
    """Where newcomers are sent."""
    return [replica_of(newcomer(running.url, signed_in, trusted)) for _ in range(NEWCOMERS)]


def test_a_newcomer_comes_to_the_replica_with_room_and_who_watches_stays(running, trusted, signed_in):
    assert set(arrivals(running, trusted, signed_in)) == {"a", "b"}, "both have room, and both are drawn"
    at_a, at_b = (f"{signed_in}; {REPLICA_COOKIE}={letter}" for letter in ("a", "b"))

    with watching(running, trusted, at_a) as first:
        wait_until(lambda: not admits(running, "a"), timeout_s=30)
        assert admits(running, "b")
        assert set(arrivals(running, trusted, signed_in)) == {"b"}
        assert replica_of(newcomer(running.url, f"{signed_in}; {REPLICA_COOKIE}=gone", trusted)) == "b"

        before = len(first.heard.rows)
        assert replica_of(newcomer(running.url, at_a, trusted)) == "a", "a new page of theirs is there, too"
        wait_until(lambda: len(first.heard.rows) > before + 3, timeout_s=30)

        with watching(running, trusted, at_b):
            wait_until(lambda: not admits(running, "b"), timeout_s=30)
            found = arrivals(running, trusted, signed_in)
            assert set(found) == {"a", "b"}, "where all are full, everybody is answered where they were drawn"

    wait_until(lambda: admits(running, "a") and admits(running, "b"), timeout_s=60)
