"""Real browsers against the real app: shown frames, results, latency, processor and memory, for 1, 2 and 4 viewers.

The camera's frames carry their number as black and white blocks. A script in the page reads it from the local and
from the returned video at the same moment; the difference is the latency, as exact as a frame's time.
"""

import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Frame, Page

from benchmarks.scene import STRIP_BITS, frames, numbered
from benchmarks.table import p50_p95, print_table
from fer_core.faces.detector import yunet_path
from tests.helpers.browser import studio

WARM_UP_S = 6
MEASURE_S = 15
CAMERA_FRAMES = 600

PROBE_JS = (Path(__file__).parent / "probe.js").read_text().replace("STRIP_BITS", str(STRIP_BITS))


@dataclass(frozen=True)
class Viewer:
    """What one browser tab saw. Latency in frames of the camera."""

    shown_per_s: float
    results_per_s: float
    latency_frames: list[int]


def main(numbers: Sequence[int] = (1, 2, 4)) -> None:
    """Print the table, for so many viewers at once."""
    with tempfile.TemporaryDirectory() as folder:
        camera = _camera(Path(folder) / "camera.mjpeg")
        plain = _measure("benchmarks/passthrough_app.py", camera, viewers=1, log=Path(folder) / "none")
        rows = [_row("pass-through callback", 1, plain, plain)]
        for viewers in numbers:
            log = Path(folder) / f"callbacks-{viewers}.txt"
            seen = _measure("benchmarks/live_app.py", camera, viewers=viewers, log=log)
            rows.append(_row(f"FER Studio, {'YuNet' if yunet_path() else 'Haar'}", viewers, seen, plain))
    header = [
        "page",
        "viewers",
        "shown frames/s each",
        "of pass-through",
        "results/s each",
        "latency, ms",
        "added, ms",
        "callback, ms p50 / p95",
        "server processor, % of a core",
        "server memory, MB",
    ]
    print_table(f"Live, 640x480 camera at 30/s, browsers and server on {psutil.cpu_count()} cores", header, rows)


@dataclass(frozen=True)
class Measurement:
    """One run: its viewers, and what the server used meanwhile."""

    viewers: list[Viewer]
    processor_percent: float
    memory_mb: float
    callbacks_ms: list[float]

    def latency_ms(self) -> float:
        """Mean age of a picture when it is shown, in milliseconds; NaN where none could be read."""
        frames = [f for viewer in self.viewers for f in viewer.latency_frames]
        return float(np.mean(frames)) * 1000 / 30 if frames else float("nan")

    def shown(self) -> float:
        """Pictures shown per second, mean over the viewers."""
        return float(np.mean([viewer.shown_per_s for viewer in self.viewers]))


def _row(name: str, viewers: int, seen: Measurement, plain: Measurement) -> list[object]:
    results = [viewer.results_per_s for viewer in seen.viewers]
    return [
        name,
        viewers,
        f"{seen.shown():.1f}",
        f"{seen.shown() / plain.shown():.0%}",
        " ".join(f"{r:.0f}" for r in results) if any(results) else "–",
        f"{seen.latency_ms():.0f}",
        f"{seen.latency_ms() - plain.latency_ms():+.0f}",
        p50_p95(seen.callbacks_ms),
        f"{seen.processor_percent:.0f}",
        f"{seen.memory_mb:.0f}",
    ]


def _camera(path: Path) -> Path:
    scene = frames(width=640, height=480, count=CAMERA_FRAMES)
    return studio.frames_as_camera((numbered(f, i) for i, f in enumerate(scene)), path)


def _measure(entry: str, camera: Path, *, viewers: int, log: Path) -> Measurement:
    environment = {"FER_BENCH_CALLBACKS": str(log)}
    with studio.serve(entry=entry, environment=environment) as server, studio.chromium(camera=camera) as browser:
        pages = []
        for _ in range(viewers):
            _, page = studio.open_page(browser, server.url, init_script=PROBE_JS)
            studio.press_start(page)
            studio.wait_until_playing(page, timeout_s=90)
            pages.append(page)
        pages[0].wait_for_timeout(WARM_UP_S * 1000)
        for page in pages:
            _stream_frame(page).evaluate("() => { window.ferSamples.length = 0; window.ferShown.length = 0; }")
        process = psutil.Process(server.process.pid)
        before, started = process.cpu_times(), time.monotonic()
        pages[0].wait_for_timeout(MEASURE_S * 1000)
        after, elapsed = process.cpu_times(), time.monotonic() - started
        seen = [_read(page) for page in pages]
        used = (after.user + after.system - before.user - before.system) / elapsed * 100
        memory = process.memory_info().rss / 1e6
    callbacks = [float(line) for line in log.read_text().split()] if log.exists() else []
    return Measurement(seen, used, memory, callbacks)


def _stream_frame(page: Page) -> Frame:
    return next(frame for frame in page.frames if "webrtc_streamer" in frame.url)


def _read(page: Page) -> Viewer:
    frame = _stream_frame(page)
    samples = frame.evaluate("() => window.ferSamples")
    shown = frame.evaluate("() => window.ferShown")
    (t0, n0), (t1, n1) = shown[0], shown[-1]
    lags = [(local - remote) % CAMERA_FRAMES for local, remote in samples if local is not None and remote is not None]
    sidebar = page.get_by_test_id("stSidebar")
    found = re.search(r"(\d+) results/s", sidebar.inner_text()) if sidebar.count() else None
    return Viewer(
        shown_per_s=(n1 - n0) / (t1 - t0) * 1000,
        results_per_s=float(found.group(1)) if found else 0.0,
        latency_frames=[lag for lag in lags if lag < CAMERA_FRAMES // 2],
    )


if __name__ == "__main__":
    main([int(number) for number in sys.argv[1:]] or (1, 2, 4))
