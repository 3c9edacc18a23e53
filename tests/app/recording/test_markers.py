"""Markers of a recording: stored as they are pressed, and closed with it."""

import threading
from dataclasses import replace

import pytest

from app.recording.markers import SessionMarkers
from app.store.database import Store
from app.store.errors import StoreError
from app.store.records import Marker
from app.store.session_parts import delete_marker, markers
from tests.helpers.faces import wait_until
from tests.helpers.recordings import begin


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
    wait_until(lambda: one.view().seconds > 0.02)

    one.stop()

    assert {marker.kind for marker in markers(store, one.session_id)} == {"task_start", "task_end", "exclude"}


def test_the_end_may_lie_before_now_and_nothing_is_marked_after_it(store: Store, marking):
    mine, clock, session_id = marking
    clock.ms = 1000
    mine.start_task("Film")
    mine.start_range()
    clock.ms = 22_000
    mine.keep_open_range()

    mine.close(2000)

    assert without_ids(markers(store, session_id))[1:] == [
        Marker(1000, "exclude", "", 2000),
        Marker(2000, "task_end", "Film"),
    ]
    with pytest.raises(StoreError, match="has ended"):
        mine.note("too late")


def test_what_began_after_the_end_ends_where_it_began(store: Store, marking):
    mine, clock, session_id = marking
    clock.ms = 5000
    mine.start_task("Film")

    mine.close(2000)

    assert {marker.time_ms for marker in markers(store, session_id)} == {5000}
    assert mine.last_ms == 5000


def test_tasks_begun_at_once_end_once_each(store: Store, marking):
    mine, _, session_id = marking
    threads = [threading.Thread(target=mine.start_task, args=(f"T{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    mine.close()

    found = markers(store, session_id)
    for kind in ("task_start", "task_end"):
        assert sorted(marker.text for marker in found if marker.kind == kind) == [f"T{i}" for i in range(8)]


def test_a_range_that_was_deleted_elsewhere_is_open_no_more(store: Store, marking):
    mine, clock, session_id = marking
    mine.start_range()
    delete_marker(store, markers(store, session_id)[0].id)
    clock.ms = 5000

    mine.keep_open_range()

    assert mine.view(5).open_range is None
    assert mine.view(5).newest == ()
