"""What a monitor asks: whether the server is well (/healthz), and how much it has to do (/metrics).

And what a balancer asks: whether there is room for one more viewer (/fer/ready). None says a name, version or place.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from app.analysis.worker import AnalysisQueue
from app.live.admission import Verdict
from app.live.analysis_slots import analysis_slots
from app.live.counts import results_given
from app.live.load import load_watch
from app.live.viewers import viewers
from app.store.database import Store
from app.web.limits import tabs

READY_PATH: Final = "/fer/ready"
FRESH_S: Final = 2.0
"""An answer serves all who ask within so long."""
PATIENCE_S: Final = 4.0
"""What has not answered by then is not well."""
_PROCESS: Final = Path("/proc/self")


@dataclass(frozen=True)
class Parts:
    """What is asked.

    Attributes:
        store: opens the store, or raises.
        model: loads the live model, or raises.
        queue: gives the files' queue.
    """

    store: Callable[[], Store]
    model: Callable[[], object]
    queue: Callable[[], AnalysisQueue]


def routes(parts: Parts) -> list[BaseRoute]:
    """/healthz, /fer/ready and /metrics; `app.web.own_pages` decides who may read the last."""
    health = _Health(parts)

    async def metrics(_: Request) -> Response:
        text = await run_in_threadpool(metrics_text, parts)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def ready(_: Request) -> Response:
        admits = viewers().verdict() is Verdict.OPEN
        return JSONResponse({"admits": admits}, 200 if admits else 503, {"Cache-Control": "no-store"})

    return [Route("/healthz", health.answer), Route(READY_PATH, ready), Route("/metrics", metrics)]


class _Health:
    """Asks the parts, once for all who want to know at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._asking: asyncio.Task[dict[str, str]] | None = None
        self._asked_at_s = 0.0

    async def answer(self, _: Request) -> Response:
        now_s = time.monotonic()
        if self._asking is None or (self._asking.done() and now_s - self._asked_at_s > FRESH_S):
            self._asking, self._asked_at_s = asyncio.create_task(self._ask()), now_s
        done, _pending = await asyncio.wait({self._asking}, timeout=PATIENCE_S)
        words = self._asking.result() if done else {"store": "silent", "model": "silent"}
        is_well = all(word == "ok" for word in words.values())
        return JSONResponse(words, 200 if is_well else 503, {"Cache-Control": "no-store"})

    async def _ask(self) -> dict[str, str]:
        store, model = await asyncio.gather(
            run_in_threadpool(_word, lambda: _read(self._parts.store())), run_in_threadpool(_word, self._parts.model)
        )
        return {"store": store, "model": model}


def _read(store: Store) -> None:
    with store.read() as connection:
        connection.exec_driver_sql("SELECT 1")


def _word(ask: Callable[[], object]) -> str:
    try:
        ask()
    except Exception:  # noqa: BLE001  # whatever it is, the part is not well; its own users log why
        return "broken"
    return "ok"


def metrics_text(parts: Parts) -> str:
    """The numbers in Prometheus' text format; those that this system does not tell are absent."""
    stands = load_watch().standing()
    rows = [
        ("fer_viewers", "gauge", "People who use the live video now.", stands.viewers),
        ("fer_viewers_limit", "gauge", "The most of them.", stands.limit),
        ("fer_admission_open", "gauge", "1 where one more would be let in.", int(stands.verdict is Verdict.OPEN)),
        ("fer_tabs", "gauge", "Open browser tabs.", len(tabs())),
        ("fer_waiting_frames", "gauge", "Live frames that wait for their turn.", analysis_slots().waiting),
        ("fer_results_total", "counter", "Live results since the start.", results_given().total),
        ("fer_results_per_second", "gauge", "Live results, mean of 10 s.", round(results_given().per_second(), 2)),
        ("fer_analysis_jobs", "gauge", "Analyses of files at work or waiting.", len(parts.queue())),
        ("process_threads", "gauge", "Threads of this process.", _status("Threads") or threading.active_count()),
    ]
    if stands.measured:
        rows += [
            ("fer_viewer_cores", "gauge", "Processor time of a viewer, in cores.", round(stands.cores_per_viewer, 4)),
            ("fer_viewer_results_min", "gauge", "Results a second, the least of all.", round(stands.rate_min, 2)),
            ("fer_viewer_results_median", "gauge", "Results a second, the middle.", round(stands.rate_median, 2)),
            ("fer_line_wait_seconds", "gauge", "Mean wait of a frame for its turn.", round(stands.wait_s, 4)),
        ]
    memory_kb, descriptors = _status("VmRSS"), _descriptors()
    if memory_kb:
        rows.append(("process_resident_memory_bytes", "gauge", "Memory of this process.", memory_kb * 1024))
    if descriptors:
        rows.append(("process_open_fds", "gauge", "Open files and sockets of this process.", descriptors))
    return "".join(
        f"# HELP {name} {words}\n# TYPE {name} {kind}\n{name} {value}\n" for name, kind, words, value in rows
    )


def _status(field: str) -> int:
    """A number out of Linux' description of this process; 0 where there is none."""
    try:
        lines = (_PROCESS / "status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{field}:")), 0)


def _descriptors() -> int:
    try:
        return sum(1 for _ in (_PROCESS / "fd").iterdir())
    except OSError:
        return 0
