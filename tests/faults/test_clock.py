"""The time of day set back an hour while somebody records: a real server, its clock set by Debian's libfaketime."""

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from app.store.samples import read_samples
from app.store.sessions import sessions
from tests.helpers.browser import studio
from tests.helpers.visits import recording, store_in

pytestmark = pytest.mark.slow


@pytest.fixture
def library() -> Path:
    """What gives a program another time of day; the monotonic clock stays as it is, as on any real machine."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("libfaketime is not installed; on Debian: apt-get install libfaketime")
    return found[0]


def test_a_clock_set_back_an_hour_changes_no_time_within_a_session(library: Path, tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    environment = {
        "FER_HOME": str(tmp_path / "home"),
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }

    async def visit(url: str) -> None:
        async with recording(url, "Before") as viewer:
            clock.write_text("-3600")
            set_back_at = viewer.recorded()[0]
            await viewer.tab.wait_until(lambda: viewer.recorded()[0] >= set_back_at + 6)
            assert "Saved" in await viewer.stop_recording()
        async with recording(url, "After") as viewer:
            assert "Saved" in await viewer.stop_recording()

    with studio.serve(environment=environment) as server:
        began_s = time.monotonic()
        asyncio.run(visit(server.url))
        took_s = time.monotonic() - began_s

    with store_in(tmp_path / "home") as store:
        kept = {one.participant: one for one in sessions(store)}
        times_s = np.asarray(read_samples(store, kept["Before"].id).time_s)
    assert timedelta(minutes=55) < kept["Before"].started_at - kept["After"].started_at < timedelta(hours=1)
    assert {one.state for one in kept.values()} == {"closed"}
    assert np.diff(times_s).min() > 0
    assert len(times_s) >= 5
    assert 6 < times_s[-1] <= (kept["Before"].duration_s or 0) < took_s
