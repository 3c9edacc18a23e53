"""The stage in the real app: the camera's own picture, the fallback, the sample clip, several faces, recording."""

import re
from pathlib import Path

import av
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.store.database import open_store
from app.store.session_parts import markers
from app.store.sessions import sessions
from benchmarks import scene
from fer_core.emotions import colour_bgr
from tests.helpers.browser import studio
from tests.helpers.browser.page_states import wait_until_drawn

pytestmark = [pytest.mark.browser, pytest.mark.video]

# A browser that lets no script come between the stream's frame and the camera.
NOTHING_PASSES_JS = "Object.defineProperty(window, 'ferCamera', { get: () => ({}), set() {} });"


@pytest.fixture(scope="session")
def wide_camera(cameras: Path) -> Path:
    """The astronaut in 1280 x 720."""
    frames = scene.frames(width=1280, height=720, count=60)
    return studio.frames_as_camera(frames, cameras / "wide.mjpeg", width=1280, height=720)


@pytest.fixture(scope="session")
def couple_camera(cameras: Path, astronaut_bgr: np.ndarray) -> Path:
    """Two faces side by side."""
    half = astronaut_bgr[:300, 80:380]
    pair = np.hstack([half, np.full((300, 60, 3), 90, np.uint8), half[:, ::-1]])
    return studio.frames_as_camera((pair for _ in range(60)), cameras / "couple.mjpeg")


def wait_for_label(page: Page, wanted: str) -> None:
    """Until the sidebar names an expression."""
    page.locator(".panel .fer-now").filter(has_text=re.compile(wanted)).wait_for()


def analysed_width(page: Page) -> int:
    """Of the newest result, in pixels."""
    width = page.evaluate("() => [...window.ferFeeds.values()][0].latest?.width ?? 0")
    return int(width)


def wait_for_width(page: Page, width: int) -> None:
    """Until pictures of that width are analysed."""
    page.wait_for_function(f"() => [...window.ferFeeds.values()][0].latest?.width === {width}", timeout=60_000)


def start(page: Page) -> None:
    studio.press_start(page)
    studio.wait_until_playing(page)


def test_the_stage_shows_the_cameras_own_picture_and_the_analysis_gets_a_smaller_one(server, wide_camera):
    with studio.chromium(camera=wide_camera) as browser:
        _, page = studio.open_page(browser, server.url)
        wait_until_drawn(page)
        frame = page.locator(".stage").bounding_box()
        start(page)
        wait_for_label(page, "Happy")
        wait_for_width(page, 640)

        assert page.locator(".stage video").evaluate("v => [v.videoWidth, v.videoHeight]") == [1280, 720]
        assert page.locator(".stage").bounding_box() == frame, "nothing jumps"
        page.wait_for_function("() => window.ferOverlay.boxes.length === 1")
        figures = page.locator(".figures").filter(
            has_text=re.compile(r"1 face · [1-9]\d* results/s · \d+ ms lag · default")
        )
        figures.wait_for()


@pytest.mark.parametrize("why", ["browser", "environment"])
def test_the_returned_picture_takes_over(happy_camera, why):
    environment = {"FER_RETURNED_PICTURE": "1"} if why == "environment" else {}
    script = NOTHING_PASSES_JS if why == "browser" else ""
    with studio.serve(environment=environment) as server, studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url, init_script=script)
        studio.press_start(page)

        studio.wait_until_playing(page, timeout_s=90)
        wait_for_label(page, "Happy")
        video = page.locator(".stage video")
        expect(video).to_have_js_property("videoWidth", 640)  # a connection may begin with less
        expect(video).to_have_js_property("videoHeight", 480)
        assert page.evaluate("() => window.ferOverlay.boxes.length") == 0, "the server has drawn them"
        before = studio.frames_shown(page)
        studio.wait_for_frames(page, more_than=before + 5)
        studio.press_stop(page)
        page.locator("button.start").wait_for()


def test_the_sample_clip_goes_through_the_same_analysis(server):
    with studio.chromium(camera=None) as browser:
        _, page = studio.open_page(browser, server.url)
        page.get_by_role("button", name="Try the sample clip").click()
        studio.wait_until_playing(page)

        wait_for_label(page, "Happy")
        wait_for_label(page, "Surprise|Neutral")


