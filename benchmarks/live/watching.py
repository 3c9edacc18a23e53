"""One viewer, with the browser on the same cores: pictures shown, against a page that only shows the camera."""

import contextlib
import functools
import http.server
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import psutil
from playwright.sync_api import Browser, Locator, Page

from benchmarks.live import page as live_page
from benchmarks.live.app import MODES, detector, serve_app
from benchmarks.machine import OtherWork, ProcessorTime, processor
from benchmarks.scene import frames, numbered
from benchmarks.table import print_table
from tests.helpers.browser import studio

CAMERA_FRAMES: Final = 600
CAMERA_PER_S: Final = 30
WARM_UP_S: Final = 5
COMPARE_S: Final = 3
HEADER: Final = [
    "page",
    "pictures/s shown",
    "of the bare preview",
    "added to the camera's own picture, ms",
    "results/s",
    "page's main thread, % of a core",
    "browser, % of a core",
    "server, % of a core",
    "other work, % of a core",
]


@dataclass(frozen=True)
class Watched:
    """What one tab showed.

    Attributes:
        shown_per_s: pictures of the video that reached the screen.
        results_per_s: heard by the page; None for a page without.
        added_ms: the picture's age beyond that of the camera's own; None where it was not asked.
        thread_percent: of one core, the page's main thread.
        browser_percent: of one core, all of the browser.
        server_percent: of one core; None without a server.
        other_percent: of one core, other programs.
    """

    shown_per_s: float
    results_per_s: float | None
    added_ms: float | None
    thread_percent: float
    browser_percent: float
    server_percent: float | None
    other_percent: float

    def cells(self, name: str, *, bare_per_s: float) -> list[object]:
        """A row of the table."""
        return [
            name,
            f"{self.shown_per_s:.1f}",
            f"{self.shown_per_s / bare_per_s:.1%}",
            _or_dash(self.added_ms),
            _or_dash(self.results_per_s, 1),
            f"{self.thread_percent:.0f}",
            f"{self.browser_percent:.0f}",
            _or_dash(self.server_percent),
            f"{self.other_percent:.0f}",
        ]


def table(*, seconds: float) -> None:
    """Print the table; the bare preview is measured before and after, and its mean is the measure."""
    with tempfile.TemporaryDirectory() as folder:
        scene = frames(width=640, height=480, count=CAMERA_FRAMES)
        numbers = (numbered(frame, i) for i, frame in enumerate(scene))
        camera = studio.frames_as_camera(numbers, Path(folder) / "camera.mjpeg")
        with studio.chromium(camera=camera) as browser:
            before = _watch_preview(browser, seconds)
            pages = {name: _watch_app(browser, seconds, returned=returned) for name, returned in MODES.items()}
            after = _watch_preview(browser, seconds)
    bare_per_s = (before.shown_per_s + after.shown_per_s) / 2
    rows = {"bare preview, before": before, **pages, "bare preview, after": after}
    title = f"One viewer, camera of 640x480 at {CAMERA_PER_S}/s, {detector()}, browser and server on {processor()}"
    print_table(title, HEADER, [seen.cells(name, bare_per_s=bare_per_s) for name, seen in rows.items()])


def added_ms(pairs: Sequence[tuple[int | None, int | None]]) -> float | None:
    """Mean time by which the second of two pictures is older than the first, both seen at the same moment.

    Args:
        pairs: number of the camera's frame in each, None where it could not be read.
    """
    ages = [(own - shown) % CAMERA_FRAMES for own, shown in pairs if own is not None and shown is not None]
    near = [age if age < CAMERA_FRAMES / 2 else age - CAMERA_FRAMES for age in ages]
    return float(np.mean(near)) * 1000 / CAMERA_PER_S if near else None


def _watch_preview(browser: Browser, seconds: float) -> Watched:
    with _preview() as url, live_page.closing(live_page.open_tab(browser)) as page:
        page.goto(url)
        video = live_page.video(page)
        video.evaluate("async (v) => { while (!v.videoWidth) await new Promise((r) => setTimeout(r, 100)); }")
        return _watch(page, video, seconds, server=None)


def _watch_app(browser: Browser, seconds: float, *, returned: bool) -> Watched:
    with serve_app(returned=returned) as server, live_page.closing(live_page.open_tab(browser)) as page:
        return _watch(page, live_page.start(page, server.url), seconds, server=server)


def _watch(page: Page, video: Locator, seconds: float, *, server: studio.Server | None) -> Watched:
    page.wait_for_timeout(WARM_UP_S * 1000)
    video.evaluate("(video) => { ferProbe.count(video); ferProbe.hear(); }")
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # else waiting for a core would count
    server_time = ProcessorTime(server.process.pid) if server else None
    browser_time, busy_s = ProcessorTime(_browser_pid()), _task_s(session.send("Performance.getMetrics"))
    with OtherWork() as other:
        page.wait_for_timeout(seconds * 1000)
        thread_s = _task_s(session.send("Performance.getMetrics")) - busy_s
        browser_percent, server_percent = browser_time.percent, server_time.percent if server_time else None
    counted, heard = page.evaluate("() => [ferProbe.counted, ferProbe.heard]")
    (t0, n0), (t1, n1) = counted["first"], counted["last"]
    pairs = video.evaluate("(video, seconds) => ferProbe.compare(video, seconds)", COMPARE_S) if server else []
    return Watched(
        shown_per_s=(n1 - n0) / (t1 - t0) * 1000,
        results_per_s=heard / seconds if server else None,
        added_ms=added_ms(pairs),
        thread_percent=thread_s / seconds * 100,
        browser_percent=browser_percent,
        server_percent=server_percent,
        other_percent=other.percent,
    )


def _task_s(metrics: dict[str, list[dict[str, float | str]]]) -> float:
    return next(float(metric["value"]) for metric in metrics["metrics"] if metric["name"] == "TaskDuration")


def _browser_pid() -> int:
    children = psutil.Process().children(recursive=True)
    browser = next(
        child for child in children if "chrom" in child.name() and "--type=" not in " ".join(child.cmdline())
    )
    return int(browser.pid)


@contextlib.contextmanager
def _preview() -> Iterator[str]:
    """A page that shows the camera's picture; gives its address."""
    text = (Path(__file__).parent / "preview.html").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index.html").write_text(text.replace("WIDTH", "1280").replace("HEIGHT", "720"))
        handler = functools.partial(_Quiet, directory=folder)
        server = http.server.ThreadingHTTPServer((studio.LOOPBACK, 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{studio.LOOPBACK}:{server.server_port}/"
        finally:
            server.shutdown()
            server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _or_dash(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
