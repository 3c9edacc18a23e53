"""Fixtures of the pages' tests."""

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.testing.v1 import AppTest

from app import streaming
from app.access import audit, current
from app.live import session as live_session
from app.live.session import LiveSession
from app.opened_store import everybodys_store
from app.recording import recording
from app.recording.recording import Recording
from app.store.database import Store
from app.store.records import Marker
from app.store.session_parts import add_marker
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.live_sessions import Factory, FakePipeline
from tests.helpers.pages import MAIN, open_page, session_of
from tests.helpers.recording_page import recording_of, see
from tests.helpers.session_pages import SAD_THEN_HAPPY
from tests.helpers.store_builders import make_participant, make_session


@pytest.fixture(autouse=True, scope="session")
def _packages_looked_through_once() -> Iterator[None]:
    """Every new AppTest reads the metadata of all installed packages, to find components: half of a page's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def _each_place_drawn_once() -> Iterator[None]:
    """No run of a page may put a second block where it has put one already.

    Streamlit merges what waits to be sent to the browser by its place, and what belongs into the second block may then
    come before it: "Bad delta path index", and the page is blank until it is loaded again. That needs a busy machine.
    """
    this_run: object = None
    drawn: set[tuple[int, ...]] = set()
    twice: list[tuple[int, ...]] = []

    def look(message: ForwardMsg) -> None:
        nonlocal this_run
        if not message.HasField("delta") or message.delta.WhichOneof("type") != "add_block":
            return
        if message.delta.add_block.HasField("dialog"):  # sent again, without what is in it, to open and close it
            return
        context = get_script_run_ctx()
        if context is not None and context.cursors is not this_run:  # each run begins with new ones
            this_run = context.cursors
            drawn.clear()
        place = tuple(message.metadata.delta_path)
        twice.extend([place] if place in drawn else [])
        drawn.add(place)

    ForwardMsgQueue.on_before_enqueue_msg(look)
    yield
    ForwardMsgQueue.on_before_enqueue_msg(None)
    assert twice == [], "places of the page (root, index in it, ...) drawn twice in a run"


@pytest.fixture(autouse=True)
def _nothing_noted_before() -> None:
    """What a test notes without a store waits for the next one that is opened: another test's."""
    noted = audit._log()
    with noted._changed:
        noted._waiting.clear()
        assert noted._changed.wait_for(lambda: not noted._is_writing, 30)
        noted._waiting.clear()  # what could not be written waits again


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The store that a page opens, in this test's own home: a SQLite file."""
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    everybodys_store.clear()
    opened = current.store()
    yield opened
    opened.close()
    everybodys_store.clear()


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures and results stay new for a minute: a run of the live page takes a second, and more beside other work."""
    for name in ("STALE_S", "RECENT_S", "FRAMES_LOST_S"):
        monkeypatch.setattr(live_session, name, 60.0)
    monkeypatch.setattr(recording, "FRAMES_LOST_S", 60.0)


@pytest.fixture
def made(store: Store) -> Iterator[list[Recording]]:
    """The recordings that a test begins; ended with it."""
    made: list[Recording] = []
    yield made
    for one in made:
        one.stop()


@pytest.fixture
def film(store: Store) -> int:
    """A session that is sad for ten seconds and then happy for ten, with two tasks."""
    number = make_session(store, make_participant(store), SAD_THEN_HAPPY)
    for at_ms, kind, text in (
        (0, "task_start", "first"),
        (9000, "task_end", "first"),
        (11_000, "task_start", "second"),
        (19_000, "task_end", "second"),
        (5000, "note", "the door"),
    ):
        add_marker(store, number, Marker(at_ms, kind, text))  # type: ignore[arg-type]
    return number


@pytest.fixture
def pipeline() -> FakePipeline:
    """What a live session under test asks."""
    return FakePipeline()


@pytest.fixture
def factory(pipeline: FakePipeline) -> Factory:
    """What builds it, and notes how."""
    return Factory(pipeline)


@pytest.fixture
def session(factory: Factory, pipeline: FakePipeline, monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveSession]:
    """A live session without a page, ended with the test."""
    # As fast as the tests like; the pace has a test of its own.
    monkeypatch.setattr(live_session, "MAX_RESULTS_PER_S", 1000.0)
    monkeypatch.setattr(live_session, "RETRY_S", 0.05)
    # So that a worker which ends, ends because it was told to.
    monkeypatch.setattr(live_session, "IDLE_S", 60.0)
    session = LiveSession(factory)
    yield session
    pipeline.gate.set()
    session.close()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the page asked of the camera's door, which plays at once."""
    calls: list[dict[str, Any]] = []

    def open_stream(**wanted: Any) -> bool:
        calls.append(wanted)
        return True

    monkeypatch.setattr(streaming, "open_stream", open_stream)
    return calls


@pytest.fixture
def page(calls: list[dict[str, Any]]) -> Iterator[AppTest]:
    """The app, run once."""
    page = open_page(MAIN)
    yield page
    session_of(page).close()


@pytest.fixture
def page_with_pictures(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The live page with a camera that gives pictures."""
    monkeypatch.setattr(streaming, "open_stream", lambda **_: True)
    page = open_page(MAIN)
    see(page)
    yield page
    if "recording_memory" in page.session_state and recording_of(page):
        recording_of(page).stop()


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A model of the user's own named "mine"."""
    monkeypatch.setenv("FER_HOME", str(tmp_path))
    folder = tmp_path / "models" / "mine"
    folder.mkdir(parents=True)
    for name in ("model.tflite", "model.keras", "card.json"):
        shutil.copy(SHIPPED_MODELS / "default" / name, folder)
    return folder
