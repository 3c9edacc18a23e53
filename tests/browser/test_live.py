"""The live page, for real: headless Chromium with a clip as its camera against the running app."""

import csv
import io
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np
import psutil
import pytest
from playwright.sync_api import Page

from app.live.uplink import STEPS_PER_S
from fer_core.paths import SHIPPED_MODELS
from tests.helpers.browser import studio
from tests.helpers.faces import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.video]

CLIP_S = 472 / 30
"""Length of sad_then_happy.mp4 as Chromium plays it: its frames, at the 30 per second of an MJPEG camera."""
# When the clip began, by the clock of the CSV: connecting takes a busy machine seconds.
NOTE_OPENING_JS = """
const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
if (open) navigator.mediaDevices.getUserMedia = async (wanted) => {
  const stream = await open(wanted);
  top.ferOpenedAtMs ??= Date.now();
  return stream;
};
"""


def download_csv(page: Page) -> list[dict[str, str]]:
    """What the sidebar's button gives."""
    with page.expect_download(timeout=30_000) as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    return list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))


def wait_for_history(page: Page, *, longer_than: int, timeout_s: float = 30) -> list[dict[str, str]]:
    """What the sidebar's button gives as soon as it has more rows than that, or at the end of the time."""
    deadline = time.monotonic() + timeout_s
    rows = download_csv(page)
    while len(rows) <= longer_than and time.monotonic() < deadline:
        page.wait_for_timeout(500)
        rows = download_csv(page)
    return rows


def wait_for_label(page: Page, wanted: str, timeout_s: float = 40) -> None:
    """Until the sidebar names an expression."""
    page.locator(".fer-now").filter(has_text=re.compile(wanted)).first.wait_for(timeout=timeout_s * 1000)


def test_connects_shows_history_and_asks_no_foreign_host(server: studio.Server, happy_camera: Path) -> None:
    hosts: set[str | None] = set()
    with studio.chromium(camera=happy_camera) as browser:
        context, page = studio.open_page(browser, server.url)
        context.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.reload()
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        first = download_csv(page)
        second = wait_for_history(page, longer_than=len(first) + 10)
    assert len(second) > len(first) + 10, "the history must grow"
    labels = Counter(row["label"] for row in second if row["label"])
    assert labels.most_common(1)[0][0] == "happy"
    assert {row["face"] for row in second if row["face"]} == {"1"}
    assert hosts - {None} == {"127.0.0.1"}
    assert errors == []


def test_sad_then_happy(server: studio.Server, sad_then_happy_camera: Path) -> None:
    with studio.chromium(camera=sad_then_happy_camera) as browser:
        _, page = studio.open_page(browser, server.url, init_script=NOTE_OPENING_JS)
        studio.press_start(page)
        studio.wait_until_playing(page)
        page.wait_for_timeout(CLIP_S * 1000)
        rows = download_csv(page)
        opened_s = page.evaluate("top.ferOpenedAtMs") / 1000
    placed = [((datetime.fromisoformat(row["time_utc"]).timestamp() - opened_s) % CLIP_S, row) for row in rows]
    first = Counter(row["label"] for at_s, row in placed if row["label"] and at_s < CLIP_S / 3)
    last = Counter(row["label"] for at_s, row in placed if row["label"] and at_s > CLIP_S * 2 / 3)
    negative = sum(first[label] for label in ("sad", "fear", "angry", "neutral"))
    assert negative > 0.5 * first.total() > 0, first
    assert last["happy"] > 0.8 * last.total() > 0, last
    assert {row["face"] for row in rows if row["face"]} == {"1"}


def test_no_face_gives_no_label_and_says_so(server: studio.Server, no_face_camera: Path) -> None:
    with studio.chromium(camera=no_face_camera) as browser:
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        page.locator(".notice").filter(has_text="No face in view. Face the camera").wait_for(timeout=30_000)
        rows = download_csv(page)
    assert rows
    assert not [row for row in rows if row["face"]]


