"""The live page after the program ended during a recording."""

import socket

import pytest
from sqlalchemy import text

from app import opened_store
from app.opened_store import everybodys_store
from app.store.sessions import recover_sessions, sessions
from tests.helpers.faces import wait_until
from tests.helpers.pages import MAIN, assert_fine, open_page, words
from tests.helpers.recording_page import keys
from tests.helpers.recordings import begin, feed, result

LARGEST_PID = 2**22
"""On Linux; no process has a number above it."""
pytestmark = pytest.mark.usefixtures("calls")


@pytest.fixture(autouse=True)
def _no_other(store):
    opened_store.interrupted.clear()
    yield
    opened_store.interrupted.clear()


@pytest.fixture
def interrupted(store, made) -> int:
    """A session whose program is dead, and a store that is opened for the first time since."""
    one = begin(store, made)
    feed(one, result())
    wait_until(lambda: one.view().samples == 1)
    one.stop()
    with store.write() as connection:
        gone = f"{socket.gethostname()}/{LARGEST_PID + 1}/x"
        connection.execute(text("UPDATE sessions SET state = 'open', owner = :gone"), {"gone": gone})
    everybodys_store.clear()
    return one.session_id


def test_an_interrupted_recording_is_told_and_can_be_opened(interrupted, store):
    page = open_page(MAIN)

    assert_fine(page)
    assert "**First look** of P01: The program stopped during this recording." in words(page)
    assert "1 sample." in words(page)
    page.button(key=f"interrupted_open_{interrupted}").click().run()
    assert page.session_state["session_memory"].opened == interrupted
    assert sessions(store)[0].state == "recovered"
    assert recover_sessions(store) == []


def test_it_can_be_put_away(interrupted):
    page = open_page(MAIN)

    page.button(key=f"interrupted_away_{interrupted}").click().run()

    assert_fine(page)
    assert "The program stopped" not in words(page)
    assert f"interrupted_open_{interrupted}" not in keys(page)


def test_without_one_nothing_is_told():
    assert "The program stopped" not in words(open_page(MAIN))
