"""The stage on its own where there is no camera, or where it may not be used."""

import re
from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests.helpers.browser import studio

pytestmark = [pytest.mark.browser, pytest.mark.video]


@pytest.fixture(scope="module")
def app() -> Iterator[studio.Server]:
    with studio.serve(entry="tests/helpers/stage_app.py") as running:
        yield running


def test_without_a_camera_the_sample_clip_plays_and_a_screenshot_is_saved(app, tmp_path):
    with studio.chromium(camera=None) as browser:
        page = studio.new_tab(browser, allow=True)
        page.goto(app.url)
        expect(page.locator(".notice")).to_have_text(re.compile("No camera was found"), timeout=60_000)

        page.locator(".sample").click()
        page.locator(".figures").filter(has_text="results/s").wait_for()
        expect(page.locator(".live")).to_have_attribute("data-state", "on")
        page.wait_for_function(
            "() => window.ferOverlay && [...document.querySelectorAll('*')].some("
            "e => e.shadowRoot?.querySelector('video')?.videoWidth === 640)"
        )
        with page.expect_download() as download:
            page.keyboard.press("s")
        assert re.fullmatch(r"fer-studio-\d{4}-\d\d-\d\d-\d{6}\.png", download.value.suggested_filename)
        download.value.save_as(tmp_path / "shot.png")
        picture = cv2.imread(str(tmp_path / "shot.png"))
        assert picture is not None
        assert picture.shape[1] >= 640
        assert np.ptp(picture) > 200

        page.locator(".stop").click()
        expect(page.locator(".live")).to_have_attribute("data-state", "idle")
        page.context.close()


# Headless browsers answer for the person at once; this one leaves the question open, as a real one does.
UNANSWERED_JS = """
navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
navigator.permissions.query = async () => ({ state: "prompt" });
"""


def test_while_the_browser_asks_the_viewer_is_told_to_allow(app, happy_camera):
    with studio.chromium(camera=happy_camera) as browser:
        page = studio.new_tab(browser, allow=True)
        page.context.add_init_script(UNANSWERED_JS)
        page.goto(app.url)
        page.locator(".start").click()

        expect(page.locator(".notice")).to_have_text(re.compile("choose Allow"), timeout=30_000)
        expect(page.locator(".wait")).to_have_text(re.compile("choose Allow"))
        page.locator(".stop").click()
        expect(page.locator(".live")).to_have_attribute("data-state", "idle")
        page.context.close()


def test_a_camera_that_is_blocked_is_said(app, happy_camera):
    with studio.chromium(camera=happy_camera, allow=False) as browser:
        page = studio.new_tab(browser)
        page.goto(app.url)
        page.locator(".start").click()

        expect(page.locator(".notice")).to_have_text(re.compile("The camera is blocked"), timeout=60_000)
        expect(page.locator(".live")).to_have_attribute("data-state", "idle")
        page.context.close()


def test_a_page_from_elsewhere_without_https_cannot_have_a_camera(app, happy_camera):
    with studio.chromium(camera=happy_camera, flags=("--host-resolver-rules=MAP fer.test 127.0.0.1",)) as browser:
        page = studio.new_tab(browser)
        page.goto(app.url.replace(studio.LOOPBACK, "fer.test"))

        expect(page.locator(".notice")).to_have_text(re.compile("localhost or by HTTPS"), timeout=60_000)
        expect(page.locator(".line")).to_have_attribute("data-kind", "error")
        expect(page.locator(".start")).to_be_disabled()
        expect(page.locator(".privacy")).to_have_text(re.compile("this page's server only"))
        page.context.close()