def test_settings_take_effect_without_restarting_the_video(server: studio.Server, happy_camera: Path) -> None:
    with studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url, size=(1280, 1600))
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        slider = page.get_by_role("slider", name=re.compile("unsure"))
        studio.click_until(page.get_by_text("Settings", exact=True), slider)
        slider.focus()
        slider.press("End")  # 1: no answer is as sure as that
        page.locator(".tools .mirror").click()
        before = studio.frames_shown(page)
        wait_for_label(page, "Unsure")
        studio.wait_for_frames(page, more_than=before + 5)
        assert "no clear lead" in page.locator(".panel .fer-now").inner_text()
        assert page.locator(".tools .stop").is_visible()


SENT_AT_MOST = "window.ferStage.camera.sender().getParameters().encodings[0].maxFramerate"


def sent_at_most(page: Page) -> int:
    """Pictures a second that the browser may send."""
    return int(page.evaluate(SENT_AT_MOST))


def test_pause_rests_the_analysis_and_not_the_video(server: studio.Server, happy_camera: Path) -> None:
    with studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        page.get_by_role("button", name="Pause").click()
        page.locator(".notice").filter(has_text="Paused").wait_for(timeout=20_000)
        # What was in work when the button was pressed still comes to its end.
        rows = len(download_csv(page))
        for _ in range(5):
            before, rows = rows, len(download_csv(page))
            if rows == before:
                break
        before = studio.frames_shown(page)
        page.wait_for_timeout(3000)
        assert len(download_csv(page)) == rows
        studio.wait_for_frames(page, more_than=before + 5)
        assert sent_at_most(page) == STEPS_PER_S[0], "nobody looks at more"
        page.get_by_role("button", name="Resume").click()
        page.wait_for_function(f"() => {SENT_AT_MOST} > {STEPS_PER_S[0]}")


def test_without_a_camera_the_page_says_so_and_a_picture_can_be_analysed(
    server: studio.Server, astronaut_bgr: np.ndarray, tmp_path: Path
) -> None:
    picture = tmp_path / "astronaut.png"
    cv2.imwrite(str(picture), astronaut_bgr)
    with studio.chromium(camera=None) as browser:
        _, page = studio.open_page(browser, server.url)
        page.locator(".notice").filter(has_text="No camera was found").wait_for(timeout=30_000)
        page.get_by_role("button", name="Use a picture").click()
        page.get_by_test_id("stSidebar").wait_for(state="hidden")  # nothing is in it here
        page.locator("input[type=file]").set_input_files(picture)
        wait_for_label(page, "Happy")
        broken = tmp_path / "broken.png"
        broken.write_bytes(b"no picture")
        page.locator("input[type=file]").set_input_files(broken)
        page.get_by_text("broken.png cannot be read as a picture").wait_for(timeout=30_000)
        assert page.locator(".stage").count() == 0


def test_a_blocked_camera_is_said(server: studio.Server, happy_camera: Path) -> None:
    with studio.chromium(camera=happy_camera, allow=False) as browser:
        _, page = studio.open_page(browser, server.url, allow=False)
        studio.press_start(page)
        page.locator(".notice").filter(has_text="The camera is blocked").wait_for(timeout=30_000)
        assert studio.frames_shown(page) == 0, "nothing plays"


# Headless browsers answer for the person at once; this one leaves the question open, as a real one does.
UNANSWERED_JS = """
navigator.mediaDevices.getUserMedia = () => new Promise(() => {});
navigator.permissions.query = async () => ({ state: "prompt" });
"""


def test_before_start_and_while_the_browser_asks(server: studio.Server, happy_camera: Path) -> None:
    with studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url, init_script=UNANSWERED_JS)
        page.locator(".notice").filter(has_text="Press Start and allow the camera").wait_for(timeout=30_000)
        studio.press_start(page)
        page.locator(".notice").filter(has_text="choose Allow").wait_for(timeout=30_000)
        assert "Press Start" not in studio.notice(page)


def test_a_damaged_model_is_said_and_the_video_goes_on(happy_camera: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "models" / "default"
    shutil.copytree(SHIPPED_MODELS / "default", damaged)
    with (damaged / "model.tflite").open("r+b") as file:
        file.write(b"damage")
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=happy_camera) as browser,
    ):
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        page.locator(".notice").filter(has_text="expected model.tflite with sha256").wait_for(timeout=30_000)
        before = studio.frames_shown(page)
        studio.wait_for_frames(page, more_than=before + 5)
        assert "expected model.tflite with sha256" in studio.notice(page), "it is still said"


