"""Start the real app and drive it in headless Chromium, with a clip as its camera. Used by tests, benchmarks and
the pictures in docs/.
"""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.helpers import REPOSITORY
from tests.helpers.processes import end

LOOPBACK = "127.0.0.1"
DESKTOP, PHONE = (1280, 900), (390, 844)
PATIENCE_S = 120
"""For steps that no test bounds: seconds on a free machine, and none should fail because it is not free."""
CHROMIUM_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
)
_browsers: list[Browser] = []


@dataclass(frozen=True)
class Server:
    """A running app: its address and its process."""

    url: str
    process: subprocess.Popen[bytes]


def chromium_path() -> str | None:
    """The system's Chromium or Chrome, if there is one."""
    return next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)


@contextlib.contextmanager
def serve(
    *,
    environment: Mapping[str, str] | None = None,
    entry: str = "app/main.py",
    port: int | None = None,
    log: Path | None = None,
) -> Iterator[Server]:
    """The app on a loopback port, a free one by default, as `make run` starts it, with a home folder of its own.

    With `log`, what it prints goes to that file.
    """
    port = port or free_port()
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log is not None else None
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", entry, "--server.port", str(port), "--server.address", LOOPBACK],
            cwd=REPOSITORY,
            env=os.environ | {"FER_HOME": home, "MALLOC_ARENA_MAX": "2"} | dict(environment or {}),
            stdout=out,
            stderr=subprocess.STDOUT if out is not None else None,
        )
        try:
            url = f"http://{LOOPBACK}:{port}"
            _wait_until_healthy(url, process)
            yield Server(url, process)
        finally:
            end(process)


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with status {process.returncode} before it answered")
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=2),
        ):
            return
        time.sleep(0.2)
    raise TimeoutError(f"the app did not answer at {url} within {timeout_s:.0f} s")


@contextlib.contextmanager
def chromium(*, camera: Path | None, flags: tuple[str, ...] = (), allow: bool = True) -> Iterator[Browser]:
    """Headless Chromium whose camera plays `camera`, or one with no camera at all."""
    device = (f"--use-file-for-fake-video-capture={camera}",) if camera else ()
    asked = ("--use-fake-ui-for-media-stream",) if allow else ()
    base = CHROMIUM_FLAGS if camera else tuple(f for f in CHROMIUM_FLAGS if "fake-device" not in f)
    playwright: Playwright
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=[*base, *device, *asked, *flags], headless=True
        )
        _browsers.append(browser)
        try:
            yield browser
        except BaseException:
            print(what_pages_show())  # they are gone when pytest writes its report
            raise
        finally:
            _browsers.remove(browser)
            browser.close()


def what_pages_show() -> str:
    """Of each open page its address, its errors and its words: for the report of a test that failed."""
    pages = [page for browser in _browsers for context in browser.contexts for page in context.pages]
    return "\n\n".join(_what_shows(page) for page in pages)


def _what_shows(page: Page) -> str:
    try:
        errors = [str(error) for error in page.page_errors()]
        words = page.locator("body").inner_text(timeout=5_000)
    except PlaywrightError as error:
        return f"{page.url} does not answer: {error}"
    return f"{page.url}\nErrors: {errors or 'none'}\n{words.strip() or '(a blank page)'}\n{_in_components(page)}"


def _in_components(page: Page) -> str:
    """What stands where a page's own text does not reach: the stage's line, and the stream's frame."""
    parts = [*page.locator(".notice, .figures, .panel .fer-now").all()]
    for frame in page.frames[1:]:
        parts += frame.locator("body").all()
    with contextlib.suppress(PlaywrightError):
        return " | ".join(part.inner_text(timeout=2_000) for part in parts)
    return ""


def open_page(
    browser: Browser,
    url: str,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    allow: bool = True,
    init_script: str = "",
) -> tuple[BrowserContext, Page]:
    """A fresh tab at the app's first page, once it is drawn; `init_script` runs first in each of its frames."""
    page = new_tab(browser, size=size, dark=dark, allow=allow)
    if init_script:
        page.context.add_init_script(init_script)
    page.goto(url, wait_until="domcontentloaded")
    page.locator("button.start").wait_for()
    return page.context, page


