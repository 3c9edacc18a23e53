"""A live page that is loaded again while it records."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from app import state
from app.store.sessions import sessions
from tests.helpers.faces import wait_until
from tests.helpers.pages import MAIN, open_page, page_of, run, words
from tests.helpers.recording_page import agree, keys, listener_of, recording_of, see

pytestmark = pytest.mark.usefixtures("unhurried")


@pytest.fixture
def page(page_with_pictures: AppTest) -> AppTest:
    return page_with_pictures


@pytest.fixture
def reload(page, monkeypatch) -> Callable[[], AppTest]:
    """Opens the page's address in a tab of another name, as a browser does that reloads it; AppTest has no tabs."""
    tabs: list[str] = []
    monkeypatch.setattr(state, "tab_id", lambda: f"tab {len(tabs)}")
    monkeypatch.setattr(state, "is_tab_open", lambda _: False)

    def reload() -> AppTest:
        tabs.append("")
        again = page_of(MAIN)
        again.query_params.update(page.query_params)
        return run(again)

    return reload


def test_a_reloaded_tab_goes_on_with_its_recording_its_session_and_its_settings(page, reload, store):
    agree(page)
    live, recorded = page.session_state["live_session"], recording_of(page)
    live.settings = replace(live.settings, mirror=False, exact=True)

    again = reload()

    assert recording_of(again) is recorded
    assert again.session_state["live_session"] is live
    assert again.toggle(key="exact").value
    assert not live.settings.mirror
    assert "Recording 0:0" in words(again)
    see(again)
    wait_until(lambda: recorded.view().samples == 1)
    again.button(key="record_stop").click().run()
    assert "Saved: 0:0" in words(again)
    assert [kept.state for kept in sessions(store)] == ["closed"]


def test_a_reloaded_tab_still_says_what_became_of_its_recording(page, reload):
    agree(page)
    page.button(key="record_stop").click().run()

    assert "Saved: 0:0" in words(reload())


def test_an_address_that_was_copied_takes_no_recording_away(page, reload, monkeypatch):
    agree(page)
    monkeypatch.setattr(state, "is_tab_open", lambda tab: tab == "tab 0")

    copy = reload()

    assert copy.session_state["recording_memory"].recording is None
    assert "record_start" in keys(copy)
    assert listener_of(page) is recording_of(page)
    monkeypatch.setattr(state, "is_tab_open", lambda _: False)
    run(copy)
    assert recording_of(copy) is recording_of(page), "when the tab before is gone, it is the copy's"


def test_a_tab_with_a_camera_of_its_own_keeps_its_own_session(page, reload):
    agree(page)
    other = open_page(MAIN)
    see(other)
    other.query_params.update(page.query_params)
    run(other)

    assert other.session_state["recording_memory"].recording is None


def test_the_address_names_the_recording_until_it_is_put_away(page, reload):
    assert not page.query_params
    agree(page)
    key = page.query_params["recording"]
    page.button(key="record_stop").click().run()
    assert page.query_params["recording"] == key
    page.button(key="record_delete").click().run()
    page.button(key="record_delete_sure").click().run()

    assert "recording" not in page.query_params
    page.query_params["recording"] = key
    again = reload()
    assert again.session_state["recording_memory"].recording is None
    assert "recording" not in again.query_params
