"""From the page's address to its Start button, from Start to the first label, and what is loaded before."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from playwright.sync_api import Browser

from benchmarks.live import page as live_page
from benchmarks.live.app import MODES, detector, serve_app
from benchmarks.machine import OtherWork, processor
from benchmarks.scene import frames
from benchmarks.table import print_table
from tests.helpers.browser import studio

TRIES: Final = 5
SETTLE_MS: Final = 2_000
CHART_CODE: Final = ("plotly", "vega", "echarts", "deckgl")
STREAMER: Final = "webrtc_streamer/index.html"
HEADER: Final = [
    "page",
    "address to Start, s: first visitor",
    "median of the next",
    "Start to first label, s: first visitor",
    "median of the next",
    "scripts before the stream's frame, MB",
    "of these for charts, MB",
    "frame loaded, times",
    "other work, % of a core",
]


@dataclass
class Loaded:
    """What a tab fetched, in order.

    Attributes:
        scripts: bytes of each by its address, as they are on the line, that had come when the stream's frame was first
            asked for.
        frames: how often a stream's frame was opened; Streamlit also fetches its address once to see if it is there.
    """

    scripts: dict[str, int] = field(default_factory=dict)
    frames: int = 0
    _asked: dict[str, str] = field(default_factory=dict)

    def ask(self, event: dict[str, Any]) -> None:
        """A request is sent."""
        kind, url = event.get("type"), event["request"]["url"]
        if kind == "Script":
            self._asked[event["requestId"]] = url
        elif kind == "Document" and STREAMER in url:
            self.frames += 1

    def finish(self, event: dict[str, Any]) -> None:
        """An answer has come whole."""
        url = self._asked.get(event["requestId"])
        if url is not None and not self.frames:
            self.scripts[url] = int(event["encodedDataLength"])

    def megabytes(self, *names: str) -> float:
        """Of scripts with one of these words in their address, or of all without any."""
        return (
            sum(n for url, n in self.scripts.items() if not names or any(word in url.lower() for word in names)) / 1e6
        )


@dataclass(frozen=True)
class Visit:
    """One visitor's first seconds.

    Attributes:
        to_start_s: from asking for the address until Start can be pressed.
        to_label_s: from pressing it to the first result that names an expression.
        loaded: until then and a moment longer.
    """

    to_start_s: float
    to_label_s: float
    loaded: Loaded


def table() -> None:
    """Print the table; each page has a server of its own, whose first visitor is told apart."""
    rows: list[list[object]] = []
    with tempfile.TemporaryDirectory() as folder:
        scene = frames(width=640, height=480, count=300)
        camera = studio.frames_as_camera(scene, Path(folder) / "camera.mjpeg")
        for name, returned in MODES.items():
            with (
                serve_app(returned=returned) as server,
                studio.chromium(camera=camera) as browser,
                OtherWork() as other,
            ):
                visits = [visit(browser, server.url) for _ in range(TRIES + 1)]
            rows.append([name, *cells(visits), f"{other.percent:.0f}"])
    print_table(
        f"The first seconds, {TRIES + 1} visitors, {detector()}, browser and server on {processor()}", HEADER, rows
    )


def cells(visits: Sequence[Visit]) -> list[str]:
    """The first visit's times and the median of the others', and the most that any loaded."""
    first, *others = visits
    return [
        f"{first.to_start_s:.1f}",
        f"{np.median([visit.to_start_s for visit in others]):.1f}",
        f"{first.to_label_s:.1f}",
        f"{np.median([visit.to_label_s for visit in others]):.1f}",
        f"{max(visit.loaded.megabytes() for visit in visits):.2f}",
        f"{max(visit.loaded.megabytes(*CHART_CODE) for visit in visits):.2f}",
        str(max(visit.loaded.frames for visit in visits)),
    ]


def visit(browser: Browser, url: str) -> Visit:
    """A visitor with an empty cache."""
    with live_page.closing(live_page.open_tab(browser)) as page:
        loaded = Loaded()
        session = page.context.new_cdp_session(page)
        session.on("Network.requestWillBeSent", loaded.ask)
        session.on("Network.loadingFinished", loaded.finish)
        session.send("Network.enable")
        asked_s = time.monotonic()
        page.goto(url, wait_until="commit")
        start = live_page.start_button(page)
        start.click(trial=True, timeout=live_page.READY_MS)  # seen, still, and not covered
        to_start_s = time.monotonic() - asked_s
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate("() => ferProbe.awaitLabel()")
        pressed_ms = page.evaluate("() => performance.now()")
        start.click()
        page.wait_for_function("() => ferProbe.labelAt !== null", timeout=live_page.READY_MS)
        to_label_s = (page.evaluate("() => ferProbe.labelAt") - pressed_ms) / 1000
    return Visit(to_start_s, to_label_s, loaded)
