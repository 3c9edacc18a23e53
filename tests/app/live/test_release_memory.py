"""Memory goes back once, however many videos end."""

import threading
import time
import weakref

import pytest

from app.live import release_memory as tidy


@pytest.fixture
def collections(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When memory was given back."""
    times: list[float] = []
    monkeypatch.setattr(tidy, "AFTER_S", 1.0)
    monkeypatch.setattr(tidy, "give_memory_back", lambda: times.append(time.monotonic()))
    return times


def test_videos_that_end_together_cost_one_collection(collections):
    before = threading.active_count()
    for _ in range(10):
        tidy.give_memory_back_soon()
    ended_s = time.monotonic()
    pending = tidy._pending
    assert pending is not None
    pending.join(10)
    assert len(collections) == 1
    assert collections[0] - ended_s >= 0.5
    assert threading.active_count() <= before + 1


def test_a_later_video_is_given_its_own(collections):
    for count in (1, 2):
        tidy.give_memory_back_soon()
        pending = tidy._pending
        assert pending is not None
        pending.join(10)
        assert len(collections) == count


def test_giving_memory_back_frees_what_refers_to_itself():
    class Connection:
        def __init__(self) -> None:
            self.itself = self

    gone = weakref.ref(Connection())

    tidy.give_memory_back()

    assert gone() is None
