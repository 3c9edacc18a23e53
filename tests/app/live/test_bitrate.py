"""The quick counter of bits against aiortc's own, packet by packet."""

import aiortc.rate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.live.bitrate import BitrateCounter, count_bitrates_quickly

AIORTCS = aiortc.rate.RateCounter
WINDOW_MS = 40

packets = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 1500)), max_size=60)


@given(packets)
def test_it_gives_the_same_rates(came: list[tuple[int, int]]) -> None:
    ours, theirs = BitrateCounter(WINDOW_MS), AIORTCS(WINDOW_MS)
    now_ms = 1_000
    for waited_ms, size in came:
        now_ms += waited_ms
        assert ours.rate(now_ms) == theirs.rate(now_ms)
        ours.add(size, now_ms)
        theirs.add(size, now_ms)
        assert ours.rate(now_ms) == theirs.rate(now_ms)


@given(packets)
def test_after_a_reset_it_begins_anew(came: list[tuple[int, int]]) -> None:
    used, new = BitrateCounter(WINDOW_MS), BitrateCounter(WINDOW_MS)
    for waited_ms, size in came:
        used.add(size, waited_ms)
    used.reset()

    for counter in (used, new):
        counter.add(100, 5_000)
    assert used.rate(5_009) == new.rate(5_009) == 8000 * 100 / 10


def test_a_clock_that_was_set_back_ends_nothing() -> None:
    counter = BitrateCounter(WINDOW_MS)
    counter.add(100, 5_000)
    counter.add(100, 4_000)

    assert counter.rate(4_000) is None
    assert counter.rate(5_100) is None


def test_new_videos_are_counted_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aiortc.rate, "RateCounter", AIORTCS)

    count_bitrates_quickly()

    assert isinstance(aiortc.rate.RemoteBitrateEstimator().incoming_bitrate, BitrateCounter)


def test_another_aiortc_without_such_a_counter_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(aiortc.rate, "RateCounter")

    count_bitrates_quickly()

    assert not hasattr(aiortc.rate, "RateCounter")
