"""Everybody can use every page: axe-core finds nothing serious, headings are in order, nothing jumps from page to page,
and nothing moves for who wants no motion.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from app.access.passphrase import hash_passphrase
from app.store.database import open_store
from tests.helpers.browser import studio
from tests.helpers.history_store import fill
from tests.helpers.store_builders import make_participant, make_session

pytestmark = pytest.mark.browser

AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
"""axe-core itself; the package is a way to pin it."""
FINDINGS: Final = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"], iframes: false });
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).flatMap((one) =>
    one.nodes.map((node) => `${one.impact} ${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 200)}`));
}"""
HEADINGS: Final = """() => {
  const found = [];
  const look = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const isHeading = /^H[1-6]$/.test(element.tagName) && element.checkVisibility();
      if (isHeading) found.push(`${element.tagName} ${element.innerText}`);
      if (element.shadowRoot) look(element.shadowRoot);
    }
  };
  look(document);
  return found;
}"""
MOVING: Final = """() => document.getAnimations({ subtree: true })
  .filter((one) => one.playState === "running").map((one) => `${one.animationName ?? one.transitionProperty} of
  ${one.effect.target.outerHTML.slice(0, 150)}`)"""
LOOKS: Final = {"desktop-light": (studio.DESKTOP, False), "phone-dark": (studio.PHONE, True)}
PATIENCE_MS: Final = studio.PATIENCE_S * 1000
PAGES: Final = ("Live", "Analyse", "Sessions", "History", "Train", "Models", "Your data", "System")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with studio.chromium(camera=None) as browser:
        yield browser


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[studio.Server]:
    """An app with some weeks of one participant, and a few sessions of another."""
    home = tmp_path_factory.mktemp("home")
    store = open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")
    now = datetime.now(UTC).replace(minute=0)
    fill(store, "P01", first=now - timedelta(days=31))
    ada = make_participant(store, "Ada")
    for days in (3, 2, 1):
        make_session(store, ada, started_at=now - timedelta(days=days))
    store.close()
    with studio.serve(environment={"FER_HOME": str(home)}) as server:
        yield server


@dataclass(frozen=True)
class State:
    """A state of a page: its address, and what is done there until `shown`, a selector, can be seen."""

    address: str
    shown: str
    reach: Callable[[Page], None] = lambda page: None


def by_button(name: str) -> Callable[[Page], None]:
    """Presses the first button of that name."""

    def reach(page: Page) -> None:
        page.get_by_role("button", name=name, exact=True).first.click()

    return reach


def choose_thirty_days(page: Page) -> None:
    page.get_by_text("30 days", exact=True).click()


def unfold_settings(page: Page) -> None:
    page.get_by_text("Settings", exact=True).click()


def ask_for_keys(page: Page) -> None:
    page.keyboard.press("?")


STATES: Final = {
    "live": State("", "button.start"),
    "live, consent": State("", "[role=dialog] >> text=I agree", by_button("Record")),
    "live, settings": State("", "text=Boxes exactly on the faces", unfold_settings),
    "live, keys": State("", "dialog.help[open]", ask_for_keys),
    "live, picture": State("", "[data-testid=stFileUploader]", by_button("Use a picture")),
    "analyse": State("analyse", "[data-testid=stFileUploader]"),
    "sessions": State("sessions", "[class*=st-key-session_open_]"),
    "history": State("history", ".js-plotly-plot"),
    "train": State("train", "[data-testid=stFileUploader]"),
    "models": State("models", ".fer-table"),
    "data": State("data", ".fer-person"),
    "data, edit": State("data", "[data-testid=stPopoverBody] textarea", by_button("Edit")),
    "data, delete": State("data", "[data-testid=stPopoverBody] button", by_button("Delete")),
    "data, retention": State("data", ".st-key-data_days_sent button", choose_thirty_days),
    "system": State("system", "text=The same in a terminal"),
}


def open_state(page: Page, url: str, state: State) -> None:
    """The page of that state, drawn to its end."""
    page.goto(f"{url}/{state.address}")
    wait_until_drawn(page)
    state.reach(page)
    page.locator(state.shown).first.wait_for()
    wait_until_drawn(page)


def wait_until_drawn(page: Page) -> None:
    """Until the page's run has ended and its parts have come."""
    page.locator("[data-testid=stEvent] style").first.wait_for(state="attached")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning] h1").first.wait_for()
    page.wait_for_timeout(800)


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    page.evaluate(f"{AXE}\n;0")
    found: Any = page.evaluate(FINDINGS)
    return list(found)


def assert_in_order(page: Page) -> None:
    """One H1 before all others, and no level is left out on the way down."""
    found: list[str] = page.evaluate(HEADINGS)
    levels = [int(head[1]) for head in found]
    assert levels[:1] == [1], found
    assert levels.count(1) == 1, found
    assert all(below <= above + 1 for above, below in pairwise(levels)), found


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("name", STATES)
def test_a_page_can_be_used_by_everyone(browser: Browser, filled: studio.Server, name: str, look: str) -> None:
    size, dark = LOOKS[look]
    page = studio.new_tab(browser, size=size, dark=dark, bypass_csp=True)
    open_state(page, filled.url, STATES[name])
    assert findings(page) == []
    assert_in_order(page)
    page.context.close()


