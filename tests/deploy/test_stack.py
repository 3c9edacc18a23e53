"""The deployment as plain processes on loopback: nginx with its real configuration, two replicas, PostgreSQL, coturn.

One browser signs in, watches, and records. The replica that it is at is killed, and the recording goes on at the other.
"""

import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.store.database import open_store
from app.store.samples import read_samples
from app.store.sessions import sessions
from benchmarks import scene
from benchmarks.signed_in import REPLICA_COOKIE
from tests.helpers.browser import studio
from tests.helpers.stack import PASSPHRASE, stack

pytestmark = [pytest.mark.browser, pytest.mark.video]

HOST = "fer.test"


def replica_of(page: Page) -> str:
    """The letter of the replica that this browser is sent to."""
    return next(str(one.get("value")) for one in page.context.cookies() if one.get("name") == REPLICA_COOKIE)


def send_to(page: Page, letter: str) -> None:
    """Have nginx send this browser to another replica."""
    page.context.add_cookies([{"name": REPLICA_COOKIE, "value": letter, "domain": HOST, "path": "/", "secure": True}])


def samples_recorded(page: Page) -> int:
    """What the page says is stored."""
    found = re.search(r"· (\d+) sample", page.locator(".fer-rec").inner_text())
    return int(found[1]) if found else 0


def wait_for_samples(page: Page, count: int) -> None:
    """Until the page says that so many are stored."""
    deadline = time.monotonic() + studio.PATIENCE_S
    while samples_recorded(page) < count:
        assert time.monotonic() < deadline, page.locator(".fer-rec").inner_text()
        page.wait_for_timeout(200)


def test_a_recording_survives_its_replica(tmp_path: Path) -> None:
    camera = studio.frames_as_camera(scene.frames(width=640, height=480, count=120), tmp_path / "happy.mjpeg")
    flags = ("--ignore-certificate-errors", f"--host-resolver-rules=MAP {HOST} 127.0.0.1")
    with (
        stack(tmp_path, HOST, {"FER_ICE_POLICY": "relay"}) as running,
        studio.chromium(camera=camera, flags=flags) as browser,
    ):
        page = studio.new_tab(browser, allow=True)
        page.goto(running.url)
        page.get_by_label("Passphrase").fill(PASSPHRASE)
        page.get_by_role("button", name="Sign in").click()
        studio.press_start(page)
        studio.wait_until_playing(page)
        page.locator(".fer-now").filter(has_text=re.compile("Happy")).first.wait_for()
        page.get_by_role("button", name="Record", exact=True).click()
        name = page.get_by_role("dialog").get_by_role("combobox").first
        name.fill("P07")
        name.press("Enter")
        page.get_by_role("button", name="I agree").click()
        page.locator(".fer-rec").wait_for()
        wait_for_samples(page, 8)
        begun_at = replica_of(page)
        other = "b" if begun_at == "a" else "a"

        # The other replica knows the sign-in, and the session while it is being recorded.
        reader = page.context.new_page()
        send_to(reader, other)
        reader.goto(f"{running.url}/sessions")
        reader.get_by_text("P07").first.wait_for()
        reader.close()
        send_to(page, begun_at)

        stored = samples_recorded(page)
        running.replicas[begun_at].process.send_signal(signal.SIGKILL)
        killed_at = datetime.now(UTC)
        page.get_by_text("The server that began this recording has stopped").wait_for()
        assert replica_of(page) == other
        page.get_by_text("If it has stopped, press Start").wait_for()
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_samples(page, 8)
        page.get_by_role("button", name="Stop recording").click()
        page.get_by_text(re.compile(r"Saved: \d+:\d+, \d+ samples")).wait_for()

        store = open_store(running.database)
        (kept,) = sessions(store)
        samples = read_samples(store, kept.id)
        store.close()
    assert (kept.participant, kept.state) == ("P07", "closed")
    at = [kept.started_at + timedelta(seconds=float(time_s)) for time_s in samples.time_s]
    before = [moment for moment in at if moment < killed_at]
    lost = killed_at - before[-1]
    print(f"{len(before)} samples before the end of replica {begun_at}, {len(at) - len(before)} after; {lost} lost")
    assert len(before) >= stored
    assert len(at) - len(before) >= 8, "it went on"
    # Two seconds by design; the rest is for results that a busy machine is late with.
    assert lost < timedelta(seconds=4)
    assert not {*samples.face[: len(before)].tolist()} & {*samples.face[len(before) :].tolist()}, "other numbers"
