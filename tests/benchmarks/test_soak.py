"""The soak: it sees what rises and what does not come back, and a short one of the real server is flat."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.soak import __main__ as soak
from benchmarks.soak.figures import LEAST_RISE, MORE_AT_REST, Held, Trend

NOTHING = Held(0, 0, 0, 0, 0)


def trend_of(*, per_h: float, noise: float, minutes: int = 10) -> Trend:
    """Of a value that is looked at each two seconds, whose neighbours are alike."""
    at_s = np.arange(0, minutes * 60, 2.0)
    chance = np.random.default_rng(3)
    visits = np.repeat(chance.normal(0, noise, len(at_s) // 10 + 1), 10)[: len(at_s)]
    found = Trend.of(at_s, 100 + per_h * at_s / 3600 + visits, block_s=30)
    assert found is not None
    return found


def test_a_leak_is_seen_through_the_noise_and_noise_is_no_leak():
    leak, noise = trend_of(per_h=120, noise=3), trend_of(per_h=0, noise=3)

    assert leak.per_h[0] == pytest.approx(120, rel=0.25)
    assert leak.per_h[1] < 120 < leak.per_h[2]
    assert not leak.is_flat(LEAST_RISE.threads)
    assert noise.is_flat(LEAST_RISE.threads)


def test_a_sure_rise_that_does_not_matter_is_none():
    assert trend_of(per_h=6, noise=0.001).is_flat(LEAST_RISE.threads)


def test_what_falls_is_flat():
    assert trend_of(per_h=-500, noise=1).is_flat(0.0)


def test_too_short_a_time_says_nothing():
    assert Trend.of([0, 1, 2], [1, 2, 3], block_s=10) is None


def test_what_a_process_holds_is_counted():
    code = (
        "import os, sys, threading, time\n"
        "held = [open(os.devnull) for _ in range(50)], bytearray(os.urandom(1 << 20) * 64)\n"
        "for _ in range(7): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        held, twice = Held.now([child.pid]), Held.now([child.pid, child.pid])
        child.kill()

    assert held.threads == 8
    assert 50 <= held.descriptors < 60
    assert 64 < held.own_mb <= held.resident_mb < 120
    assert held.children == 0
    assert twice.threads == 16


@pytest.mark.parametrize("name", ["threads", "descriptors", "own_mb"])
def test_what_does_not_come_back_at_rest_is_named(name):
    more = replace(NOTHING, **{name: getattr(MORE_AT_REST, name) + 1})

    assert len(soak._more(more, NOTHING)) == 1
    assert soak._more(MORE_AT_REST, NOTHING) == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_minute_of_people_coming_and_going_leaves_the_server_as_it_was(capfd):
    assert soak.main(["--minutes", "0.5", "--viewers", "2"]) == 0, capfd.readouterr().out
