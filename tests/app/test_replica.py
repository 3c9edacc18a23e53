"""A server tells the store how it stands, and a store that does not answer delays nothing."""

import logging
import threading
from collections.abc import Callable

import pytest

from app import replica
from app.live.admission import Verdict
from app.live.load import Standing
from app.replica import own_row, told
from app.store.database import Store
from app.store.errors import StoreError
from app.store.owners import this_process
from app.store.replicas import replicas
from fer_core import __version__
from tests.helpers.faces import wait_until

STANDING = Standing(
    viewers=2,
    limit=12,
    measured=2,
    rate_min=14.0,
    rate_median=15.0,
    wait_s=0.01,
    cores=0.4,
    cores_per_viewer=0.2,
    next_rate=15.0,
    verdict=Verdict.OPEN,
)


@pytest.fixture
def whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Everybody's store; a server tells it all the time."""
    monkeypatch.setattr(replica, "TELL_EACH_S", 0.02)
    return store.everybodys


def test_the_row_is_what_the_server_gives_and_names_its_process():
    row = own_row(STANDING)

    assert (row.name, row.version, row.verdict) == (this_process(), __version__, "open")
    assert (row.viewers, row.most_viewers, row.rate_min, row.wait_s) == (2, 12, 14.0, 0.01)
    assert row.at.tzinfo is not None


def test_a_server_is_there_while_it_runs_and_gone_when_it_ends(whole: Store):
    with told(lambda: whole, lambda: STANDING):
        wait_until(lambda: len(replicas(whole)) == 1)
        first = replicas(whole)[0].at
        wait_until(lambda: replicas(whole)[0].at > first)

    assert replicas(whole) == []


def test_a_store_that_nobody_has_opened_yet_is_waited_for(whole: Store, monkeypatch: pytest.MonkeyPatch):
    answers: list[Store | None] = [None, whole]
    asked = threading.Event()

    def opened() -> Store | None:
        asked.set()
        return answers.pop(0) if len(answers) > 1 else answers[0]

    with told(opened, lambda: STANDING):
        assert asked.wait(10)
        wait_until(lambda: len(replicas(whole)) == 1)


def failing_once(whole: Store, error: Exception) -> Callable[[], Store]:
    errors = [error, error]

    def opened() -> Store:
        if errors:
            raise errors.pop()
        return whole

    return opened


@pytest.mark.parametrize(
    ("error", "words"), [(StoreError("no server answers"), "no server answers"), (ZeroDivisionError(), "could not be")]
)
def test_what_goes_wrong_is_logged_and_tried_again(
    whole: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
):
    with caplog.at_level(logging.WARNING), told(failing_once(whole, error), lambda: STANDING):
        wait_until(lambda: len(replicas(whole)) == 1)

    said = [record.getMessage() for record in caplog.records if record.name == replica.__name__]
    assert words in said[0]
    assert len(said) == (1 if isinstance(error, StoreError) else 2), "a store's words are logged once"
