"""What servers say of themselves: one row each, read by all, gone when its server is."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.store.database import Store
from app.store.owners import this_process
from app.store.replicas import KEPT, Replica, forget, replicas, tell


@pytest.fixture
def whole(store: Store) -> Store:
    """Everybody's, once of each kind."""
    return store.everybodys


@pytest.fixture
def row() -> Replica:
    """Written just now: pytest reads this file long before it runs its tests, and old rows are deleted."""
    return Replica(
        name="replica-a/1/0123456789ab",
        at=datetime.now(UTC).replace(microsecond=0),
        version="0.2.0",
        viewers=3,
        most_viewers=12,
        measured=3,
        cores_per_viewer=0.25,
        rate_min=14.5,
        rate_median=15.5,
        wait_s=0.125,
        verdict="open",
    )


def test_a_server_has_one_row_however_often_it_writes(whole: Store, row: Replica):
    tell(whole, replace(row, viewers=1))
    tell(whole, replace(row, name="replica-b/1/0123456789ab", verdict="cost"))
    tell(whole, row)

    first, second = replicas(whole)
    assert first == row
    assert (second.name, second.verdict) == ("replica-b/1/0123456789ab", "cost")


def test_rows_of_servers_that_fell_silent_are_deleted_by_the_others(whole: Store, row: Replica):
    old = replace(row, name="replica-c/1/0123456789ab", at=row.at - KEPT)
    tell(whole, old)

    tell(whole, row)

    assert [one.name for one in replicas(whole)] == [row.name]


def test_a_server_of_this_machine_that_has_ended_is_not_shown(whole: Store, row: Replica):
    gone = replace(row, name=f"{os.uname().nodename}/{os.getpid()}/an-earlier-life")
    tell(whole, gone)
    tell(whole, replace(row, name=this_process()))

    assert [one.name for one in replicas(whole)] == [this_process()]


def test_a_row_is_forgotten_when_its_server_ends(whole: Store, row: Replica):
    tell(whole, row)
    tell(whole, replace(row, name="other/1/2"))

    forget(whole, row.name)

    assert [one.name for one in replicas(whole)] == ["other/1/2"]
