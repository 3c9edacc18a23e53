"""A real server over a long time: viewers come and go, record, analyse a file and read sessions; does it stay as it is?

    python -m benchmarks.soak --minutes 60 [--viewers 4] [--stack | --url URL --pid PID [PID ...] [--file clip.mp4]]

Starts a server of its own, or all of a deployment (nginx, two replicas, PostgreSQL, coturn), or watches the processes
of a server that runs already. After a warm-up and a rest, it samples what they hold while people come and go, fits a
line to it, lets them rest again, and prints a table. The exit status is 1 where something rises or does not come back
at rest, or where more than one visit in twenty failed.
"""

import argparse
import asyncio
import contextlib
import json
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import processor
from benchmarks.scene import frames
from benchmarks.signed_in import REPLICA_COOKIE, sign_in
from benchmarks.soak.figures import LEAST_RISE, MORE_AT_REST, NAMES, Held, Trend
from benchmarks.streamlit_tab import StreamlitTab, Way, open_tab
from benchmarks.table import print_table
from fer_core.faces.detector import detectors_here
from fer_core.files.video_writer import VideoWriter
from tests.helpers.browser import studio
from tests.helpers.stack import PASSPHRASE, stack

FILM: Final = "film.mp4"
TAB_KEPT_S: Final = 10
"""So long the own server keeps a tab that is gone, in case it comes back; Streamlit's usual time is two minutes."""
STEADY_S: Final = 12.0
ALL_THERE_S: Final = 60.0
BLOCK_S: Final = 30.0
REST_S: Final = 240.0
LOOK_S: Final = 60.0
FAILED_SHARE: Final = 0.05
"""Of the visits, on a busy machine."""


@dataclass(frozen=True)
class Target:
    """The server under test.

    Attributes:
        url: of the app.
        pids: of its processes.
        file: to be analysed, as the server names it; empty for none.
        cookies: that visitors bring; each visit has one of them.
        trust: file of certificates that they trust; None for the system's.
    """

    url: str
    pids: tuple[int, ...]
    file: str
    cookies: tuple[str, ...] = ("",)
    trust: Path | None = None


@dataclass
class Soak:
    """What was seen."""

    target: Target
    viewers: int
    times_s: list[float] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    visits: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def load(self, seconds: float, *, each_s: float | None = None) -> None:
        """Have people come and go for so long; sampled each so many seconds once all of them are there, or not."""
        command = [sys.executable, "-m", "benchmarks.soak.visitors", self.target.url, "--seconds", str(seconds)]
        command += ["--viewers", str(self.viewers), "--file", self.target.file, "--cookies", *self.target.cookies]
        command += ["--trust", str(self.target.trust)] if self.target.trust else []
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()  # from now on they come
                ends_s = time.monotonic() + seconds
                time.sleep(min(seconds / 4, ALL_THERE_S))
                while each_s is not None and process.poll() is None and time.monotonic() < ends_s:
                    self.times_s.append(time.monotonic())
                    self.held.append(Held.now(self.target.pids))
                    time.sleep(each_s)
                said = json.loads(process.communicate()[0] or "{}")
            finally:
                process.kill()
        if not said:
            raise RuntimeError("the visitors ended unexpectedly; their output above says why")
        self.visits.update(said["visits"])
        self.failures += said["failures"]

    def rest(self, goal: Held | None = None) -> Held:
        """Nobody is there: what is held once it has come down to `goal`, or no longer comes down.

        Streamlit forgets tabs whose time is over when the next one comes, so one does, and both rests hold only that.
        """
        time.sleep(TAB_KEPT_S + 1)
        asyncio.run(self._look_in())
        seen: list[Held] = []
        since_s = time.monotonic()
        while time.monotonic() - since_s < REST_S:
            seen.append(Held.now(self.target.pids))
            newest = Held.least(seen[-3:])
            if goal is not None and not _more(newest, goal):
                return newest
            if goal is None and time.monotonic() - since_s > TAB_KEPT_S + STEADY_S:
                return newest
            time.sleep(1.0)
        return Held.least(seen[-10:])

    async def _look_in(self) -> None:
        trusted = ssl.create_default_context(cafile=self.target.trust) if self.target.trust else None
        for cookies in self.target.cookies:
            async with open_tab(self.target.url, way=Way(cookies, trusted)) as tab:
                await tab.wait_until(partial(_has_run, tab), LOOK_S)


def _has_run(tab: StreamlitTab) -> bool:
    return tab.runs > 0


def _more(now: Held, before: Held) -> list[str]:
    """Names of what is more than it may be at rest."""
    allowed, then = asdict(MORE_AT_REST), asdict(before)
    return [NAMES[name] for name, value in asdict(now).items() if value > then[name] + allowed[name]]


