"""Where no video connects or no camera can be had: snapshots in the video's place, and the check before Start."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.helpers.browser import studio
from tests.helpers.browser.preflight import check

pytestmark = pytest.mark.browser


def test_where_udp_is_blocked_snapshots_are_offered_and_all_works_with_them(
    server: studio.Server, happy_camera: Path
) -> None:
    blocked = ("--webrtc-ip-handling-policy=disable_non_proxied_udp",)
    with studio.chromium(camera=happy_camera, flags=blocked) as browser:
        _, page = studio.open_page(browser, server.url)
        frame = page.locator(".stage").bounding_box()
        verdict, rows = check(page)
        assert verdict == "Something is in the way."
        assert rows["Video's way"][0] == "error"
        assert "No video gets from here to the server" in rows["Video's way"][1]
        expect(page.locator(".poster").get_by_role("button", name="Use snapshots")).to_be_visible()

        studio.press_start(page)
        page.locator(".notice").filter(has_text="have a relay set up (FER_TURN_URLS").wait_for(timeout=60_000)
        page.locator(".offer").get_by_role("button", name="Use snapshots").click()

        page.locator(".panel .fer-now").filter(has_text="Happy").wait_for()
        page.wait_for_function("() => window.ferOverlay.boxes.length === 1")
        figures = re.compile(r"1 face · [12] results/s · \d+ ms lag · snapshots · default")
        page.locator(".figures").filter(has_text=figures).wait_for()
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
    ("fault", "row", "words"),
    [
        ("denied", "Camera", "The camera is blocked for this page. Allow it at the camera or lock sign"),
        ("no camera", "Camera", "No camera was found. Connect one"),
        ("insecure", "Page", "This page was opened without HTTPS"),
    ],
)
def test_the_check_says_what_is_wrong_and_what_to_do(
    server: studio.Server, happy_camera: Path, fault: str, row: str, words: str
) -> None:
    how: dict[str, Any] = {"camera": None if fault == "no camera" else happy_camera, "allow": fault != "denied"}
    flags = ("--host-resolver-rules=MAP fer.test 127.0.0.1",) if fault == "insecure" else ()
    with studio.chromium(**how, flags=flags) as browser:
        url = server.url.replace(studio.LOOPBACK, "fer.test") if fault == "insecure" else server.url
        _, page = studio.open_page(browser, url, allow=how["allow"])
        verdict, rows = check(page)
    assert verdict == "Something is in the way."
    kind, said = rows[row]
    assert kind == "error"
    assert words in said
    others = {name: kind for name, (kind, _) in rows.items() if name != row}
    assert others == ({} if fault == "insecure" else {"Page": "ok", "Server": "ok", "Video's way": "ok"})
