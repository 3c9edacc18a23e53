"""Several viewers at once: what each gets, and what the server pays, with and without the returned picture."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import psutil

from benchmarks.encoded_clip import PER_S
from benchmarks.live.app import MODES, detector, serve_app
from benchmarks.machine import OtherWork, ProcessorTime, processor
from benchmarks.table import p50_p95, print_table
from tests.helpers.browser import studio

RETURNED_PER_S: Final = 30
HEADER = [
    "viewers",
    "page",
    "results/s each, min / median / max",
    "lag, ms p50 / p95",
    "lag of the slowest, ms p50",
    "pictures back/s each",
    "server, % of a core",
    "a viewer, % of a core",
    "of the returned picture's cost",
    "server memory, MB",
    "viewers' own process, % of a core",
    "other work, % of a core",
]


@dataclass(frozen=True)
class Measurement:
    """So many viewers at once.

    Attributes:
        results_per_s: of each viewer.
        lags_ms: of each viewer, from a frame's sending to its result.
        returned_per_s: pictures that came back, of each viewer that gets any.
        server_percent: of one core.
        viewers_percent: of one core, what the process that plays all viewers took.
        other_percent: of one core, what all other programs took.
        memory_mb: of the server, resident, at the end.
    """

    results_per_s: list[float]
    lags_ms: list[list[float]]
    returned_per_s: list[float]
    server_percent: float
    viewers_percent: float
    other_percent: float
    memory_mb: float

    @property
    def viewers(self) -> int:
        """At once."""
        return len(self.results_per_s)

    def cells(self, page: str, *, against: "Measurement") -> list[object]:
        """A row of the table; `against` is the same with the returned picture."""
        results = np.array(self.results_per_s)
        medians = [float(np.median(lags)) for lags in self.lags_ms if lags]
        back = f"{np.median(self.returned_per_s):.1f}" if self.returned_per_s else "–"
        return [
            self.viewers,
            page,
            f"{results.min():.1f} / {np.median(results):.1f} / {results.max():.1f}",
            p50_p95([lag for lags in self.lags_ms for lag in lags], 0),
            f"{max(medians):.0f}" if medians else "–",
            back,
            f"{self.server_percent:.0f}",
            f"{self.server_percent / self.viewers:.1f}",
            f"{self.server_percent / against.server_percent:.2f}",
            f"{self.memory_mb:.0f}",
            f"{self.viewers_percent:.0f}",
            f"{self.other_percent:.0f}",
        ]


def table(numbers: Sequence[int], *, seconds: float) -> None:
    """Print the table, for so many viewers at once; both pages of a number run one directly after the other."""
    rows: list[list[object]] = []
    for viewers in numbers:
        both = {page: measure(viewers, returned=returned, seconds=seconds) for page, returned in MODES.items()}
        rows += [seen.cells(page, against=both["returned picture"]) for page, seen in both.items()]
    rates = f"{PER_S} frames/s sent, {RETURNED_PER_S} where they come back"
    print_table(f"Live, clips of 640 px from another process, {rates}, {detector()}, {processor()}", HEADER, rows)


def measure(viewers: int, *, returned: bool, seconds: float) -> Measurement:
    """One row: a new server, so many viewers, all measured at the same time."""
    with serve_app(returned=returned) as server:
        command = [sys.executable, "-m", "benchmarks.headless_viewer", server.url]
        # As the page has the browser send: all of the camera's pictures where they come back, else what it needs.
        per_s = RETURNED_PER_S if returned else PER_S
        arguments = ["--viewers", str(viewers), "--per-s", str(per_s), "--seconds", str(seconds)]
        with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as process:
            try:
                return _follow(server, process)
            finally:
                process.kill()


def _follow(server: studio.Server, process: subprocess.Popen[str]) -> Measurement:
    printed = documents(process)
    await_document(printed, "measuring")
    server_time, viewers_time = ProcessorTime(server.process.pid), ProcessorTime(process.pid)
    with OtherWork() as other:
        said = await_document(printed, "viewers")
        server_percent, viewers_percent = server_time.percent, viewers_time.percent
    figures = said["viewers"]
    return Measurement(
        results_per_s=[figure["results_per_s"] for figure in figures],
        lags_ms=[figure["lags_ms"] for figure in figures],
        returned_per_s=said["returned_per_s"],
        server_percent=server_percent,
        viewers_percent=viewers_percent,
        other_percent=other.percent,
        memory_mb=psutil.Process(server.process.pid).memory_info().rss / 1e6,
    )


def documents(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What `benchmarks.headless_viewer` prints, line by line."""
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def await_document(said: Iterator[dict[str, Any]], name: str) -> dict[str, Any]:
    """The next document that has that name in it.

    Raises:
        RuntimeError: none came before the program ended.
    """
    for document in said:
        if name in document:
            return document
    raise RuntimeError("the viewers ended before they had measured; what they wrote above says why")
