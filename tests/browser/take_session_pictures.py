"""Take the pictures of recording, sessions and history; part of `make pictures`.

The session of a film needs the real clips (`FER_SHARED_DATA`); without them its pictures are left as they are.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from app.store.database import open_store
from app.store.participants import add_participant
from tests.conftest import SHARED_DATA
from tests.helpers.browser import studio
from tests.helpers.history_store import DAYS, fill
from tests.helpers.session_films import store_film

Shoot = Callable[[Page, str], None]
FILMS = ("sad_then_happy", "neutral_then_happy")


def take(home: Path, camera: Path, shoot: Shoot) -> None:
    """Take them all, of an app whose folder is `home`.

    Args:
        home: an empty folder.
        camera: a face for the recording.
        shoot: takes a page's picture under a name.
    """
    has_films = _fill_store(home)
    with studio.serve(environment={"FER_HOME": str(home)}) as server:
        with studio.chromium(camera=None) as browser:
            if has_films:
                _sessions(browser, server.url, shoot)
            _history(browser, server.url, shoot)
        with studio.chromium(camera=camera) as browser:
            _recording(browser, server.url, shoot)


def _fill_store(home: Path) -> bool:
    """Weeks of drawn values under one code, and the films under another; whether there are films."""
    store = open_store(f"sqlite:///{home / 'sessions' / 'sessions.sqlite3'}")
    fill(store, "P01 (drawn values)", first=datetime.now(UTC) - timedelta(days=DAYS + 1))
    clips = [SHARED_DATA / "clips" / f"{name}.mp4" for name in FILMS]
    has_films = all(clip.is_file() for clip in clips)
    if has_films:
        person = add_participant(store, "Film").id
        for minutes, clip in enumerate(clips):
            at = datetime.now(UTC) - timedelta(minutes=20 + minutes)
            store_film(store, clip, person, title=clip.stem.replace("_", " "), started_at=at, utc_offset_min=0)
    store.close()
    return has_films


def _sessions(browser: Browser, url: str, shoot: Shoot) -> None:
    for name, size, dark in (("session", studio.DESKTOP, False), ("session-phone-dark", studio.PHONE, True)):
        context, page = _tab(browser, f"{url}/sessions", size=size, dark=dark)
        page.get_by_role("button", name="sad then happy").click()
        page.locator(".js-plotly-plot .heatmaplayer").first.wait_for()
        page.wait_for_timeout(2500)
        shoot(page, name)
        context.close()
    context, page = _tab(browser, f"{url}/sessions")
    page.get_by_role("button", name="sad then happy").wait_for()
    page.wait_for_timeout(1500)
    shoot(page, "sessions")
    for count, box in enumerate(page.get_by_test_id("stCheckbox").all()[:2], start=1):
        box.click()
        label = "Compare" if count == 1 else f"Compare {count}"
        page.get_by_role("button", name=label, exact=True).wait_for()
    page.get_by_role("button", name="Compare 2").click()
    page.locator(".js-plotly-plot").nth(2).wait_for()
    page.wait_for_timeout(2500)
    shoot(page, "compare-sessions")
    context.close()


def _history(browser: Browser, url: str, shoot: Shoot) -> None:
    for name, size, dark in (("history", studio.DESKTOP, False), ("history-phone-dark", studio.PHONE, True)):
        context, page = _tab(browser, f"{url}/history", size=size, dark=dark)
        page.get_by_role("combobox", name="Participant").click()
        page.get_by_role("option", name="P01").click()
        page.get_by_text("Valence fell from").first.wait_for()
        page.wait_for_timeout(3000)
        page.get_by_text("What changed").first.evaluate("heading => heading.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(500)
        shoot(page, name)
        context.close()


def _recording(browser: Browser, url: str, shoot: Shoot) -> None:
    context, page = studio.open_page(browser, url)
    studio.press_start(page)
    studio.wait_until_playing(page)
    page.get_by_role("button", name="Record", exact=True).click()
    field = page.get_by_role("dialog").get_by_role("combobox").first
    field.fill("P02")
    field.press("Enter")
    page.wait_for_timeout(1500)
    shoot(page, "consent")
    page.get_by_role("button", name="I agree").click()
    page.locator(".fer-rec").wait_for()
    page.wait_for_timeout(8000)
    shoot(page, "recording")
    page.get_by_role("button", name="Stop recording").click()
    page.get_by_text("Saved:").wait_for()
    context.close()


def _tab(
    browser: Browser, url: str, *, size: tuple[int, int] = studio.DESKTOP, dark: bool = False
) -> tuple[BrowserContext, Page]:
    page = studio.new_tab(browser, size=size, dark=dark)
    page.goto(url, wait_until="domcontentloaded")
    return page.context, page
