"""Viewers are served in the order in which they came, whatever happens to one of them."""

import importlib
import sys
import threading
from collections import Counter
from functools import partial

import pytest

from app.live import analysis_slots as module
from app.live.analysis_slots import AnalysisSlots, analysis_slots
from tests.helpers.faces import wait_until

VIEWERS = 12


class LeftError(Exception):
    """Somebody left."""


def served_in_turn(slots: AnalysisSlots, rounds: int) -> list[int]:
    """Which of `VIEWERS` viewers, who ask again at once, were served, in order, until `rounds` turns were had.

    A turn ends when everybody else stands in line: that is how slow work is, without a clock.
    """
    served: list[int] = []
    counted, ready = threading.Lock(), threading.Barrier(VIEWERS)

    def view(viewer: int) -> None:
        ready.wait()
        while True:
            with slots.turn():
                with counted:
                    if len(served) >= rounds:
                        return
                    served.append(viewer)
                wait_until(lambda: slots.waiting == VIEWERS - 1 or len(served) >= rounds)

    threads = [threading.Thread(target=view, args=(viewer,)) for viewer in range(VIEWERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return served


def test_on_a_full_machine_all_viewers_get_the_same_share():
    served = served_in_turn(AnalysisSlots(1), rounds=VIEWERS * 20)

    assert set(Counter(served).values()) == {20}
    assert served == served[:VIEWERS] * 20


def in_line(
    slots: AnalysisSlots, names: list[str], fails: str = "", failed: list[str] | None = None
) -> tuple[list[threading.Thread], list[str]]:
    """Threads that stand in line in this order, and the names of those who had their turn."""
    served: list[str] = []

    def work(name: str) -> None:
        try:
            with slots.turn():
                served.append(name)
                if name == fails:
                    raise LeftError
        except LeftError:
            assert failed is not None
            failed.append(name)

    def stands(place: int) -> bool:
        return slots.waiting == place

    threads, before = [], slots.waiting
    for place, name in enumerate(names, before + 1):
        threads.append(threading.Thread(target=work, args=(name,)))
        threads[-1].start()
        wait_until(partial(stands, place))
    return threads, served


def test_first_come_first_served():
    slots = AnalysisSlots(1)
    names = [f"viewer {i}" for i in range(8)]

    with slots.turn():
        threads, served = in_line(slots, names)
        assert served == []
    for thread in threads:
        thread.join(10)

    assert served == names
    assert slots.waiting == 0


def test_a_slot_comes_back_after_an_error():
    slots = AnalysisSlots(1)

    with slots.turn():
        failed: list[str] = []
        threads, served = in_line(slots, ["a", "b", "c"], fails="b", failed=failed)
    for thread in threads:
        thread.join(10)

    assert (served, failed) == (["a", "b", "c"], ["b"])
    with pytest.raises(LeftError), slots.turn():
        raise LeftError
    with slots.turn():
        pass


class _Interrupted(threading.Event):
    """An event at which a waiting thread is interrupted, as by Ctrl-C."""

    def wait(self, timeout: float | None = None) -> bool:
        raise LeftError


class _InterruptedAsCalled(threading.Event):
    """The same in the moment when the slot was already handed over."""

    def wait(self, timeout: float | None = None) -> bool:
        super().wait(timeout)
        raise LeftError


@pytest.mark.parametrize("event", [_Interrupted, _InterruptedAsCalled])
def test_who_leaves_the_line_leaves_no_gap(event, monkeypatch):
    slots, left = AnalysisSlots(1), threading.Event()

    def wait_in_vain() -> None:
        with pytest.raises(LeftError), slots.turn():
            pass
        left.set()

    with slots.turn():
        with monkeypatch.context() as patch:
            thread = threading.Thread(target=wait_in_vain)
            patch.setattr(module, "Event", event)
            thread.start()
            wait_until(left.is_set if event is _Interrupted else lambda: slots.waiting == 1)
        threads, served = in_line(slots, ["next"])
    for waiting in (thread, *threads):
        waiting.join(10)

    assert served == ["next"]
    assert slots.waiting == 0
    with slots.turn():
        pass


def test_two_slots_serve_two_at_once():
    slots = AnalysisSlots(2)

    with slots.turn(), slots.turn():
        threads, served = in_line(slots, ["third"])
        assert served == []
    threads[0].join(10)
    assert served == ["third"]


def test_no_slot_at_all_is_refused():
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        AnalysisSlots(0)


def test_the_servers_slots_outlive_a_module_that_is_imported_again(monkeypatch):
    before = analysis_slots()
    monkeypatch.delitem(sys.modules, module.__name__)

    again = importlib.import_module(module.__name__)
    monkeypatch.setattr(sys.modules["app.live"], "analysis_slots", module)

    assert again is not module
    assert again.analysis_slots() is before


def test_turns_are_counted_with_their_wait_and_their_length():
    slots, lasts_s = AnalysisSlots(1), 0.05
    before, served = slots.turns, threading.Event()

    def work() -> None:
        with slots.turn():
            if not served.is_set():
                served.set()
                wait_until(lambda: slots.waiting == 2)
            threading.Event().wait(lasts_s)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    after = slots.turns
    assert (before.count, after.count) == (0, 3)
    assert after.lasted_s >= 3 * lasts_s
    assert after.waited_s >= 2 * lasts_s, "the second waited for the first, and the third for both"
