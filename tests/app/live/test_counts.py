"""Results are counted in all and over the last seconds."""

import threading

import pytest

from app.live import counts
from app.live.counts import ResultCounter


def test_what_was_long_ago_counts_in_all_but_not_lately(monkeypatch):
    counter, now_s = ResultCounter(), [100.0]
    monkeypatch.setattr("app.live.counts.time.monotonic", lambda: now_s[0])

    for _ in range(50):
        now_s[0] += 0.1
        counter.add()

    assert counter.total == 50
    assert counter.per_second() == pytest.approx(5.0)
    now_s[0] += counts.RECENT_S + 1.1
    assert counter.per_second() == 0.0
    counter.add()
    assert counter.total == 51
    assert counter.per_second() == pytest.approx(0.1)


def test_threads_lose_no_result():
    counter = ResultCounter()

    def add_many() -> None:
        for _ in range(500):
            counter.add()

    threads = [threading.Thread(target=add_many) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert counter.total == 4000
