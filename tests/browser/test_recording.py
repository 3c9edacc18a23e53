"""Recording for real: a clip as the camera through the live page into the store, and what a killed server leaves."""

import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page

from app.store.database import Store, open_store
from app.store.records import Session
from app.store.samples import read_samples
from app.store.session_parts import markers
from app.store.sessions import sessions
from tests.helpers.browser import studio

pytestmark = [pytest.mark.browser, pytest.mark.video]


@contextmanager
def store_in(home: Path) -> Iterator[Store]:
    """The store of a server whose FER_HOME is that folder."""
    store = open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")
    try:
        yield store
    finally:
        store.close()


def fill_in_consent(page: Page, name: str) -> None:
    """Everything but the agreement."""
    page.get_by_role("button", name="Record", exact=True).click()
    field = page.get_by_role("dialog").get_by_role("combobox").first
    field.fill(name)
    field.press("Enter")


def agree(page: Page) -> None:
    """Press the button, until the recording runs."""
    page.get_by_role("button", name="I agree").click()
    page.locator(".fer-rec").wait_for()


def wait_for_label(page: Page, wanted: str) -> None:
    """Until the sidebar names an expression."""
    page.locator(".fer-now").filter(has_text=re.compile(wanted)).first.wait_for()


def name_every_answer(page: Page) -> None:
    """No answer is too unsure for a label: the network often is of a sad face, and this is about what is recorded."""
    slider = page.get_by_role("slider", name=re.compile("unsure"))
    studio.click_until(page.get_by_text("Settings", exact=True), slider)
    slider.focus()
    slider.press("Home")
    page.get_by_text("Settings", exact=True).click()


def seconds_recorded(page: Page) -> int:
    """What the page says."""
    found = re.search(r"Recording (\d+):(\d+)", page.locator(".fer-rec").inner_text())
    assert found is not None
    return int(found[1]) * 60 + int(found[2])


def samples_recorded(page: Page) -> int:
    """What the page says is stored."""
    found = re.search(r"· (\d+) sample", page.locator(".fer-rec").inner_text())
    assert found is not None
    return int(found[1])


def wait_until_recorded(page: Page, *, seconds: int = 0, samples: int = 0) -> None:
    """Until so much is recorded."""
    deadline = time.monotonic() + studio.PATIENCE_S
    while seconds_recorded(page) < seconds or samples_recorded(page) < samples:
        assert time.monotonic() < deadline, page.locator(".fer-rec").inner_text()
        page.wait_for_timeout(200)


def test_sad_then_happy_is_recorded_as_it_happened(sad_then_happy_camera: Path, tmp_path: Path) -> None:
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=sad_then_happy_camera) as browser,
    ):
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        page.evaluate("document.querySelector('iframe[title*=webrtc_streamer]').dataset.same = 'yes'")
        wait_for_label(page, "Happy")  # see test_a_killed_server_loses_two_seconds_at_most
        name_every_answer(page)
        fill_in_consent(page, "P01")
        wait_for_label(page, "Happy")
        wait_for_label(page, "Sad")  # the clip has begun anew: seconds before the smile
        agree(page)
        wait_until_recorded(page, samples=1)
        page.keyboard.press("n")
        page.get_by_text(re.compile(r"0:\d\d note")).first.wait_for()
        wait_for_label(page, "Happy")
        wait_until_recorded(page, seconds=seconds_recorded(page) + 3)
        shown = studio.frames_shown(page)
        page.get_by_role("button", name="Stop recording").click()
        page.get_by_text(re.compile(r"Saved: \d+:\d+, \d+ samples")).wait_for()
        assert page.locator("iframe[title*=webrtc_streamer]").get_attribute("data-same") == "yes"
        assert studio.frames_shown(page) >= shown, "the video was not started anew"
        with store_in(tmp_path) as store:
            (kept,) = sessions(store)
            samples, marked = read_samples(store, kept.id), markers(store, kept.id)
    assert (kept.participant, kept.state, kept.source, kept.video_file) == ("P01", "closed", "live", None)
    assert [marker.kind for marker in marked] == ["note"]
    assert len(set(samples.face.tolist())) == 1
    length_s = float(samples.time_s[-1])
    first = Counter(samples.label[(samples.time_s < length_s / 3)].tolist())
    last = Counter(samples.label[samples.time_s > length_s * 2 / 3].tolist())
    named = first.total() - first[None]
    assert sum(first[label] for label in ("sad", "fear", "angry", "neutral")) > 0.5 * named > 0, first
    assert last["happy"] > 0.6 * (last.total() - last[None]) > 0, last
    assert np.isnan(samples.corrected).all(), "no neutral face was measured"


