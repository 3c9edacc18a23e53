"""Marked pages of newcomers are refused while there is no room; all else is answered as ever."""

import json
from collections.abc import Iterator

import pytest
from starlette.middleware import Middleware

from app.analysis.worker import AnalysisQueue
from app.live.viewers import viewers
from app.web import watch
from app.web.newcomers import MARK, Newcomers
from tests.helpers.web_requests import ask, knock, served

MARKED = {MARK: "1", "Accept": "text/html"}


class Room:
    """Whether there is some."""

    def __init__(self) -> None:
        self.is_there = True

    def __call__(self) -> bool:
        return self.is_there


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def port(room: Room) -> Iterator[int]:
    with served([Middleware(Newcomers, room)]) as port:
        yield port


def test_a_newcomer_is_sent_on_while_there_is_no_room(port: int, room: Room):
    assert ask(port, **MARKED).status == 200

    room.is_there = False

    refused = ask(port, "/sessions?id=3", **MARKED)
    assert refused.status == 503
    assert refused.text == "This server is busy. Another one may have room.\n"
    assert refused.headers["cache-control"] == "no-store"
    room.is_there = True
    assert ask(port, **MARKED).status == 200


def test_whoever_is_here_is_answered_whatever_they_ask(port: int, room: Room):
    room.is_there = False

    assert ask(port, Accept="text/html").status == 200
    assert ask(port, method="POST", body=b"x", **MARKED).status == 200
    assert knock(port, X_Fer_Newcomer="1").status == 101


class Tab:
    """Stands for a viewer."""


@pytest.fixture
def one_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server for one viewer."""
    monkeypatch.setenv("FER_MAX_VIEWERS", "1")
    viewers.clear()
    yield
    viewers.clear()


@pytest.mark.usefixtures("one_place")
def test_a_balancer_asks_whether_there_is_room():
    tab, parts = Tab(), watch.Parts(lambda: None, object, AnalysisQueue)  # type: ignore[arg-type, return-value]
    with served(routes=watch.routes(parts)) as port:
        ready = ask(port, "/fer/ready")
        assert (ready.status, json.loads(ready.text)) == (200, {"admits": True})

        assert viewers().enter(tab) == ""
        full = ask(port, "/fer/ready")
        assert (full.status, json.loads(full.text)) == (503, {"admits": False})

        viewers().leave(tab)
        assert ask(port, "/fer/ready").status == 200
