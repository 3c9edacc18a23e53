"""Sign-in with a real provider, and by passphrase, in a real browser."""

import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from app.access.passphrase import hash_passphrase
from tests.helpers.browser import studio
from tests.helpers.browser.provider import ROLES, provider, secrets_file, sign_in

pytestmark = pytest.mark.browser

WORDS = "correct horse battery"
PAGES = {
    "viewer": {"Live"},
    "recorder": {"Live", "Analyse", "Sessions", "History", "Your data"},
    "trainer": {"Live", "Train", "Models"},
}
SAYS = {"viewer": "· watches", "recorder": "· records", "trainer": "· trains"}


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[studio.Server]:
    """An app that asks a provider."""
    port = studio.free_port()
    with provider() as url:
        secrets = secrets_file(tmp_path_factory.mktemp("secrets"), provider_url=url, app_port=port)
        environment = {"FER_ROLES": ROLES, "STREAMLIT_SECRETS_FILES": str(secrets)}
        with studio.serve(environment=environment, port=port) as server:
            yield server


def opened(browser: Browser, url: str) -> Page:
    page = studio.new_tab(browser)
    page.goto(url)
    return page


def pages_of(page: Page) -> set[str]:
    links = page.get_by_test_id("stTopNavLink")
    links.first.wait_for()
    return {text.strip().splitlines()[-1] for text in links.all_inner_texts()}


@pytest.mark.parametrize("account", ["viewer", "recorder", "trainer"])
def test_an_account_sees_the_pages_of_its_role(browser: Browser, signed: studio.Server, account: str) -> None:
    page = opened(browser, signed.url)
    sign_in(page, account)
    page.get_by_text(SAYS[account]).wait_for()
    expect(page.locator("button.start")).to_be_visible()
    if account != "viewer":  # one page needs no navigation
        assert pages_of(page) == PAGES[account]
    # A page that this role lacks is not there by its address either.
    missing = "sessions" if account == "trainer" else "train"
    page.goto(f"{signed.url}/{missing}")
    page.get_by_text("Page not found").wait_for()
    expect(page.locator("button.start")).to_be_visible()
    page.context.close()


def test_who_is_listed_nowhere_stays_outside_and_can_sign_out(browser: Browser, signed: studio.Server) -> None:
    page = opened(browser, signed.url)
    sign_in(page, "stranger")
    page.get_by_text("this account has no role on this server").wait_for()
    assert page.locator("button.start").count() == 0
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="End session").click()  # the provider asks
    page.get_by_role("button", name="Sign in").wait_for()
    page.context.close()


def test_uploads_downloads_and_results_are_refused_without_sign_in(signed: studio.Server) -> None:
    for path in ("/media/0.mp4", "/fer/sample", "/_stcore/upload_file/a/b"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(signed.url + path)
        assert refused.value.code == 401, path


def test_a_token_that_expires_ends_the_sign_in(browser: Browser, tmp_path: Path) -> None:
    port = studio.free_port()
    with provider(token_s=-20) as url:  # within the minute by which clocks may differ, so it ends while the test looks
        environment = {
            "FER_ROLES": ROLES,
            "STREAMLIT_SECRETS_FILES": str(secrets_file(tmp_path, provider_url=url, app_port=port)),
        }
        with studio.serve(environment=environment, port=port) as server:
            page = opened(browser, server.url)
            sign_in(page, "recorder")
            page.get_by_text("· records").wait_for()
            ended = page.get_by_text("Your sign-in has ended.")
            deadline = time.monotonic() + studio.PATIENCE_S
            while not ended.is_visible():
                assert time.monotonic() < deadline, page.locator("body").inner_text()
                page.reload()
                with contextlib.suppress(PlaywrightTimeoutError):
                    ended.wait_for(timeout=5_000)
            assert page.locator("button.start").count() == 0
            page.context.close()


def test_the_passphrase_admits_and_the_way_out_locks_again(browser: Browser) -> None:
    environment = {"FER_PASSPHRASE_HASH": str(hash_passphrase(WORDS)), "FER_PASSPHRASE_ROLE": "recorder"}
    with studio.serve(environment=environment) as server:
        page = opened(browser, f"{server.url}/sessions")
        page.get_by_label("Passphrase").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("This is not the passphrase.").wait_for()
        page.get_by_label("Passphrase").fill(WORDS)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_text("Signed in by passphrase").wait_for()
        page.wait_for_url("**/sessions")
        assert pages_of(page) == PAGES["recorder"]
        page.get_by_role("link", name="Sign out").click()
        page.get_by_label("Passphrase").wait_for()
        page.context.close()
