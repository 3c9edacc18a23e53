"""The core jobs by keyboard alone: record, analyse, compare, train and make live, delete.

Only Tab, Shift+Tab, Enter, Space, arrows and typing; a file is chosen in the browser's own dialog.
"""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FileChooser, Locator, Page

from app.store.database import open_store
from tests.helpers.browser import studio
from tests.helpers.browser.page_states import fill_home, wait_until_drawn, write_media
from tests.helpers.browser.training_page import TRAINING_MS, wait_for_report, write_zip
from tests.helpers.store_builders import make_participant, make_session

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

DIALOG_S = 40.0
HAS_FOCUS = """(elements) => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return elements.includes(one);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[studio.Server]:
    """One app for the jobs that do not mind each other."""
    home = tmp_path_factory.mktemp("home")
    fill_home(home)
    with studio.serve(environment={"FER_HOME": str(home)}) as running:
        yield running


def open_at(browser: Browser, url: str) -> Page:
    page = studio.new_tab(browser)
    page.goto(url)
    wait_until_drawn(page)
    return page


def tab_to(page: Page, wanted: Locator, *, back: bool = False, most: int = 80) -> None:
    """Press Tab, or Shift+Tab, until what is wanted has the focus, in a component too."""
    wanted.first.wait_for(state="attached")
    for _ in range(most):
        if wanted.evaluate_all(HAS_FOCUS):
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"no key leads to {wanted}")


def choose_files(page: Page, *files: Path) -> None:
    """By the upload field's button, which opens the browser's own dialog.

    A press is lost while the page is drawn anew, so it is made again. A dialog that opens late must be caught too: the
    browser opens no second one beside it.
    """
    opened: list[FileChooser] = []

    def catch(dialog: FileChooser) -> None:
        opened.append(dialog)

    page.on("filechooser", catch)
    for _ in range(3):
        tab_to(page, page.get_by_role("button", name="Upload", exact=True))
        page.keyboard.press("Enter")
        deadline = time.monotonic() + DIALOG_S
        while not opened and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        if opened:
            break
    page.remove_listener("filechooser", catch)
    assert opened, "no dialog for files opens"
    opened[0].set_files([str(file) for file in files])


def test_a_film_is_analysed_by_keyboard_alone(browser: Browser, server: studio.Server, tmp_path: Path) -> None:
    page = open_at(browser, f"{server.url}/analyse")
    choose_files(page, *write_media(tmp_path))
    start = page.locator(".st-key-analyse_start button:enabled")
    tab_to(page, start)
    page.keyboard.press("Enter")

    page.get_by_role("button", name="New analysis").wait_for()
    page.locator(".js-plotly-plot .scatterlayer").first.wait_for()
    tab_to(page, page.get_by_role("button", name="Downloads"))
    page.keyboard.press("Enter")
    csv = page.get_by_role("button", name="CSV")
    tab_to(page, csv)
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename == "fer-studio-analysis.csv"
    page.keyboard.press("Escape")

    tab_to(page, page.get_by_role("slider", name="Position in the video"))
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.locator("video").evaluate("video => video.currentTime") > 0
    page.context.close()


def test_two_sessions_are_compared_by_keyboard_alone(browser: Browser, server: studio.Server) -> None:
    page = open_at(browser, f"{server.url}/sessions")
    for count, title in enumerate(("Talk 1", "Talk 2"), start=1):
        tab_to(page, page.get_by_role("checkbox", name=f"Select {title}"))
        page.keyboard.press("Space")
        page.get_by_text(f"{count} selected").wait_for()
    compare = page.get_by_role("button", name="Compare 2")
    tab_to(page, compare, back=True)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Comparison").wait_for()
    page.get_by_text("Talk 1 compared with Talk 2").wait_for()
    wait_until_drawn(page)
    tab_to(page, page.locator(".st-key-compare_back button"))
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="Sessions").wait_for()
    page.context.close()


def test_a_network_is_trained_and_made_live_by_keyboard_alone(
    browser: Browser, server: studio.Server, tmp_path: Path
) -> None:
    page = open_at(browser, f"{server.url}/train")
    choose_files(page, write_zip(tmp_path))
    wait_for_report(page)
    wait_until_drawn(page)
    tab_to(page, page.locator("summary", has_text="All networks and settings"))
    page.keyboard.press("Enter")
    network = page.get_by_role("combobox", name="Network")
    tab_to(page, network)
    page.keyboard.type("baseline_cnn")
    page.get_by_role("option", name="baseline_cnn").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("baseline_cnn · ")).wait_for()
    tab_to(page, page.get_by_label("Epochs", exact=True))
    page.keyboard.type("1")  # Tab has selected what stood there
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("baseline_cnn · 1 epoch ")).wait_for()
    tab_to(page, page.get_by_role("button", name="Start training"))
    page.keyboard.press("Enter")

    use = page.get_by_role("button", name="Use for live video")
    use.wait_for(timeout=TRAINING_MS)
    wait_until_drawn(page)
    tab_to(page, use)
    page.keyboard.press("Enter")
    sure = page.get_by_role("button", name="Use it")
    tab_to(page, sure)
    page.keyboard.press("Enter")
    page.get_by_text("is now used for live video").wait_for()
    tab_to(page, page.get_by_role("button", name="Undo"))
    page.context.close()


def test_a_participant_is_deleted_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'sessions' / 'sessions.sqlite3'}")
    make_session(store, make_participant(store, "Ada"))
    store.close()
    with studio.serve(environment={"FER_HOME": str(tmp_path)}) as server:
        page = studio.new_tab(browser)
        page.goto(f"{server.url}/data")
        wait_until_drawn(page)
        tab_to(page, page.locator(".st-key-data_delete_1 button"))
        page.keyboard.press("Enter")
        page.locator("[data-testid=stPopoverBody] input").wait_for()
        tab_to(page, page.locator("[data-testid=stPopoverBody] input"))
        page.keyboard.type("Ada")
        tab_to(page, page.locator(".st-key-data_delete_sent_1 button"))
        page.keyboard.press("Enter")
        page.get_by_text("Ada: deleted with 1 session.").wait_for()
        page.get_by_text("No participants yet.").wait_for()
        page.context.close()


@pytest.mark.video
def test_a_session_is_recorded_by_keyboard_alone(happy_camera: Path, tmp_path: Path) -> None:
    with (
        studio.serve(environment={"FER_HOME": str(tmp_path)}) as server,
        studio.chromium(camera=happy_camera) as browser,
    ):
        _, page = studio.open_page(browser, server.url)
        wait_until_drawn(page)
        tab_to(page, page.locator("button.start"))
        page.keyboard.press("Enter")
        studio.wait_until_playing(page)
        tab_to(page, page.locator(".st-key-record_start button"))
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_text("I agree").wait_for()
        tab_to(page, page.locator("[role=dialog] .st-key-record_participant input"))
        page.keyboard.type("P01")
        page.keyboard.press("Enter")
        tab_to(page, page.locator("[role=dialog] .st-key-record_agree button"))
        page.keyboard.press("Enter")
        page.locator(".fer-rec").filter(has_text=re.compile(r"· [1-9]\d* sample")).wait_for()
        tab_to(page, page.locator(".st-key-record_stop button"))
        page.keyboard.press("Enter")
        page.get_by_text(re.compile(r"Saved: \d+:\d+, \d+ samples?")).wait_for()
