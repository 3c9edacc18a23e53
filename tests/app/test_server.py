"""What lives as long as the server: made once, kept through cleared caches and modules that are imported again."""

import asyncio
import gc
import importlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache

from app import state
from app.access import current
from app.analysis.jobs import AnalysisJob, AnalysisRequest, InputFile
from app.live import pipelines as analysis
from app.live.pipelines import make_pipeline
from app.live.session import LiveSession
from app.opened_store import everybodys_store
from app.process_folder import forget_abandoned
from app.recording.recording import Recording
from app.server import ServerResource, for_server, kept
from app.store.database import Store
from app.training import child_jobs as training_jobs
from fer_core.files.video_writer import VideoWriter
from tests.helpers.faces import wait_until
from tests.helpers.pages import MAIN, page_of, run
from tests.helpers.recordings import begin, feed, result


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name that no other test keeps anything by."""
    return str(request.node.nodeid)


@pytest.fixture
def tab() -> Iterator[AppSession]:
    """Streamlit's session of a browser tab, without the browser."""
    session = new_tab()
    yield session
    session.shutdown()


def new_tab() -> AppSession:
    async def make() -> AppSession:
        return AppSession(ScriptData(str(MAIN), False), MemoryUploadedFileManager("/"), ScriptCache(), None, {})

    return asyncio.run(make())


def clear_by_message(tab: AppSession) -> None:
    """What Streamlit does when a browser sends `clear_cache`."""
    tab.handle_backmsg(BackMsg(clear_cache=True))
    gc.collect()


def clear_by_call(tab: AppSession) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
    gc.collect()


def test_it_is_made_once_however_many_threads_ask(name):
    made, found = [], []
    barrier = threading.Barrier(8)

    def make() -> object:
        time.sleep(0.05)
        made.append(object())
        return made[-1]

    def ask() -> None:
        barrier.wait()
        found.append(kept(name, make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 1
    assert found == made * 8


def test_after_an_error_it_is_tried_again(name):
    def fail() -> None:
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        kept(name, fail)

    assert kept(name, lambda: 3) == 3


def test_one_may_ask_for_another_while_it_is_made(name):
    assert kept(name, lambda: kept(f"{name} inner", lambda: 5)) == 5


def test_none_is_an_answer_too(name):
    calls: list[int] = []

    @for_server
    def once() -> None:
        calls.append(1)

    once()
    once()
    assert len(calls) == 1
    once.clear()
    once()
    assert len(calls) == 2


@pytest.mark.parametrize("clear", [clear_by_message, clear_by_call])
def test_a_cleared_cache_leaves_recordings_and_analyses_alone(
    clear, tab: AppSession, store: Store, made: list[Recording], tmp_path: Path, astronaut_bgr: np.ndarray
) -> None:
    state.analysis_folder.clear()  # each test has a home of its own
    with VideoWriter(tmp_path / "film.mp4") as writer:
        for i in range(40):
            writer.write(np.roll(astronaut_bgr, i, axis=1), i / 10)
    folder, queue, tabs = state.analysis_folder(), state.analysis_queue(), state.recording_tabs()
    job = AnalysisJob(AnalysisRequest((InputFile(tmp_path / "film.mp4", "film"),)), folder.new_folder())
    path = folder.path
    del folder
    recording, live = begin(store, made), LiveSession(make_pipeline)
    tabs.keep("a tab", live, recording, "its key", owner="anna")
    queue.submit(job)
    wait_until(lambda: job.view().state == "running")

    clear(tab)
    forget_abandoned(path.parent)  # what another server's start does

    assert job.view().state == "running", "it was cleared while the analysis ran"
    assert state.analysis_folder().path == path
    assert state.analysis_queue() is queue
    assert current.store() is store
    feed(recording, result())
    found = state.recording_tabs().claim("its key", "the tab after a reload", lambda _: False, owner="anna")
    assert found == (recording, live)
    wait_until(lambda: job.view().state == "done", timeout_s=60)
    assert [file.sentence for file in job.view().files] == [""]
    assert job.csv.is_file()
    recording.stop()
    assert recording.view().ended


def test_the_tab_that_cleared_the_cache_keeps_its_own_work(
    tab: AppSession, calls: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "_this_session", lambda: tab)
    page = run(page_of(MAIN))
    keys = ("live_session", "recording_memory", "history_view")
    before = {key: page.session_state[key] for key in keys}

    for key in keys:
        del page.session_state[key]
    run(page)

    assert {key: page.session_state[key] for key in keys} == before
    page.session_state["live_session"].close()


def test_a_tabs_memory_goes_with_the_tab(monkeypatch: pytest.MonkeyPatch) -> None:
    session = new_tab()
    sessions = [session]
    monkeypatch.setattr(state, "_this_session", lambda: sessions[0])
    state._remember("thing", 7)
    assert state._recall("thing") == 7
    before = len(state._memories())
    session.shutdown()

    del session
    sessions.clear()
    wait_until(lambda: bool(gc.collect() or len(state._memories()) < before))


@pytest.mark.parametrize(
    ("module", "names"), [(training_jobs, ("_lock", "_began", "_failures")), (analysis, ("_lock", "_models"))]
)
def test_a_module_that_is_imported_again_finds_its_children_and_models(module, names, monkeypatch):
    before = {name: getattr(module, name) for name in names}
    monkeypatch.delitem(sys.modules, module.__name__)
    monkeypatch.delitem(sys.modules, "app.server")

    again = importlib.import_module(module.__name__)

    assert again is not module
    assert all(getattr(again, name) is value for name, value in before.items())
    package, _, name = module.__name__.rpartition(".")
    monkeypatch.setattr(sys.modules[package], name, module)
    monkeypatch.setattr(sys.modules["app"], "server", sys.modules["app.server"])


def test_no_state_of_the_server_is_left_in_streamlits_cache():
    """What is left there may go at any time: settings of the environment, and components' renderers."""
    for resource in (
        everybodys_store,
        state.recording_tabs,
        state.analysis_queue,
        state.analysis_folder,
        state.forget_abandoned_analyses,
    ):
        assert isinstance(resource, ServerResource)