def run(target: Target, *, minutes: float, viewers: int) -> int:
    """Soak it, print the table and the verdict; gives the exit status."""
    seconds = minutes * 60
    soak = Soak(target, viewers)
    soak.load(max(20.0, min(seconds / 5, 300.0)))  # models, pools and caches come into use
    first = soak.rest()
    started_s = time.monotonic()
    soak.load(seconds, each_s=min(5.0, seconds / 60))
    lasted_s = time.monotonic() - started_s
    second = soak.rest(first)
    rows, rising = [], []
    for name, words in NAMES.items():
        values = [getattr(held, name) for held in soak.held]
        trend = Trend.of(soak.times_s, values, block_s=max(BLOCK_S, seconds / 30))
        is_flat = trend is None or trend.is_flat(getattr(LEAST_RISE, name))
        rising += [] if is_flat else [words]
        rows.append([words, *_cells(trend), "yes" if is_flat else "NO", *_at_rest(name, first, second)])
    visits = ", ".join(f"{number} {kind}" for kind, number in sorted(soak.visits.items()))
    title = (
        f"{lasted_s / 60:.0f} minutes, {viewers} viewers at a time; visits: {visits}; {len(soak.failures)} failed; "
        f"{detectors_here()[0]}, {processor()}"
    )
    header = ["", "mean", "rise per hour", "95 % interval", "flat", "at rest before", "at rest after"]
    print_table(title, header, rows)
    return _verdict(soak, rising, _more(second, first))


def _verdict(soak: Soak, rising: list[str], more: list[str]) -> int:
    said = [f"Rises: {', '.join(rising)}."] if rising else []
    said += [f"Does not come back at rest: {', '.join(more)}."] if more else []
    if len(soak.failures) > FAILED_SHARE * (soak.visits.total() + len(soak.failures)):
        said.append(f"{len(soak.failures)} visits failed, such as: {soak.failures[0]}")
    if not soak.visits:
        said.append("There was no visit.")
    print("\n" + ("\n".join(said) or "All of it is flat."), flush=True)
    return 1 if said else 0


def _cells(trend: Trend | None) -> list[str]:
    if trend is None:
        return ["–", "–", "–"]
    slope, low, high = trend.per_h
    return [f"{trend.mean:.1f}", f"{slope:+.1f}", f"{low:+.1f} to {high:+.1f}"]


def _at_rest(name: str, first: Held, second: Held) -> list[str]:
    return [f"{getattr(held, name):.0f}" for held in (first, second)]


@contextlib.contextmanager
def own_server() -> Iterator[Target]:
    """A server with a short film to analyse."""
    with _environment() as environment, studio.serve(environment=environment) as server:
        yield Target(server.url, (server.process.pid,), FILM)


@contextlib.contextmanager
def own_stack() -> Iterator[Target]:
    """All of a deployment; what is watched are its replicas."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _environment() as environment,
        stack(Path(folder), "localhost", environment) as running,
    ):
        trusted = ssl.create_default_context(cafile=running.certificate)
        signed_in = sign_in(running.url, PASSPHRASE, trusted)
        cookies = tuple(f"{REPLICA_COOKIE}={letter}; {signed_in}" for letter in running.replicas)
        pids = tuple(server.process.pid for server in running.replicas.values())
        yield Target(running.url, pids, FILM, cookies, running.certificate)


@contextlib.contextmanager
def _environment() -> Iterator[dict[str, str]]:
    """Of a server under test."""
    with tempfile.TemporaryDirectory() as folder:
        with VideoWriter(Path(folder) / FILM) as writer:
            for i, frame in enumerate(frames(width=320, height=240, count=40)):
                writer.write(frame, i / 20)
        yield {
            "FER_FILES": folder,
            "FER_MAX_VIEWERS": "99",
            "FER_MIN_RATE": "0",
            "STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(TAB_KEPT_S),
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run as a program; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60, help="of people coming and going; default: 60")
    parser.add_argument("--viewers", type=int, default=4, help="at a time; default: 4")
    parser.add_argument("--stack", action="store_true", help="nginx, two replicas, PostgreSQL and coturn")
    parser.add_argument("--url", help="of a server that runs already; needs --pid, too")
    parser.add_argument("--pid", type=int, nargs="+", default=[], help="of that server's processes")
    parser.add_argument("--file", default="", help="a file below that server's FER_FILES, to be analysed")
    options = parser.parse_args(arguments)
    if bool(options.url) != bool(options.pid):
        parser.error("--url and --pid belong together")
    if options.url and options.stack:
        parser.error("--stack starts servers of its own; leave --url out")
    wanted: dict[str, Any] = {"minutes": options.minutes, "viewers": options.viewers}
    if options.url:
        return run(Target(options.url, tuple(options.pid), options.file), **wanted)
    with own_stack() if options.stack else own_server() as target:
        return run(target, **wanted)


if __name__ == "__main__":
    sys.exit(main())
