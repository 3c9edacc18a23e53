"""One-way lag of results to a browser: a WebSocket against an unordered data channel on the video's own connection.

    python -m benchmarks.results_channel [--seconds 15]

A scratch app takes the camera's video (640x480, 30 a second, decoded by the server, nothing analysed). A thread of the
server hands over messages of about 600 bytes, 16 a second by each way, by turns, and stamps them with its monotonic
clock. The page notes when its script hears them. Of 100 pings by the WebSocket, the one that was answered quickest
tells how the clocks differ; half of that ping's time is the error at most. Then the processor time of the server: for
each way alone 160 messages a second, less what the server takes without any.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from playwright.sync_api import Page

from benchmarks.machine import OtherWork, ProcessorTime, processor
from benchmarks.results_channel.sender import WAYS, Way, message
from benchmarks.scene import frames
from benchmarks.table import p50_p95, print_table
from tests.helpers.browser import studio

PER_S: Final = 16
COST_PER_S: Final = 160
COST_S: Final = 6
PINGS: Final = 100
NAMES: Final[dict[Way, str]] = {"socket": "WebSocket", "channel": "data channel"}


@dataclass(frozen=True)
class Clock:
    """How the server's clock differs from the page's.

    Attributes:
        ahead_ms: server's monotonic clock minus the page's `performance.now()`.
        error_ms: at most.
    """

    ahead_ms: float
    error_ms: float

    @classmethod
    def from_pings(cls, pings: Sequence[tuple[float, float, float]]) -> "Clock":
        """From (page's ms when asked, page's ms when answered, server's ms between) of each ping."""
        asked, answered, at = min(pings, key=lambda ping: ping[1] - ping[0])
        return cls(at - (asked + answered) / 2, (answered - asked) / 2)


def lags_ms(heard: Sequence[tuple[str, int, float, float]], way: Way, clock: Clock) -> list[float]:
    """Time from the hand-over to the page's script, of each message heard by this way, in milliseconds."""
    return [heard_ms + clock.ahead_ms - sent_ms for by, _, sent_ms, heard_ms in heard if by == way]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.results_channel", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, help="of each row of the first table; default: 15")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, _open_page(Path(folder)) as (server, page):
        clock = Clock.from_pings(_pings(page))
        rows = _lag_rows(server, page, clock, "the camera's video only", options.seconds)
        with _busy():
            rows += _lag_rows(server, page, clock, "both cores busy beside it", options.seconds)
        costs = _costs(server)
    size = len(message("socket", 100, 123456.789))
    title = f"Results to the browser, {size} bytes, {PER_S} a second, {processor()}; clocks to ±{clock.error_ms:.1f} ms"
    print_table(
        title,
        ["while", "way", "sent", "heard", "one-way lag, ms p50 / p95", "longest, ms", "other work, % of a core"],
        rows,
    )
    print_table(
        f"Processor time of the server for a message, at {COST_PER_S} a second",
        ["way", "ms a message", "% of a core at 16 a second"],
        costs,
    )


@contextlib.contextmanager
def _open_page(folder: Path) -> Iterator[tuple[studio.Server, Page]]:
    camera = studio.frames_as_camera(frames(width=640, height=480, count=300), folder / "camera.mjpeg")
    script = (Path(__file__).parent / "browser.js").read_text()
    entry = "benchmarks/results_channel/app.py"
    with studio.serve(entry=entry) as server, studio.chromium(camera=camera) as browser:
        _, page = studio.open_page(browser, server.url, init_script=script)
        studio.press_start(page)
        deadline_s = time.monotonic() + 60
        while not _ask(server, "ready")["ready"]:
            if time.monotonic() > deadline_s:
                raise TimeoutError("the data channel did not open")
            page.wait_for_timeout(200)
        page.wait_for_timeout(5_000)  # the video's encoder finds its rate
        yield server, page


def _pings(page: Page) -> list[tuple[float, float, float]]:
    for _ in range(PINGS):
        page.evaluate("() => window.top.ferPing()")
        page.wait_for_timeout(15)
    page.wait_for_timeout(500)
    return [(asked, answered, at) for asked, answered, at in page.evaluate("() => window.ferPings")]


def _lag_rows(server: studio.Server, page: Page, clock: Clock, name: str, seconds: float) -> list[list[object]]:
    page.evaluate("() => { window.ferHeard.length = 0; }")
    with OtherWork() as other:
        sent = _send(server, WAYS, per_s=PER_S, seconds=seconds)
        page.wait_for_timeout(1_000)
    heard = page.evaluate("() => window.ferHeard")
    rows: list[list[object]] = []
    for way in WAYS:
        lags = lags_ms(heard, way, clock)
        rows.append([name, NAMES[way], sent, len(lags), p50_p95(lags), f"{max(lags):.0f}", f"{other.percent:.0f}"])
    return rows


def _costs(server: studio.Server) -> list[list[object]]:
    without = _server_percent(server, ())
    rows: list[list[object]] = []
    for way in WAYS:
        ms = (_server_percent(server, (way,)) - without) / 100 / COST_PER_S * 1000
        rows.append([NAMES[way], f"{ms:.2f}", f"{ms * PER_S / 10:.1f}"])
    return rows


def _server_percent(server: studio.Server, ways: tuple[Way, ...]) -> float:
    used = ProcessorTime(server.process.pid)
    if ways:
        _send(server, ways, per_s=COST_PER_S, seconds=COST_S)
    else:
        time.sleep(COST_S)
    return used.percent


def _send(server: studio.Server, ways: tuple[Way, ...], *, per_s: float, seconds: float) -> int:
    return int(_ask(server, f"send?ways={','.join(ways)}&per_s={per_s}&seconds={seconds}")["sent"])


def _ask(server: studio.Server, what: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{server.url}/bench/{what}", timeout=120) as answer:
        found: dict[str, int] = json.loads(answer.read())
        return found


@contextlib.contextmanager
def _busy() -> Iterator[None]:
    """A process that only counts, for each core."""
    burners = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(psutil.cpu_count())]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


if __name__ == "__main__":
    main()
