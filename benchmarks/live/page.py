"""The live page in a browser, for measurements: its video, its Start button, and what the probe sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Locator, Page

from benchmarks.scene import STRIP_BITS
from tests.helpers.browser import studio

PROBE: Final = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8").replace("STRIP_BITS", str(STRIP_BITS))
READY_MS: Final = 90_000


def open_tab(browser: Browser, *, size: tuple[int, int] = studio.DESKTOP) -> Page:
    """An empty tab with the probe."""
    page = studio.new_tab(browser, size=size, allow=True)
    page.context.add_init_script(PROBE)
    return page


@contextmanager
def closing(page: Page) -> Iterator[Page]:
    """The tab, and its visitor's end."""
    try:
        yield page
    finally:
        page.context.close()


def start_button(page: Page) -> Locator:
    """The stage's own."""
    return page.get_by_role("button", name="Start", exact=True).first


def video(page: Page) -> Locator:
    """The video that a person looks at."""
    return page.locator("video:visible").first


def start(page: Page, url: str) -> Locator:
    """Open the live page, press Start, and wait until the video moves and a face has been found; gives the video."""
    page.goto(url, wait_until="domcontentloaded")
    start_button(page).click(timeout=READY_MS)
    shown = video(page)
    shown.wait_for(timeout=READY_MS)
    page.wait_for_function(
        "() => [...(window.ferFeeds?.values() ?? [])].some((feed) => feed.latest?.faces.length)", timeout=READY_MS
    )
    shown.evaluate(
        "async (video) => { while (!video.videoWidth) await new Promise((resolve) => setTimeout(resolve, 100)); }"
    )
    return shown
