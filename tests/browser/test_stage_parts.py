"""The stage on its own, with results made up: its place on the page, its words, tools, keys, cards and sample clip."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import studio

pytestmark = [pytest.mark.browser, pytest.mark.video]

DESKTOP, LAPTOP, PHONE = (1440, 900), (1024, 768), (390, 844)
RECORD_ROW_PX = 120
"""Room that is left below the stage in the first screenful."""
RECORDING = "?recording=1"


@pytest.fixture(scope="module")
def app() -> Iterator[studio.Server]:
    with studio.serve(entry="tests/helpers/stage_app.py") as running:
        yield running


@pytest.fixture(scope="module")
def browser(happy_camera: Path) -> Iterator[Browser]:
    with studio.chromium(camera=happy_camera) as running:
        yield running


def open_stage(browser: Browser, app: studio.Server, query: str = "", *, size: tuple[int, int] = DESKTOP) -> Page:
    page = studio.new_tab(browser, size=size, allow=True)
    page.goto(f"{app.url}/{query}", wait_until="domcontentloaded")
    page.locator(".notice").filter(has_text=re.compile(r"\w")).wait_for()
    page.get_by_test_id("stJson").wait_for()
    return page


def start(page: Page) -> None:
    page.locator(".start").click()
    page.locator(".figures").filter(has_text="results/s").wait_for()


def places(page: Page) -> dict[str, object]:
    return {
        part: page.locator(part).first.bounding_box() for part in (".stage", ".line", ".readings", ".st-key-record_row")
    }


def answers(page: Page) -> str:
    return page.get_by_test_id("stJson").inner_text()


@pytest.mark.parametrize("size", [DESKTOP, LAPTOP, PHONE])
def test_nothing_moves_at_start_and_all_is_in_the_first_screenful(browser, app, size):
    page = open_stage(browser, app, size=size)
    idle = places(page)

    start(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('video')?.videoWidth)"
    )
    assert places(page) == idle

    page.locator(".stop").click()
    expect(page.locator(".start")).to_be_visible()
    assert places(page) == idle
    last = page.locator(".readings" if size == PHONE else ".line").bounding_box()
    assert last is not None
    assert last["y"] + last["height"] + RECORD_ROW_PX <= size[1]
    assert page.locator(".readings").is_visible() == (size == PHONE)
    page.context.close()


def test_no_button_is_seen_before_the_script_that_answers_it(browser, app):
    page = open_stage(browser, app)

    seen = page.locator(".live").evaluate(
        """live => {
            const buttons = [...live.querySelectorAll("button")];
            const seen = () => buttons.filter((button) => getComputedStyle(button).visibility !== "hidden");
            const after = seen().length;
            delete live.dataset.state; // as it comes
            return [seen().length, after];
        }"""
    )

    assert seen[0] == 0 < seen[1]
    page.context.close()


def test_the_line_and_the_readings_say_what_is_seen(browser, app):
    page = open_stage(browser, app, "?faces=2", size=PHONE)
    start(page)

    expect(page.locator(".notice")).to_have_text(re.compile("2 faces in view"))
    expect(page.locator(".line")).to_have_attribute("data-kind", "ok")
    expect(page.locator(".figures")).to_have_text(re.compile(r"2 faces · 15 results/s · \d+ ms lag · default"))
    expect(page.locator(".now")).to_have_text("Happy86 % sure · face 1")
    expect(page.locator(".bar[data-emotion=happy] output")).to_have_text("86 %")

    page.locator(".cards button[data-face='2']").click()
    expect(page.locator(".now")).to_have_text("Neutral76 % sure · face 2")
    page.context.close()


def test_keys_work_everywhere_but_in_a_field(browser, app):
    page = open_stage(browser, app, "?faces=3")
    start(page)
    stage, chosen = page.locator(".live"), page.locator(".cards button[aria-pressed=true]")

    expect(chosen).to_have_text(re.compile("Face 1"))
    page.keyboard.press("3")
    expect(chosen).to_have_text("Face 3Surprise 66 %")
    page.keyboard.press("0")
    expect(chosen).to_have_text(re.compile("Face 1"))

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys and help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keys and help")).to_be_hidden()

    page.get_by_label("A field").click()
    page.keyboard.type("m 2?")
    expect(stage).to_have_attribute("data-mirror", "")
    expect(chosen).to_have_text(re.compile("Face 1"))
    expect(page.locator("dialog")).to_be_hidden()
    expect(stage).to_have_attribute("data-state", "on")
    page.context.close()


def test_mirror_turns_at_once_and_reaches_python(browser, app):
    page = open_stage(browser, app, "?faces=1&mirror-test=1")
    start(page)

    page.locator(".mirror").click()
    assert page.locator(".live").get_attribute("data-mirror") is None
    expect(page.get_by_test_id("stJson")).to_contain_text("mirror=False")
    expect(page.locator(".mirror")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("m")
    expect(page.get_by_test_id("stJson")).to_contain_text("mirror=True")
    expect(page.locator(".live")).to_have_attribute("data-mirror", "")
    page.context.close()


def test_a_recording_is_plain_to_see_and_not_ended_by_a_slip(browser, app):
    page = open_stage(browser, app, RECORDING)
    start(page)
    expect(page.locator(".badge")).to_have_text(re.compile(r"REC \d+:\d\d · 1,240 samples"))

    page.get_by_text("Room", exact=True).scroll_into_view_if_needed()
    page.mouse.move(1000, 700)
    page.mouse.wheel(0, 3000)
    expect(page.locator(".pill")).to_be_visible()
    page.locator(".pill").click()
    expect(page.locator(".pill")).to_be_hidden()

    page.locator("body").press(" ")
    expect(page.locator(".toast")).to_have_text(re.compile("Space does not stop"))
    page.locator(".stop").click()
    expect(page.locator(".toast")).to_have_text(re.compile("Press Stop again"))
    expect(page.locator(".live")).to_have_attribute("data-state", "on")
    page.locator(".stop").click()
    expect(page.locator(".live")).to_have_attribute("data-state", "idle")
    page.context.close()


@pytest.mark.parametrize(
    ("query", "words", "kind", "may_start"),
    [
        ("?refused=The+server+is+full.", "The server is full.", "warn", True),
        ("?busy=Eight+people+are+watching.", "Eight people are watching.", "warn", False),
    ],
)
def test_a_server_that_is_full_is_said(browser, app, query, words, kind, may_start):
    page = open_stage(browser, app, query)

    expect(page.locator(".notice")).to_have_text(words)
    expect(page.locator(".line")).to_have_attribute("data-kind", kind)
    assert page.locator(".start").is_enabled() == may_start
    page.context.close()


def test_use_a_picture_reaches_python(browser, app):
    page = open_stage(browser, app)

    page.locator(".pick").click()
    expect(page.get_by_test_id("stJson")).to_contain_text("picture=True")
    page.context.close()
