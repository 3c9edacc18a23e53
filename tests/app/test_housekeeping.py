"""What a server does from time to time: the dead ones' recordings closed, old ones deleted, and no error ends it."""

import logging
import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.housekeeping import TIDY_EACH_S, Housekeeping
from app.recording.interrupted import Interrupted
from app.store import tables
from app.store.database import Store
from app.store.errors import StoreError
from app.store.privacy import set_retention_days
from app.store.sessions import sessions, start_session
from tests.helpers.store_builders import make_participant, make_session, new_session


@pytest.fixture
def interrupted() -> Interrupted:
    return Interrupted()


@pytest.fixture
def keeper(store: Store, interrupted: Interrupted) -> Housekeeping:
    return Housekeeping(lambda: store, lambda: interrupted)


def test_a_recording_whose_server_died_is_closed_and_told_of(
    store: Store, keeper: Housekeeping, interrupted: Interrupted
):
    video = {"video_file": "half.mp4", "video_consent_at": datetime.now(UTC)}
    number = start_session(store, new_session(make_participant(store), **video))
    gone = f"{os.uname().nodename}/{os.getpid()}/an-earlier-life"
    with store.write() as connection:
        connection.execute(update(tables.sessions).filter_by(id=number).values(owner=gone))

    keeper.round(0.0)

    (one,) = sessions(store)
    assert (one.state, one.video_file) == ("recovered", None), "its video held no picture"
    assert interrupted.ids() == (number,)


def test_retention_is_kept_by_a_server_that_is_never_stopped(store: Store, keeper: Housekeeping, monkeypatch):
    make_session(store, make_participant(store), started_at=datetime.now(UTC) - timedelta(days=9))
    set_retention_days(store, 7)
    started_s = keeper._tidied_s

    keeper.round(started_s + 1)
    assert len(sessions(store)) == 1
    keeper.round(started_s + TIDY_EACH_S + 0.001)  # the difference of two floats may be less than what was added

    assert sessions(store) == []


def test_a_store_that_does_not_answer_is_logged_once_and_tried_again(store: Store, caplog: pytest.LogCaptureFixture):
    answers: list[Store | StoreError] = [StoreError("no server"), StoreError("no server"), store]

    def opened() -> Store:
        answer = answers.pop(0)
        if isinstance(answer, StoreError):
            raise answer
        return answer

    keeper = Housekeeping(opened, Interrupted)
    with caplog.at_level(logging.WARNING):
        for second in range(3):
            keeper.round(float(second))

    assert answers == []
    assert [record.getMessage() for record in caplog.records] == ["Housekeeping waits: no server"]