def test_a_killed_server_loses_two_seconds_at_most(happy_camera: Path, tmp_path: Path) -> None:
    with studio.chromium(camera=happy_camera) as browser:
        with studio.serve(environment={"FER_HOME": str(tmp_path)}) as server:
            _, page = studio.open_page(browser, server.url)
            studio.press_start(page)
            studio.wait_until_playing(page)
            wait_for_label(page, "Happy")  # while it connects, the stream asks for runs of the page that swallow clicks
            fill_in_consent(page, "P02")
            agree(page)
            wait_until_recorded(page, seconds=4, samples=8)
            stored = samples_recorded(page)
            server.process.send_signal(signal.SIGKILL)
            killed_at = datetime.now(UTC)
            server.process.wait(20)
        # The tab goes with its server: it would load itself again once the next one answers, and cross what follows.
        page.goto("about:blank")
        with store_in(tmp_path) as store:
            assert [kept.state for kept in sessions(store)] == ["open"]
        with studio.serve(environment={"FER_HOME": str(tmp_path)}, port=urlsplit(server.url).port):
            page.goto(f"{server.url}/sessions")
            kept = wait_until_recovered(tmp_path, page)
            page.get_by_role("button", name=kept.title).wait_for()
        with store_in(tmp_path) as store:
            samples = read_samples(store, kept.id)
    assert len(samples.time_s) >= stored
    assert kept.ended_at is not None
    # Two seconds by design; the rest is for results that a busy machine is late with.
    assert killed_at - kept.ended_at < timedelta(seconds=4)
    assert kept.ended_at - kept.started_at == timedelta(seconds=float(samples.time_s[-1]))


def is_mirrored(page: Page) -> bool:
    """What the stage's button says."""
    return page.locator(".tools .mirror").get_attribute("aria-pressed") == "true"


def test_a_reloaded_page_goes_on_with_its_recording(happy_camera: Path, tmp_path: Path) -> None:
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=happy_camera) as browser,
    ):
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        assert is_mirrored(page)
        page.keyboard.press("m")
        page.wait_for_function(
            "() => [...window.ferFeeds.values()][0].status.mirror === false"
        )  # Python has heard of it
        fill_in_consent(page, "P03")
        agree(page)
        wait_until_recorded(page, samples=3)
        page.wait_for_url(re.compile(r"\?recording="))
        stored = samples_recorded(page)

        page.reload()
        page.locator(".fer-rec").wait_for()
        page.get_by_text("If it has stopped, press Start").wait_for()
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_until_recorded(page, samples=stored + 10)
        assert not is_mirrored(page), "its settings are those before"
        page.get_by_text("If it has stopped, press Start").wait_for(state="detached")
        page.get_by_role("button", name="Stop recording").click()
        saved = page.get_by_text(re.compile(r"Saved: \d+:\d+, \d+ samples"))
        saved.wait_for()

        studio.go_to(page, "Sessions")
        studio.go_to(page, "Live")
        page.wait_for_url(re.compile(r"\?recording="))
        saved.wait_for()
        with store_in(tmp_path) as store:
            (kept,) = sessions(store)
            samples = read_samples(store, kept.id)
    assert (kept.participant, kept.state) == ("P03", "closed")
    assert len(samples.time_s) > stored


def wait_until_recovered(home: Path, page: Page) -> Session:
    """The page that is opened first closes what the dead server left open."""
    deadline = time.monotonic() + studio.PATIENCE_S
    while time.monotonic() < deadline:
        with store_in(home) as store:
            (kept,) = sessions(store)
        if kept.state == "recovered":
            return kept
        page.wait_for_timeout(300)
    raise AssertionError("the session was not recovered")
