"""The lag of results to a browser: how clocks are put together, and what is counted."""

import json

import pytest

from benchmarks.results_channel.__main__ import Clock, lags_ms
from benchmarks.results_channel.sender import WAYS, message


def test_the_quickest_ping_tells_how_the_clocks_differ():
    pings = [(0.0, 40.0, 1000.0), (100.0, 102.0, 1101.5), (200.0, 230.0, 1203.0)]

    clock = Clock.from_pings(pings)

    assert clock.ahead_ms == pytest.approx(1000.5)
    assert clock.error_ms == pytest.approx(1)


def test_a_lag_is_from_the_hand_over_on_one_clock_to_the_hearing_on_the_other():
    heard = [("socket", 0, 1010.0, 15.0), ("channel", 0, 1020.0, 32.0), ("socket", 1, 1070.0, 71.0)]

    assert lags_ms(heard, "socket", Clock(1000, 0.5)) == pytest.approx([5, 1])
    assert lags_ms(heard, "channel", Clock(1000, 0.5)) == pytest.approx([12])


def test_both_ways_carry_the_same_message_as_long_as_a_real_one():
    texts = [message(way, 7, 123456.789) for way in WAYS]

    assert [json.loads(text)["way"] for text in texts] == list(WAYS)
    assert all(500 < len(text) < 700 for text in texts)
    assert all(json.loads(text)["sent"] == 123456.789 for text in texts)
