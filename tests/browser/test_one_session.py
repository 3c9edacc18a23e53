"""One session in the browser: its address, its playhead with and without a video, the preview of its report."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from app.store.database import open_store
from app.store.participants import add_participant
from app.store.records import Marker
from app.store.session_parts import add_marker
from fer_core.files.video_writer import VideoWriter
from tests.helpers.browser import studio
from tests.helpers.faces import wait_until
from tests.helpers.store_builders import NOON, make_session, rows

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LENGTH_S = 60
SAD_UNTIL_S = 30
CLOSE_PX = 3
FPS = 10


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a session that has a video, number 1, and one that has none, number 2: sad, then happy."""
    folder = tmp_path_factory.mktemp("home")
    store = open_store(f"sqlite:///{folder / 'sessions' / 'sessions.sqlite3'}")
    person = add_participant(store, "Ada").id
    samples = rows("sad", count=5 * SAD_UNTIL_S)
    samples += rows("happy", start_ms=1000 * SAD_UNTIL_S, count=5 * (LENGTH_S - SAD_UNTIL_S))
    videos = folder / "sessions" / "videos"
    videos.mkdir()
    with VideoWriter(videos / "a.mp4") as writer:
        for i in range(LENGTH_S * FPS):
            writer.write(np.full((120, 160, 3), 4 * i // FPS, np.uint8), i / FPS)
    first = make_session(store, person, samples, title="With a video", video_file="a.mp4", video_consent_at=NOON)
    second = make_session(store, person, samples, title="Without one")
    for number in (first, second):
        add_marker(store, number, Marker(45_000, "note", "the door"))
    store.close()
    return folder


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    with studio.serve(environment={"FER_HOME": str(home)}) as server:
        yield server.url


def open_session(browser: Browser, url: str, number: int, size: tuple[int, int] = studio.DESKTOP) -> Page:
    page = studio.new_tab(browser, size=size)
    page.goto(f"{url}/sessions?id={number}", wait_until="domcontentloaded")
    page.locator(".fer-playhead-line").wait_for()
    return page


def said(page: Page) -> str:
    """What the playhead reads."""
    return page.locator(".playhead").inner_text()


def expect_at(page: Page, moment: str, label: str) -> None:
    """The playhead's words, and its place on the timeline, are those of a moment such as "0:45.0"."""
    expect(page.locator(".playhead .time")).to_have_text(f"{moment} of 1:00.0")
    expect(page.locator(".playhead .label")).to_have_text(label)
    minutes, seconds = moment.split(":")
    share = (60 * int(minutes) + float(seconds)) / LENGTH_S

    def distance_px() -> float:
        line, plot = (page.locator(name).first.bounding_box() for name in (".fer-playhead-line", ".nsewdrag"))
        if line is None or plot is None:
            return float("inf")  # just drawn anew
        return abs(line["x"] + line["width"] / 2 - (plot["x"] + share * plot["width"]))

    wait_until(lambda: distance_px() < CLOSE_PX, every_s=0.1)  # a chart that is drawn anew has it a moment later


def click_timeline(page: Page, share: float) -> None:
    """Click at a share of the time axis."""
    page.locator(".js-plotly-plot").scroll_into_view_if_needed()
    plot = page.locator(".nsewdrag").first.bounding_box()
    assert plot is not None
    page.mouse.click(plot["x"] + share * plot["width"], plot["y"] + plot["height"] / 3)


def video_time(page: Page) -> float:
    return float(page.locator("video").evaluate("video => video.currentTime"))


def wait_until_played(page: Page, until_s: float) -> None:
    """Until the video has played so far. The policy forbids Playwright to wait for a condition in the page."""
    for _ in range(10 * studio.PATIENCE_S):
        if video_time(page) > until_s:
            return
        page.wait_for_timeout(100)
    raise TimeoutError(f"the video stands at {video_time(page)} s")


def test_one_playhead_is_shared_by_the_video_and_its_timeline(url: str, browser: Browser) -> None:
    page = open_session(browser, url, 1)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    expect(page.locator("video")).to_have_js_property("readyState", 4, timeout=studio.PATIENCE_S * 1000)

    click_timeline(page, 0.75)
    expect(page.locator(".playhead .label")).to_have_text("Happy")
    assert video_time(page) == pytest.approx(0.75 * LENGTH_S, abs=0.2)

    before = page.locator(".fer-playhead-line").bounding_box()
    page.locator("video").evaluate("video => { video.muted = true; return video.play(); }")
    wait_until_played(page, 46.5)
    page.locator("video").evaluate("video => video.pause()")
    after = page.locator(".fer-playhead-line").bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] > before["x"] + 15, "it moved with the video"

    page.get_by_role("button", name="Sad: go to 0:00.0").click()
    expect_at(page, "0:00.0", "Sad")
    assert video_time(page) == 0
    page.get_by_role("button", name="Note 1: go to 0:45.0").click()
    expect_at(page, "0:45.0", "Happy")
    assert video_time(page) == pytest.approx(45, abs=0.01)
    assert errors == []
    page.context.close()


def test_without_a_video_a_click_and_the_keys_show_the_values_there(url: str, browser: Browser) -> None:
    page = open_session(browser, url, 2, studio.PHONE)

    click_timeline(page, 0.25)
    expect(page.locator(".playhead .label")).to_have_text("Sad")
    assert "Valence" in said(page)
    slider = page.get_by_role("slider", name="Playhead")
    slider.focus()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    expect_at(page, "0:59.9", "Happy")
    assert slider.get_attribute("aria-valuetext") == "0:59.9, Happy"
    assert page.evaluate("document.documentElement.scrollWidth") <= studio.PHONE[0]

    page.get_by_role("radio", name="Lines").click()
    page.wait_for_timeout(1500)
    expect_at(page, "0:59.9", "Happy")
    page.context.close()


def test_a_press_that_is_drawn_across_zooms_and_moves_no_playhead(url: str, browser: Browser) -> None:
    page = open_session(browser, url, 2)
    click_timeline(page, 0.5)
    at = page.locator(".playhead .time").inner_text()
    plot = page.locator(".nsewdrag").first.bounding_box()
    assert plot is not None

    y = plot["y"] + plot["height"] / 3
    page.mouse.move(plot["x"] + 0.75 * plot["width"], y)
    page.mouse.down()
    page.mouse.move(plot["x"] + 0.95 * plot["width"], y, steps=5)
    page.mouse.up()
    expect(page.locator(".fer-playhead-line")).to_be_hidden()
    assert page.locator(".playhead .time").inner_text() == at

    page.get_by_role("button", name="Note 1: go to 0:45.0").click()
    expect(page.locator(".playhead .time")).to_have_text("0:45.0 of 1:00.0")
    click_timeline(page, 0.5)
    expect(page.locator(".fer-playhead-line")).to_be_visible()
    minutes, seconds = page.locator(".playhead .time").inner_text().split(" ")[0].split(":")
    assert 60 * int(minutes) + float(seconds) == pytest.approx(0.85 * LENGTH_S, abs=0.6)
    page.context.close()


def test_a_sessions_address_survives_a_reload_and_the_back_button_leads_to_the_list(url: str, browser: Browser) -> None:
    page = studio.new_tab(browser)
    page.goto(f"{url}/sessions", wait_until="domcontentloaded")
    page.get_by_role("button", name="Without one").click()
    heading = page.get_by_role("heading", level=1, name="Without one")
    heading.wait_for()
    page.wait_for_url("**/sessions?id=2")

    page.reload(wait_until="domcontentloaded")
    heading.wait_for()
    page.go_back()
    page.get_by_role("button", name="Without one").wait_for()
    page.go_forward()
    heading.wait_for()
    page.get_by_role("button", name="All sessions").click()
    page.get_by_role("button", name="Without one").wait_for()
    page.wait_for_url("**/sessions")

    page.goto(f"{url}/sessions?id=99", wait_until="domcontentloaded")
    page.get_by_role("heading", level=1, name="Session not found").wait_for()
    page.context.close()


def test_the_menu_leads_from_a_session_and_from_a_comparison_to_the_list(url: str, browser: Browser) -> None:
    page = open_session(browser, url, 2)
    in_list = page.locator(".st-key-session_open_2 button")
    menu = page.get_by_test_id("stTopNavLink")

    menu.filter(has_text="Sessions").click()
    in_list.wait_for()
    page.wait_for_url("**/sessions")

    in_list.click()
    page.get_by_role("heading", level=1, name="Without one").wait_for()
    menu.filter(has_text="History").click()
    page.get_by_role("heading", level=1, name="History").wait_for()
    menu.filter(has_text="Sessions").click()
    in_list.wait_for()
    page.wait_for_url("**/sessions")

    for number in (1, 2):
        page.locator(f".st-key-sessions_check_{number} label").click()
    page.get_by_role("button", name="Compare").click()
    page.get_by_role("heading", level=1, name="Comparison").wait_for()
    studio.click_until(menu.filter(has_text="Sessions"), in_list)  # the menu's own script may come after the heading
    page.context.close()


def test_the_menu_of_a_phone_leads_from_a_session_to_the_list_and_closes(url: str, browser: Browser) -> None:
    page = open_session(browser, url, 2, studio.PHONE)
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Sessions").click()
    page.locator(".st-key-session_open_2 button").wait_for()
    expect(page.get_by_test_id("stSidebarNavLink").first).not_to_be_in_viewport()
    page.context.close()


def test_the_report_is_read_in_the_page_and_runs_nothing(url: str, browser: Browser) -> None:
    page = open_session(browser, url, 2)
    page.get_by_test_id("stButtonGroup").get_by_text("Export", exact=True).click()

    report: FrameLocator = page.frame_locator("iframe[title='Preview of the report']")
    report.get_by_role("heading", name="Without one").wait_for()
    report.locator("svg polygon").first.wait_for()
    assert page.locator("iframe[title='Preview of the report']").get_attribute("sandbox") == ""

    page.get_by_role("button", name="Delete this session").click()
    page.get_by_role("button", name="Delete permanently").wait_for()
    page.context.close()
