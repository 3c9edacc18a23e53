"""Where no video connects or no camera can be had: snapshots in the video's place, and the check before Start."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.helpers.browser import studio
from tests.helpers.browser.page_states import wait_until_drawn
from tests.helpers.browser.preflight import check

pytestmark = [pytest.mark.browser, pytest.mark.video]


def test_where_udp_is_blocked_snapshots_are_offered_and_all_works_with_them(
    server: studio.Server, happy_camera: Path
) -> None:
    blocked = ("--webrtc-ip-handling-policy=disable_non_proxied_udp",)
    with studio.chromium(camera=happy_camera, flags=blocked) as browser:
        _, page = studio.open_page(browser, server.url)
        wait_until_drawn(page)
        frame = page.locator(".stage").bounding_box()
        verdict, rows = check(page)
        assert verdict == "There is a problem."
        assert rows["Video's way"][0] == "error"
        assert "Video cannot reach the server from here" in rows["Video's way"][1]
        expect(page.locator(".poster").get_by_role("button", name="Use snapshots")).to_be_visible()

        studio.press_start(page)
        page.locator(".notice").filter(has_text="have a relay set up (FER_TURN_URLS").wait_for(timeout=60_000)
        page.locator(".offer").get_by_role("button", name="Use snapshots").click()

        page.locator(".panel .fer-now").filter(has_text="Happy").wait_for()
        page.wait_for_function("() => window.ferOverlay.boxes.length === 1")
        figures = re.compile(r"1 face · [12] results/s · \d+ ms lag · snapshots · default")
        page.locator(".figures").filter(has_text=figures).wait_for()
        page.get_by_test_id("stMain").evaluate(
            "main => main.scrollTo(0, 0)"
        )  # the check lies below the first screenful
        assert page.locator(".stage").bounding_box() == frame, "nothing jumps"
        assert studio.frames_shown(page) > 0, "each still is seen"

        page.get_by_role("button", name="Record", exact=True).click()
        field = page.get_by_role("dialog").get_by_role("combobox").first
        field.fill("P01")
        field.press("Enter")
        page.get_by_role("button", name="I agree: start recording").click()
        page.locator(".badge").filter(has_text=re.compile(r"REC \d+:\d\d · [1-9]\d* samples?")).wait_for()
        page.get_by_role("button", name="Stop recording").click()
        page.get_by_text(re.compile(r"Saved: \d+:\d+, [1-9]\d* samples?")).wait_for()

        studio.press_stop(page)
        page.locator(".notice").filter(has_text="Press Start and allow").wait_for()
        assert page.evaluate("() => window.ferStage.stills.isOn") is False


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("denied", "The camera is blocked for this page. Allow it under the camera or lock icon"),
        ("no camera", "No camera was found. Connect one"),
    ],
)
def test_the_check_says_what_is_wrong_with_the_camera_and_what_to_do(
    server: studio.Server, happy_camera: Path, fault: str, words: str
) -> None:
    camera, is_allowed = None if fault == "no camera" else happy_camera, fault != "denied"
    with studio.chromium(camera=camera, allow=is_allowed) as browser:
        _, page = studio.open_page(browser, server.url, allow=is_allowed)
        verdict, rows = check(page)
    assert verdict == "There is a problem."
    assert words in rows["Camera"][1]
    kinds = {name: kind for name, (kind, _) in rows.items()}
    assert kinds == {"Page": "ok", "Camera": "error", "Server": "ok", "Video's way": "ok"}


def test_the_check_says_that_a_page_from_elsewhere_needs_https(happy_camera: Path) -> None:
    port = studio.free_port()
    environment = {"FER_ALLOWED_HOSTS": f"fer.test:{port}", "FER_ALLOW_ANONYMOUS": "1"}
    flags = ("--host-resolver-rules=MAP fer.test 127.0.0.1",)
    with (
        studio.serve(environment=environment, port=port) as server,
        studio.chromium(camera=happy_camera, flags=flags) as browser,
    ):
        _, page = studio.open_page(browser, server.url.replace(studio.LOOPBACK, "fer.test"))
        verdict, rows = check(page)
    assert verdict == "There is a problem."
    assert rows.keys() == {"Page"}, "nothing else can be tried"
    kind, said = rows["Page"]
    assert kind == "error"
    assert "This page was opened without HTTPS" in said
