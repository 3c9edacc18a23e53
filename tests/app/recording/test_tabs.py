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
    tabs.keep("before", session, one, KEY, owner="anna")

    kept = tabs.claim(KEY, "after", closed, owner="anna")

    assert kept == (one, session)
    assert not tabs.is_of_another(KEY, "after", owner="anna")
    assert tabs.is_of_another(KEY, "before", owner="anna")


def test_the_rolling_history_goes_with_its_tab(store: Store, made: list[Recording]) -> None:
    tabs, one = RecordingTabs(), begin(store, made)
    tabs.keep("before", LiveSession(make_pipeline), one, KEY, owner="anna")
    gc.collect()

    assert tabs.claim(KEY, "after", closed, owner="anna") == (one, None)


def test_while_the_tab_is_there_nobody_else_gets_it(store: Store, made: list[Recording]) -> None:
    tabs = RecordingTabs()
    tabs.keep("first", LiveSession(make_pipeline), begin(store, made), KEY, owner="anna")

    assert tabs.claim(KEY, "copy", lambda tab: tab == "first", owner="anna") is None
    assert tabs.claim(KEY, "copy", lambda tab: tab != "first", owner="anna") is not None, "once it is gone"
    assert tabs.claim(KEY, "third", lambda tab: tab == "copy", owner="anna") is None, "then it is the next one's"


@pytest.mark.parametrize("key", ["", "recording", "0", "é" * 500])
def test_any_other_key_finds_nothing(store: Store, made: list[Recording], key: str) -> None:
    tabs = RecordingTabs()
    tabs.keep("first", LiveSession(make_pipeline), begin(store, made), KEY, owner="anna")

    assert tabs.claim(key, "other", closed, owner="anna") is None
    assert not tabs.is_of_another(key, "other", owner="anna")


def test_what_is_forgotten_is_not_found(store: Store, made: list[Recording]) -> None:
    tabs = RecordingTabs()
    tabs.keep("first", LiveSession(make_pipeline), begin(store, made), KEY, owner="anna")
    tabs.forget(KEY, owner="anna")
    tabs.forget("never there", owner="anna")

    assert tabs.claim(KEY, "other", closed, owner="anna") is None


def test_old_recordings_that_ended_are_forgotten_and_running_ones_are_not(
    store: Store, made: list[Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    tabs, session = RecordingTabs(), LiveSession(make_pipeline)
    ended, runs = begin(store, made), begin(store, made)
    ended.stop()
    tabs.keep("first", session, ended, "of the ended", owner="anna")
    tabs.keep("second", session, runs, "of the running", owner="anna")
    monkeypatch.setattr(recording_tabs, "KEEP_S", 0.0)
    tabs.keep("third", session, runs, "another", owner="anna")

    assert tabs.claim("of the ended", "after", closed, owner="anna") is None
    assert tabs.claim("of the running", "after", closed, owner="anna") is not None


def test_anothers_key_is_as_unknown_as_one_that_was_never_given(store: Store, made: list[Recording]) -> None:
    tabs, session, one = RecordingTabs(), LiveSession(make_pipeline), begin(store, made)
    tabs.keep("hers", session, one, KEY, owner="anna")

    assert tabs.claim(KEY, "his", closed, owner="ben") is None
    assert not tabs.is_of_another(KEY, "his", owner="ben")
    tabs.forget(KEY, owner="ben")
    assert tabs.claim(KEY, "hers, reloaded", closed, owner="anna") == (one, session)