def test_the_page_survives_a_restart_of_the_server(happy_camera: Path) -> None:
    with studio.chromium(camera=happy_camera) as browser:
        with studio.serve() as server:
            _, page = studio.open_page(browser, server.url)
            studio.press_start(page)
            studio.wait_until_playing(page)
        page.locator(".notice").filter(has_text="FER Studio is not responding").wait_for(timeout=60_000)
        assert page.get_by_text("Streamlit server").first.is_hidden()
        with studio.serve(port=urlsplit(server.url).port):
            # With a capital: "…; then press Start" stands there while the server is down.
            page.locator(".notice").filter(has_text=re.compile("Press Start")).wait_for(timeout=60_000)
            # Well before the new server has drawn its first page.
            studio.press_start(page)
            studio.wait_until_playing(page, patient=False)
            wait_for_label(page, "Happy")


def test_an_interrupted_video_is_said_and_comes_back(happy_camera: Path) -> None:
    with studio.serve() as server, studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        # A server that stands still looks from the page like a network that does.
        server.process.send_signal(signal.SIGSTOP)
        try:
            page.locator(".notice").filter(has_text="The analysis is not responding").wait_for(timeout=20_000)
        finally:
            server.process.send_signal(signal.SIGCONT)
        page.locator(".notice").filter(has_text="face in view").wait_for(timeout=30_000)
        before = studio.frames_shown(page)
        studio.wait_for_frames(page, more_than=before + 5)
        assert "does not answer" not in studio.notice(page)


def test_a_lost_connection_is_told_from_a_wished_stop(happy_camera: Path) -> None:
    with studio.serve() as server, studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url)
        studio.press_start(page)
        studio.wait_until_playing(page)
        studio.press_stop(page)
        page.locator(".notice").filter(has_text="Press Start and allow").wait_for(timeout=20_000)
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        server.process.send_signal(signal.SIGSTOP)
        try:
            page.wait_for_timeout(15_000)  # longer than WebRTC waits for a silent peer
        finally:
            server.process.send_signal(signal.SIGCONT)
        page.locator(".notice").filter(has_text="The connection was lost").wait_for(timeout=30_000)
        studio.press_start(page)
        studio.wait_until_playing(page)
        wait_for_label(page, "Happy")
        assert "lost" not in studio.notice(page)


def test_ten_starts_and_stops_leave_nothing_behind(happy_camera: Path) -> None:
    with studio.serve() as server, studio.chromium(camera=happy_camera) as browser:
        process = psutil.Process(server.process.pid)
        context, page = studio.open_page(browser, server.url)
        for _ in range(2):  # these load the model and fill pools of a few threads
            start_and_stop(page)
        threads, memory = settled(process.num_threads), settled(lambda: process.memory_info().rss)
        for _ in range(8):
            start_and_stop(page)
        context.close()
        assert server.process.poll() is None, "the app still runs"
        # A leak would add at least one each time, and a video's buffers have 10 MB.
        wait_until(lambda: process.num_threads() <= threads + 3, timeout_s=60)
        wait_until(lambda: process.memory_info().rss < memory + 40e6, timeout_s=60)


def start_and_stop(page: Page) -> None:
    """Play for about a second; until the page asks for the next start."""
    studio.press_start(page)
    studio.wait_until_playing(page)
    studio.wait_for_frames(page, more_than=20)
    studio.press_stop(page)
    page.locator(".notice").filter(has_text="Press Start and allow").wait_for(timeout=30_000)
    page.wait_for_timeout(1000)  # the server has heard of it, too


def test_a_phone_needs_no_sideways_scrolling(server: studio.Server, happy_camera: Path) -> None:
    with studio.chromium(camera=happy_camera) as browser:
        _, page = studio.open_page(browser, server.url, size=(360, 740))
        studio.press_start(page)
        studio.wait_until_playing(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        box = page.locator(".stage video").bounding_box()
        assert box is not None
        assert box["width"] > 280, "the phone's width, but for the margins"


def settled(read: Callable[[], int], timeout_s: float = 10) -> int:
    """The lowest value within the time that idle threads need to end."""
    values = []
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        values.append(read())
        time.sleep(0.5)
    return min(values)
