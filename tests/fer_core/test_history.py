"""The rolling window: bounded, thinned, and shared between threads."""

import threading

import pytest

from fer_core.history import EmotionHistory
from fer_core.results import FrameResult
from tests.helpers.faces import make_result, wait_until


def filled(history: EmotionHistory, times_s: list[float]) -> list[float]:
    for at_s in times_s:
        history.add(make_result(at_s=at_s))
    return [result.captured_at_s for result in history.snapshot()]


def test_a_new_history_is_empty():
    history = EmotionHistory()

    assert history.snapshot() == ()
    assert len(history) == 0


def test_results_come_back_oldest_first_and_as_they_are():
    history = EmotionHistory()
    results = [make_result(at_s=float(i)) for i in range(3)]
    for result in results:
        history.add(result)

    assert all(kept is given for kept, given in zip(history.snapshot(), results, strict=True))


def test_what_is_older_than_the_window_goes():
    times_s = filled(EmotionHistory(window_s=10, min_interval_s=1), [float(i) for i in range(100)])

    assert times_s == [float(i) for i in range(89, 100)]


def test_after_a_long_pause_only_the_new_result_is_left():
    assert filled(EmotionHistory(window_s=10), [0.0, 1.0, 2.0, 500.0]) == [500.0]


@pytest.mark.parametrize("rate_per_s", [5, 9, 10, 11, 11.1, 20, 60, 240])
def test_whatever_the_rate_the_whole_window_is_kept_in_few_results(rate_per_s):
    history = EmotionHistory(window_s=30, min_interval_s=0.1)

    times_s = filled(history, [i / rate_per_s for i in range(int(70 * rate_per_s))])

    assert times_s[-1] - times_s[0] == pytest.approx(30, abs=0.3)
    assert len(history) <= 30 / 0.09 + 2


def test_results_too_close_to_the_last_kept_one_are_left_out():
    assert filled(EmotionHistory(min_interval_s=0.1), [0.0, 0.05, 0.08, 0.1, 0.15, 0.21]) == [0.0, 0.1, 0.21]


def test_a_ten_hertz_source_that_jitters_is_kept_whole():
    times_s = [0.1 * i + (0.004 if i % 2 else 0.0) for i in range(50)]

    assert filled(EmotionHistory(min_interval_s=0.1), times_s) == times_s


def test_a_snapshot_can_start_later():
    history = EmotionHistory()
    filled(history, [0.0, 1.0, 2.0, 3.0])

    assert [result.captured_at_s for result in history.snapshot(since_s=1.5)] == [2.0, 3.0]
    assert len(history.snapshot(since_s=2.0)) == 2
    assert history.snapshot(since_s=99) == ()


def test_a_snapshot_does_not_change_any_more():
    history = EmotionHistory()
    filled(history, [0.0, 1.0])
    before = history.snapshot()

    filled(history, [2.0])
    history.clear()

    assert [result.captured_at_s for result in before] == [0.0, 1.0]


def test_a_cleared_history_starts_again_even_at_an_earlier_time():
    history = EmotionHistory()
    filled(history, [100.0, 101.0])

    history.clear()

    assert len(history) == 0
    assert filled(history, [5.0]) == [5.0]


def test_readers_never_see_a_half_written_window():
    history = EmotionHistory(window_s=20, min_interval_s=0.1)
    done = threading.Event()
    problems: list[str] = []
    reads = [0] * 4

    def read(reader: int) -> None:
        while not done.is_set():
            times_s = [result.captured_at_s for result in history.snapshot()]
            reads[reader] += 1
            if times_s != sorted(times_s) or (times_s and times_s[-1] - times_s[0] > 20):
                problems.append(f"{times_s[:3]} … {times_s[-3:]}")

    readers = [threading.Thread(target=read, args=(i,)) for i in range(len(reads))]
    for thread in readers:
        thread.start()
    for i in range(4000):
        history.add(FrameResult(i * 0.1, (640, 480)))
    wait_until(lambda: all(reads))
    done.set()
    for thread in readers:
        thread.join()

    assert problems == []
    assert len(history) == 201
