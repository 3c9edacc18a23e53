"""Sessions of other processes: closed when they are dead, whatever the clocks say, and left alone while they live."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from app.store import tables
from app.store.database import Store
from app.store.lookout import CONFIRM_S, Lookout
from app.store.owners import SILENT
from app.store.samples import add_samples
from app.store.sessions import session, start_session
from tests.helpers.store_builders import make_participant, new_session, rows

ELSEWHERE = "another-host/7/abc"
HOUR = timedelta(hours=1)


@pytest.fixture
def number(store: Store) -> int:
    """A session with eleven samples that a process of another machine records."""
    started = start_session(store, new_session(make_participant(store)))
    add_samples(store, started, rows(count=11))
    say(store, started, owner=ELSEWHERE)
    return started


def say(store: Store, number: int, **values: object) -> None:
    with store.write() as connection:
        connection.execute(update(tables.sessions).filter_by(id=number).values(values))


@pytest.mark.parametrize("ahead", [HOUR, timedelta(), -HOUR])
def test_one_that_is_recorded_stays_open_whatever_time_its_machine_has(store: Store, number: int, ahead: timedelta):
    lookout = Lookout(store)
    for second in range(0, 200, 5):
        say(store, number, alive_at=datetime.now(UTC) + ahead + timedelta(seconds=second))
        assert lookout.look(second) == []

    assert session(store, number).state == "open"


@pytest.mark.parametrize("ahead", [HOUR, timedelta()])
def test_one_that_stands_still_for_a_minute_is_closed_at_its_last_sample(store: Store, number: int, ahead: timedelta):
    say(store, number, alive_at=datetime.now(UTC) + ahead)
    lookout = Lookout(store)

    assert lookout.look(0) == lookout.look(SILENT.total_seconds() - 1) == []
    assert lookout.look(SILENT.total_seconds()) == [number]

    assert (session(store, number).state, session(store, number).duration_s) == ("recovered", 2.0)
    assert lookout.look(1000) == []


def test_a_database_that_was_away_for_long_has_nobody_declared_dead(store: Store, number: int):
    say(store, number, alive_at=datetime.now(UTC) - HOUR)
    lookout = Lookout(store)
    assert lookout.look(0) == []
    say(store, number, alive_at=datetime.now(UTC) - HOUR + timedelta(seconds=1))  # it has spoken again

    assert lookout.look(CONFIRM_S) == []


def test_one_of_a_process_here_that_is_gone_is_closed_at_once(store: Store, number: int):
    say(store, number, owner=f"{os.uname().nodename}/{os.getpid()}/an-earlier-life", alive_at=datetime.now(UTC))

    assert Lookout(store).look(0) == [number]


def test_this_processs_own_are_its_own_business(store: Store):
    own = start_session(store, new_session(make_participant(store)))
    lookout = Lookout(store)

    assert lookout.look(0) == lookout.look(1000) == []
    assert session(store, own).state == "open"