def test_several_faces_are_chosen_by_card_and_key(server, couple_camera):
    with studio.chromium(camera=couple_camera) as browser:
        _, page = studio.open_page(browser, server.url)
        start(page)
        cards = page.locator(".cards button[data-face]")
        expect(cards).to_have_count(2, timeout=60_000)

        page.keyboard.press("2")
        expect(page.locator(".panel .fer-now")).to_contain_text("2")
        cards.nth(0).click()
        expect(page.locator(".panel .fer-now")).to_contain_text("1")
        page.wait_for_function("() => window.ferOverlay.boxes.length === 2")
        left, right = sorted(page.evaluate("() => window.ferOverlay.boxes"), key=lambda box: box["x"])
        assert (left["id"], right["id"]) == (1, 2), "numbered from left to right, as they are shown"


def test_a_video_is_recorded_in_the_cameras_whole_size_with_its_labels(wide_camera, tmp_path):
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=wide_camera) as browser,
    ):
        _, page = studio.open_page(browser, server.url)
        start(page)
        wait_for_label(page, "Happy")
        page.get_by_role("button", name="Record", exact=True).click()
        dialog = page.get_by_role("dialog")
        field = dialog.get_by_role("combobox").first
        field.fill("P01")
        field.press("Enter")
        dialog.get_by_text("Keep the video too").click()
        dialog.get_by_text("I agree to the video being kept").click()
        wait_for_width(page, 1280)
        page.get_by_role("button", name="I agree: start recording").click()
        page.locator(".fer-rec").wait_for()
        page.locator(".badge").filter(has_text=re.compile(r"0:(0[3-9]|[1-5]\d)")).wait_for()
        page.locator(".stage").click(position={"x": 30, "y": 30})
        page.keyboard.press("n")
        page.get_by_text("note", exact=False).filter(has_text=re.compile(r"0:\d\d note")).first.wait_for()
        page.get_by_role("button", name="Stop recording").click()
        page.get_by_text(re.compile(r"Saved: \d+:\d+, \d+ samples")).wait_for()
        wait_for_width(page, 640)
    store = open_store(f"sqlite:///{tmp_path / 'sessions' / 'sessions.sqlite3'}")
    (kept,) = sessions(store)
    assert [marker.kind for marker in markers(store, kept.id)] == ["note"]
    assert kept.video_file is not None
    with av.open(str(tmp_path / "sessions" / "videos" / kept.video_file)) as video:
        frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    store.close()
    assert len(frames) >= 15
    assert frames[-1].shape == (720, 1280, 3)
    # The box of a happy face has a colour that is nowhere in the picture's middle. Where a label is late, it is grey.
    is_happy = [np.abs(frame.astype(int) - colour_bgr("happy")).max(axis=2) < 40 for frame in frames]
    assert np.median([one.sum() for one in is_happy]) > 500


def test_exactly_on_the_faces_the_picture_waits_for_its_result(server, happy_camera):
    with studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url, size=(1280, 1600))
        start(page)
        wait_for_label(page, "Happy")
        exactly = page.get_by_text("Boxes exactly on the faces")
        studio.click_until(page.get_by_text("Settings", exact=True), exactly)
        exactly.click()

        expect(page.locator(".live[data-exact]")).to_have_count(1)
        page.wait_for_function("() => window.ferOverlay.boxes.length === 1")
        # What is drawn on the canvas is the picture itself: its middle is not transparent any more.
        page.wait_for_function(
            """() => { const canvas = window.ferOverlay.canvas;
            const middle = [canvas.width >> 1, canvas.height >> 1, 1, 1];
            return canvas.getContext('2d').getImageData(...middle).data[3] === 255; }"""
        )
        page.get_by_text("Boxes exactly on the faces").click()
        expect(page.locator(".live[data-exact]")).to_have_count(0)


def test_a_newcomer_at_a_full_server_waits_for_a_place(happy_camera):
    with (
        studio.serve(environment={"FER_MAX_VIEWERS": "1"}) as server,
        studio.chromium(camera=happy_camera) as browser,
    ):
        first_tab, first = studio.open_page(browser, server.url)
        start(first)
        wait_for_label(first, "Happy")
        _, second = studio.open_page(browser, server.url)
        second.locator(".notice").filter(has_text="This server is busy: 1 person is using the live video").wait_for()
        assert second.locator("button.start").is_disabled()

        first_tab.close()
        expect(second.locator("button.start")).to_be_enabled(timeout=60_000)
        start(second)
        wait_for_label(second, "Happy")
