"""Whose recording it is: the tab's that has it, or the one's that comes back with its key."""

import gc

import pytest

from app.live.pipelines import make_pipeline
from app.live.session import LiveSession
from app.recording import tabs as recording_tabs
from app.recording.recording import Recording
from app.recording.tabs import RecordingTabs
from app.store.database import Store
from tests.helpers.recordings import begin

KEY = "any text"


def closed(_: str) -> bool:
    return False


def test_a_tab_that_comes_back_gets_its_recording_and_session(store: Store, made: list[Recording]) -> None:
    tabs, session = RecordingTabs(), LiveSession(make_pipeline)
    one = begin(store, made)
    tabs.keep("before", session, one, KEY)

    kept = tabs.claim(KEY, "after", closed)

    assert kept == (one, session)
    assert not tabs.is_of_another(KEY, "after")
    assert tabs.is_of_another(KEY, "before")


def test_the_rolling_history_goes_with_its_tab(store: Store, made: list[Recording]) -> None:
    tabs, one = RecordingTabs(), begin(store, made)
    tabs.keep("before", LiveSession(make_pipeline), one, KEY)
    gc.collect()

    assert tabs.claim(KEY, "after", closed) == (one, None)


def test_while_the_tab_is_there_nobody_else_gets_it(store: Store, made: list[Recording]) -> None:
    tabs = RecordingTabs()
    tabs.keep("first", LiveSession(make_pipeline), begin(store, made), KEY)

    assert tabs.claim(KEY, "copy", lambda tab: tab == "first") is None
    assert tabs.claim(KEY, "copy", lambda tab: tab != "first") is not None, "once it is gone"
    assert tabs.claim(KEY, "third", lambda tab: tab == "copy") is None, "then it is the next one's"


@pytest.mark.parametrize("key", ["", "recording", "0", "é" * 500])
def test_any_other_key_finds_nothing(store: Store, made: list[Recording], key: str) -> None:
    tabs = RecordingTabs()
    tabs.keep("first", LiveSession(make_pipeline), begin(store, made), KEY)

    assert tabs.claim(key, "other", closed) is None
    assert not tabs.is_of_another(key, "other")


def test_what_is_forgotten_is_not_found(store: Store, made: list[Recording]) -> None:
    tabs = RecordingTabs()
    tabs.keep("first", LiveSession(make_pipeline), begin(store, made), KEY)
    tabs.forget(KEY)
    tabs.forget("never there")

    assert tabs.claim(KEY, "other", closed) is None


def test_old_recordings_that_ended_are_forgotten_and_running_ones_are_not(
    store: Store, made: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs, session = RecordingTabs(), LiveSession(make_pipeline)
    ended, runs = begin(store, made), begin(store, made)
    ended.stop()
    tabs.keep("first", session, ended, "of the ended")
    tabs.keep("second", session, runs, "of the running")
    monkeypatch.setattr(recording_tabs, "KEEP_S", 0.0)
    tabs.keep("third", session, runs, "another")

    assert tabs.claim("of the ended", "after", closed) is None
    assert tabs.claim("of the running", "after", closed) is not None