def test_the_way_in_can_be_used_by_everyone(browser: Browser) -> None:
    environment = {"FER_PASSPHRASE_HASH": str(hash_passphrase("correct horse")), "FER_PASSPHRASE_ROLE": "recorder"}
    with studio.serve(environment=environment) as server:
        page = studio.new_tab(browser, bypass_csp=True)
        page.goto(server.url)
        page.get_by_label("Passphrase").wait_for()
        assert findings(page) == []
        assert_in_order(page)
        page.get_by_label("Passphrase").fill("correct horse")
        page.keyboard.press("Enter")
        page.get_by_text("Signed in by passphrase").wait_for()
        wait_until_drawn(page)
        assert findings(page) == []
        page.set_viewport_size({"width": studio.PHONE[0], "height": studio.PHONE[1]})
        page.wait_for_timeout(500)
        assert findings(page) == []
        page.context.close()


def test_axe_finds_what_is_wrong(browser: Browser, filled: studio.Server) -> None:
    page = studio.new_tab(browser, bypass_csp=True)
    page.goto(f"{filled.url}/data")
    wait_until_drawn(page)
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=x><h5>Deep</h5>')")
    assert any("image-alt" in finding for finding in findings(page))
    with pytest.raises(AssertionError, match="Deep"):
        assert_in_order(page)
    page.context.close()


def places(page: Page) -> dict[str, tuple[float, float]]:
    """Where the logo and the links of the menu are, in pixels."""
    found: dict[str, tuple[float, float]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-testid=stTopNavLink]")].map((link) => {
          const place = link.getBoundingClientRect();
          return [link.innerText.trim().split("\\n").pop(), [place.x, place.y]];
        }))"""
    )
    return found


@pytest.mark.parametrize("width", [1440, 1024])
def test_the_menu_stays_where_it_is_from_page_to_page(browser: Browser, filled: studio.Server, width: int) -> None:
    page = studio.new_tab(browser, size=(width, 800))
    page.goto(filled.url)
    wait_until_drawn(page)
    first = places(page)
    assert set(first) == set(PAGES), "none is hidden behind “more”"
    for title in PAGES[1:]:
        studio.go_to(page, title)
        wait_until_drawn(page)
        assert places(page) == first, title
    page.context.close()


@pytest.mark.parametrize("size", [studio.DESKTOP, studio.PHONE])
def test_the_sidebar_closes_and_opens(browser: Browser, filled: studio.Server, size: tuple[int, int]) -> None:
    page = studio.new_tab(browser, size=size)
    page.goto(filled.url)
    wait_until_drawn(page)
    panel = page.locator(".panel").first
    panel.wait_for(state="attached")
    opens, closes = page.get_by_test_id("stExpandSidebarButton"), page.get_by_test_id("stSidebarCollapseButton")
    if size == studio.DESKTOP:
        expect(panel).to_be_in_viewport(timeout=PATIENCE_MS)
        closes.get_by_role("button").click()
    expect(panel).not_to_be_in_viewport(timeout=PATIENCE_MS)
    if size == studio.PHONE:
        assert opens.evaluate("one => getComputedStyle(one, '::after').content") == '"Menu"'
    opens.click()
    expect(panel).to_be_in_viewport(timeout=PATIENCE_MS)
    closes.get_by_role("button").click()
    expect(panel).not_to_be_in_viewport(timeout=PATIENCE_MS)
    page.context.close()


def test_nothing_moves_for_who_wants_no_motion(browser: Browser, filled: studio.Server) -> None:
    page = studio.new_tab(browser, reduced_motion="reduce")
    for name in ("live", "sessions", "data"):
        open_state(page, filled.url, STATES[name])
        assert page.evaluate(MOVING) == [], name
    page.get_by_role("button", name="Edit").first.click()
    assert page.evaluate(MOVING) == []
    page.context.close()


def tab_to(page: Page, selector: str, *, most: int = 80) -> None:
    """Press Tab until an element of that selector has the focus, in a component too."""
    has_focus = """(selector) => {
      let one = document.activeElement;
      while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
      return Boolean(one?.matches(selector));
    }"""
    for _ in range(most):
        if page.evaluate(has_focus, selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no key leads to {selector}")


def test_a_participant_is_deleted_by_keyboard_alone(browser: Browser, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'sessions' / 'sessions.sqlite3'}")
    make_session(store, make_participant(store, "Ada"))
    store.close()
    with studio.serve(environment={"FER_HOME": str(tmp_path)}) as server:
        page = studio.new_tab(browser)
        page.goto(f"{server.url}/data")
        wait_until_drawn(page)
        tab_to(page, ".st-key-data_delete_1 button")
        page.keyboard.press("Enter")
        page.locator("[data-testid=stPopoverBody] input").wait_for()
        tab_to(page, "[data-testid=stPopoverBody] input")
        page.keyboard.type("Ada")
        tab_to(page, ".st-key-data_delete_sent_1 button")
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
        tab_to(page, "button.start")
        page.keyboard.press("Enter")
        studio.wait_until_playing(page)
        tab_to(page, ".st-key-record_start button")
        page.keyboard.press("Enter")
        page.get_by_role("dialog").get_by_text("I agree").wait_for()
        tab_to(page, "[role=dialog] .st-key-record_participant input")
        page.keyboard.type("P01")
        page.keyboard.press("Enter")
        tab_to(page, "[role=dialog] .st-key-record_agree button")
        page.keyboard.press("Enter")
        page.locator(".fer-rec").filter(has_text=re.compile(r"· [1-9]\d* sample")).wait_for()
        tab_to(page, ".st-key-record_stop button")
        page.keyboard.press("Enter")
        page.get_by_text(re.compile(r"Saved: \d+:\d+, \d+ samples?")).wait_for()
