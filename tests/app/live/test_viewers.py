"""So many viewers at once; a place is free again when its viewer leaves or vanishes."""

import gc
import threading

import pytest

from app.live.session import LiveSession
from app.live.viewers import Viewers, viewers
from tests.helpers.faces import FakeDetector, fake_pipeline


class Tab:
    """Stands for a viewer."""


def test_the_newcomer_above_the_limit_is_not_let_in():
    there, tabs = Viewers(3), [Tab() for _ in range(5)]

    assert [not there.enter(tab) for tab in tabs] == [True, True, True, False, False]
    assert len(there) == 3


def test_a_viewer_counts_once_however_often_it_enters():
    there, tab = Viewers(1), Tab()

    assert [not there.enter(tab) for _ in range(3)] == [True, True, True]
    assert len(there) == 1


def test_who_leaves_frees_a_place_and_may_leave_twice():
    there, first, second = Viewers(1), Tab(), Tab()
    there.enter(first)

    there.leave(second)
    assert there.enter(second)
    there.leave(first)
    there.leave(first)

    assert not there.enter(second)
    assert there.enter(first)


def test_who_vanishes_frees_a_place():
    there, second = Viewers(1), Tab()
    tab = Tab()
    there.enter(tab)

    del tab
    gc.collect()

    assert len(there) == 0
    assert not there.enter(second)


def test_a_live_session_may_be_the_token():
    there = Viewers(1)
    live = LiveSession(lambda _detector, _model: fake_pipeline(FakeDetector()))

    assert not there.enter(live)
    assert there.enter(Tab())
    live.close()


def test_newcomers_who_come_at_once_do_not_exceed_the_limit():
    there, tabs = Viewers(8), [Tab() for _ in range(32)]
    barrier, answers = threading.Barrier(len(tabs)), []

    def come_and_go(tab: Tab) -> None:
        barrier.wait()
        answers.append(not there.enter(tab))

    threads = [threading.Thread(target=come_and_go, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert answers.count(True) == 8
    assert len(there) == 8


@pytest.mark.parametrize(("limit", "people"), [(1, "1 person is"), (8, "8 people are"), (1200, "1200 people are")])
def test_the_sentence_fits_into_a_closed_websocket(limit, people):
    there, tabs = Viewers(limit), [Tab() for _ in range(limit)]
    for tab in tabs:
        there.enter(tab)

    message = there.refusal(Tab())

    assert message == (
        f"This server is busy: {people} using the live video, and more would slow everybody down. "
        "Try again in a few minutes."
    )
    assert len(message.encode()) <= 123


def test_one_account_has_a_part_of_the_places_and_people_without_accounts_have_all():
    there, tabs = Viewers(9, of_one_user=2), [Tab() for _ in range(7)]

    said = [there.enter(tab, "anna") for tab in tabs[:3]]

    assert said == ["", "", "Your account has 2 live videos open, the most allowed. Stop one first."]
    assert there.enter(tabs[1], "anna") == "", "who is in stays in"
    assert [there.enter(tab, "ben") for tab in tabs[3:4]] == [""]
    assert [there.enter(tab) for tab in tabs[4:]] == ["", "", ""]
    there.leave(tabs[0])
    assert there.refusal(tabs[2], "anna") == ""


@pytest.fixture
def _no_viewers_yet():
    viewers.clear()
    yield
    viewers.clear()


@pytest.mark.usefixtures("_no_viewers_yet")
def test_the_servers_limit_is_that_of_the_environment(monkeypatch):
    monkeypatch.setenv("FER_MAX_VIEWERS", "2")
    tabs = [Tab() for _ in range(3)]

    assert [not viewers().enter(tab) for tab in tabs] == [True, True, False]
    assert viewers() is viewers()


@pytest.mark.usefixtures("_no_viewers_yet")
def test_a_wrong_limit_is_told_and_read_again(monkeypatch):
    monkeypatch.setenv("FER_MAX_VIEWERS", "many")
    with pytest.raises(ValueError, match="FER_MAX_VIEWERS"):
        viewers()

    monkeypatch.setenv("FER_MAX_VIEWERS", "1")
    assert not viewers().enter(Tab())
