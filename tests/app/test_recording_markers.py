"""Markers of a recording: stored as they are pressed, and closed with it."""

import time
from dataclasses import replace

import pytest

from app.recording_markers import SessionMarkers
from app.store.database import Store
from app.store.records import Marker
from app.store.session_parts import markers
from tests.app.recordings import begin


class Clock:
    """Milliseconds that the test sets."""

    def __init__(self) -> None:
        self.ms = 0

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def marking(store: Store, made) -> tuple[SessionMarkers, Clock, int]:
    clock = Clock()
    session_id = begin(store, made).session_id
    return SessionMarkers(store, session_id, clock), clock, session_id


def without_ids(found: list[Marker]) -> list[Marker]:
    return [replace(marker, id=0) for marker in found]


def test_markers_are_stored_when_they_are_pressed(store: Store, marking):
    mine, clock, session_id = marking
    clock.ms = 1000
    mine.note(" the door ")
    clock.ms = 2000
    mine.start_task("Film")
    assert mine.task == "Film"
    clock.ms = 3000
    mine.start_task("")

    assert without_ids(markers(store, session_id)) == [
        Marker(1000, "note", "the door"),
        Marker(2000, "task_start", "Film"),
        Marker(3000, "task_end", "Film"),
        Marker(3000, "task_start", "Task 2"),
    ]
    assert [marker.text for marker in mine.newest(2)] == ["Task 2", "Film"]


def test_a_range_grows_while_it_is_open(store: Store, marking):
    mine, clock, session_id = marking
    clock.ms = 500
    mine.start_range()
    clock.ms = 4000
    mine.keep_open_range()
    assert without_ids(markers(store, session_id)) == [Marker(500, "exclude", "", 4000)]
    assert mine.open_range is not None
    clock.ms = 4200

    mine.end_range()

    assert without_ids(markers(store, session_id)) == [Marker(500, "exclude", "", 4200)]
    assert mine.open_range is None


def test_the_end_closes_what_is_open(store: Store, made):
    one = begin(store, made)
    one.markers.start_task("Film")
    one.markers.start_range()
    time.sleep(0.05)

    one.stop()

    assert {marker.kind for marker in markers(store, one.session_id)} == {"task_start", "task_end", "exclude"}