def new_tab(
    browser: Browser,
    *,
    size: tuple[int, int] = DESKTOP,
    dark: bool = False,
    allow: bool = False,
    offline: bool = False,
    **more: Any,
) -> Page:
    """An empty tab of a visitor of its own, patient in all its waiting; `more` goes to Playwright's `new_context`."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        permissions=["camera"] if allow else [],
        offline=offline,
        **more,
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    return context.new_page()


def go_to(page: Page, title: str) -> None:
    """By the navigation, as people do: the tab's session goes on.

    Streamlit can lose a click on it: what the stream's frame says of itself while the page is being drawn asks for a
    run of the old page, and of two waiting runs only the later one is made, at once or a moment after the new page was
    there. People click again; so does this.
    """
    address = re.compile(r"//[^/]+/(live)?(\?.*)?$" if title == "Live" else rf"/{title.lower().split()[-1]}(\?.*)?$")
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if address.search(page.url):
            page.wait_for_timeout(1_500)
            if address.search(page.url):
                return
        page.get_by_role("link", name=title).first.click()
        with contextlib.suppress(PlaywrightTimeoutError):
            page.wait_for_url(address, timeout=5_000)
    raise TimeoutError(f"the navigation does not lead to {title}; the page is {page.url}")


def unfold(page: Page, title: str, inside: Locator) -> None:
    """Open the expander of that title, until what is inside can be seen."""
    click_until(page.get_by_text(title), inside)


def click_until(target: Locator, sign: Locator) -> None:
    """Click until the sign is there.

    A click is lost where the page is drawn anew between the pointer's down and up, now and then on a busy machine.
    People click again; so does this.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(PlaywrightTimeoutError):  # what a late click leads to may have no such target
            target.click(timeout=5_000)
        with contextlib.suppress(PlaywrightTimeoutError):
            sign.wait_for(timeout=5_000)
            return
    raise TimeoutError(f"a click on {target} has no effect")


def press_start(page: Page) -> None:
    """Press the stage's Start button."""
    page.locator("button.start").click()


def press_stop(page: Page) -> None:
    """Press the stage's Stop button."""
    page.locator(".tools .stop").click()


def wait_until_playing(page: Page, timeout_s: float = 60, *, patient: bool = True) -> None:
    """Until the stage's video moves and is connected to the server.

    A stream that falls back to Start while it connects, once in some hundred times on a busy machine, is started once
    more, as people do; with `patient` off that is an error.
    """
    deadline = time.monotonic() + timeout_s
    fallen_back_at: float | None = None
    while time.monotonic() < deadline:
        if not page.locator("button.start").is_visible():
            fallen_back_at = None
            with contextlib.suppress(PlaywrightTimeoutError):
                if frames_shown(page, timeout_ms=2_000) > 5 and page.locator(".figures").inner_text():
                    return
        else:
            fallen_back_at = fallen_back_at or time.monotonic()
            if time.monotonic() - fallen_back_at > 5 and patient:
                print("The stream fell back to Start; it is started once more.")
                patient = False
                press_start(page)
        page.wait_for_timeout(100)
    raise TimeoutError(f"no video within {timeout_s:.0f} s")


def wait_for_frames(page: Page, *, more_than: int, timeout_s: float = 30) -> None:
    """Until the stage's video has shown more pictures than that: it goes on, however slow the machine is."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if frames_shown(page) > more_than:
            return
        page.wait_for_timeout(100)
    raise TimeoutError(f"no more than {more_than} pictures of the video within {timeout_s:.0f} s")


def frames_shown(page: Page, *, timeout_ms: float = 30_000) -> int:
    """Pictures of the stage's video so far; its clock would run on without any."""
    video = page.locator(".stage video")
    return int(
        video.evaluate("v => v.srcObject ? v.getVideoPlaybackQuality().totalVideoFrames : 0", timeout=timeout_ms)
    )


def notice(page: Page) -> str:
    """The line below the stage."""
    return page.locator(".notice").first.inner_text()


def clip_as_camera(clip: Path, output: Path) -> Path:
    """Re-code a clip to the MJPEG file that Chromium plays, in a loop and at 30 frames per second, as its camera."""
    with av.open(str(clip)) as container:
        frames = (frame.to_ndarray(format="bgr24") for frame in container.decode(video=0))
        return frames_as_camera(frames, output)


def frames_as_camera(frames: Iterable[np.ndarray], output: Path, *, width: int = 640, height: int = 480) -> Path:
    """Write frames, letterboxed, as a stream of JPEGs."""
    with output.open("wb") as out:
        for frame in frames:
            _, data = cv2.imencode(".jpg", _letterbox(frame, width, height), [cv2.IMWRITE_JPEG_QUALITY, 92])
            out.write(data.tobytes())
    return output


def _letterbox(frame: np.ndarray, width: int, height: int) -> np.ndarray:
    scale = min(width / frame.shape[1], height / frame.shape[0])
    small = cv2.resize(frame, (round(frame.shape[1] * scale), round(frame.shape[0] * scale)))
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas
