"""Everybody can use every page: axe-core finds nothing serious, headings are in order, nothing jumps from page to page,
and nothing moves for who wants no motion. What is done by keyboard alone is in test_by_keyboard.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from app.access.passphrase import hash_passphrase
from tests.helpers.browser import studio
from tests.helpers.browser.axe import assert_headings_in_order, findings
from tests.helpers.browser.page_states import STATES, fill_home, open_state, wait_until_drawn

pytestmark = pytest.mark.browser

MOVING: Final = """() => document.getAnimations({ subtree: true })
  .filter((one) => one.playState === "running").map((one) => `${one.animationName ?? one.transitionProperty} of
  ${one.effect.target.outerHTML.slice(0, 150)}`)"""
LOOKS: Final = {"desktop-light": (studio.DESKTOP, False), "phone-dark": (studio.PHONE, True)}
PATIENCE_MS: Final = studio.PATIENCE_S * 1000
PAGES: Final = ("Live", "Analyse", "Sessions", "History", "Train", "Models", "Your data", "System")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[studio.Server]:
    """One app for all pages, with something to show on each."""
    home = tmp_path_factory.mktemp("home")
    fill_home(home)
    with studio.serve(environment={"FER_HOME": str(home)}) as server:
        yield server


@pytest.fixture(scope="module", params=LOOKS)
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """One tab for all states in a look: it loads the app's own files once."""
    size, dark = LOOKS[request.param]
    page = studio.new_tab(browser, size=size, dark=dark, bypass_csp=True)
    yield page
    page.context.close()


@pytest.mark.parametrize("name", STATES)
def test_a_page_can_be_used_by_everyone(tab: Page, filled: studio.Server, name: str, tmp_path: Path) -> None:
    open_state(tab, filled.url, STATES[name], tmp_path)
    assert findings(tab) == []
    assert_headings_in_order(tab)


def test_the_way_in_can_be_used_by_everyone(browser: Browser) -> None:
    environment = {"FER_PASSPHRASE_HASH": str(hash_passphrase("correct horse")), "FER_PASSPHRASE_ROLE": "recorder"}
    with studio.serve(environment=environment) as server:
        page = studio.new_tab(browser, bypass_csp=True)
        page.goto(server.url)
        page.get_by_label("Passphrase").wait_for()
        assert findings(page) == []
        assert_headings_in_order(page)
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
        assert_headings_in_order(page)
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


def test_nothing_moves_for_who_wants_no_motion(browser: Browser, filled: studio.Server, tmp_path: Path) -> None:
    page = studio.new_tab(browser, reduced_motion="reduce")
    for name in ("live", "sessions", "session, overview", "comparison", "train, run", "data"):
        open_state(page, filled.url, STATES[name], tmp_path)
        assert page.evaluate(MOVING) == [], name
    page.get_by_role("button", name="Edit").first.click()
    assert page.evaluate(MOVING) == []
    page.context.close()
