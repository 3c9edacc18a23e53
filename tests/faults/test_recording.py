"""What ends or disturbs a recording on a real server, and what of it is kept.

docs/deploy.md has the table of all such faults; those that need a browser stand in tests/browser.
"""

import asyncio
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from app.recording.recording import GRACE_S
from app.store.database import Store, open_store
from app.store.samples import read_samples
from app.store.sessions import sessions
from benchmarks.streamlit_tab import open_tab
from tests.helpers.bad_network import far_viewer
from tests.helpers.browser import studio
from tests.helpers.postgresql import postgresql
from tests.helpers.visits import PATIENCE_S, recording, store_in, until

pytestmark = pytest.mark.slow


def times_of(store: Store, number: int) -> np.ndarray:
    """When each sample was taken, in seconds since the session's start."""
    return np.asarray(read_samples(store, number).time_s)


def test_a_lost_camera_and_a_closed_tab_keep_what_was_recorded(tmp_path: Path) -> None:
    """Both at once, as each is closed only after the time in which it might come back."""

    async def visit(url: str) -> dict[str, datetime]:
        lost: dict[str, datetime] = {}
        async with recording(url, "Camera lost") as first:
            async with recording(url, "Tab closed"):
                lost["Tab closed"] = datetime.now(UTC)
            first.track.stop()
            lost["Camera lost"] = datetime.now(UTC)
            with store_in(tmp_path) as store:
                await first.tab.wait_for_words("No video came from the camera", timeout_s=GRACE_S + 60)
                await until(lambda: all(one.state == "closed" for one in sessions(store)))
        return lost

    with studio.serve(environment={"FER_HOME": str(tmp_path)}) as server:
        lost = asyncio.run(visit(server.url))

    with store_in(tmp_path) as store:
        kept = {one.participant: one for one in sessions(store)}
        assert set(kept) == set(lost)
        for name, at in lost.items():
            one = kept[name]
            last = one.started_at + timedelta(seconds=float(times_of(store, one.id)[-1]))
            assert at - last < timedelta(seconds=2), f"{name}: what came before is kept"
            assert one.ended_at is not None
            assert one.ended_at - at < timedelta(seconds=3), f"{name}: it ends where the pictures ended"


def test_a_bad_network_and_a_cut_one_cost_a_recording_what_was_not_seen(tmp_path: Path) -> None:
    """5 % of the packets lost in each direction, and 200 ms more there and back; then nothing at all for 10 s."""

    async def visit(url: str) -> tuple[float, float]:
        async with far_viewer(url, loss=0.05, delay_s=0.1) as (viewer, network):
            await viewer.record("P01")
            await viewer.tab.wait_until(lambda: viewer.recorded()[0] >= 12, PATIENCE_S)
            assert network.lost > 0.02 * network.carried > 0, "the video goes through it"
            cut_s = float(viewer.recorded()[0])
            network.cut()
            await asyncio.sleep(10)
            network.mend()
            stored = viewer.recorded()[1]
            await viewer.tab.wait_until(lambda: viewer.recorded()[1] >= stored + 20, PATIENCE_S)
            assert "Saved" in await viewer.stop_recording()
            assert viewer.tab.exceptions == []
            return cut_s, float(np.median(viewer.figures(0, float("inf")).lags_ms))

    with studio.serve(environment={"FER_HOME": str(tmp_path)}) as server:
        cut_s, lag_ms = asyncio.run(visit(server.url))

    with store_in(tmp_path) as store:
        (one,) = sessions(store)
        times_s = times_of(store, one.id)
    assert one.state == "closed", "one session, which went on by itself"
    before = times_s[times_s < cut_s]
    gaps_s = np.diff(times_s)
    print(f"{len(before) / cut_s:.1f} samples/s before the cut, lag {lag_ms:.0f} ms, longest gap {gaps_s.max():.1f} s")
    assert len(before) > cut_s, "five a second were asked for, and the machine may be busy"
    # WebRTC's receiver waits for 128 packets in vain, once or twice: of this small video, five seconds each time.
    assert 9 < gaps_s.max() < GRACE_S + 5, "the cut is a gap"
    assert times_s[-1] > cut_s + gaps_s.max(), "then it goes on"


def test_a_database_that_stops_and_comes_back_costs_a_recording_nothing(tmp_path: Path) -> None:
    """And a page that cannot be read says one sentence, and comes back by itself."""

    async def visit(url: str, database) -> tuple[int, list[str]]:
        async with recording(url, "P01", samples=10) as viewer, open_tab(url, "sessions") as reader:
            await reader.wait_for_words("P01")
            await asyncio.to_thread(database.stop)  # the video is sent from this loop
            stopped_at = viewer.recorded()[0]
            await reader.rerun()
            await reader.wait_for_words("no server answers there")
            said = [text for text in reader.said if "answers there" in text]
            await viewer.tab.wait_for_words("no server answers there")
            await viewer.tab.wait_until(lambda: viewer.recorded()[0] >= stopped_at + 6)
            await asyncio.to_thread(database.start)
            await reader.wait_for_words("P01")  # nobody has pressed anything
            await viewer.tab.wait_until(lambda: viewer.recorded()[0] >= stopped_at + 10)
            assert "Saved" in await viewer.stop_recording()
            return stopped_at, said

    with postgresql() as database, database.database() as url:
        environment = {"FER_HOME": str(tmp_path), "DATABASE_URL": url}
        with studio.serve(environment=environment) as server:
            stopped_s, said = asyncio.run(visit(server.url, database))
        store = open_store(url)
        (one,) = sessions(store)
        times_s = times_of(store, one.id)
        store.close()
    assert len(said) == 1
    assert one.state == "closed"
    during = times_s[(times_s > stopped_s) & (times_s < stopped_s + 6)]
    assert len(during) > 20, "five a second, the database there or not"
    assert np.diff(times_s).max() < 1.0


def test_two_servers_on_one_home_leave_each_others_recordings_alone(tmp_path: Path) -> None:
    """Until one is killed: then the other closes what that one left."""
    environment = {"FER_HOME": str(tmp_path)}

    async def visit(first: studio.Server, second: studio.Server) -> datetime:
        async with recording(first.url, "P01"), recording(second.url, "P02") as viewer:
            await viewer.tab.wait_until(lambda: viewer.recorded()[0] >= 6)  # both have looked out for dead ones
            with store_in(tmp_path) as store:
                assert [one.state for one in sessions(store)] == ["open", "open"]
            assert "Saved" in await viewer.stop_recording()
            first.process.send_signal(signal.SIGKILL)
            return datetime.now(UTC)

    with studio.serve(environment=environment) as first, studio.serve(environment=environment) as second:
        killed_at = asyncio.run(visit(first, second))
        first.process.wait(10)  # else its number is still there, as if it lived
        with store_in(tmp_path) as store:
            asyncio.run(until(lambda: {one.state for one in sessions(store)} == {"closed", "recovered"}))
            kept = {one.participant: one for one in sessions(store)}
            assert kept["P01"].ended_at is not None
            assert killed_at - kept["P01"].ended_at < timedelta(seconds=3)
            assert all(np.diff(times_of(store, one.id)).max() < 1.0 for one in kept.values())
