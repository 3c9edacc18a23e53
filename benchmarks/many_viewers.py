"""Many viewers at a server or at a whole deployment: what each gets, what the servers pay, and who is refused.

    python -m benchmarks.many_viewers [URL | --stack] --viewers 1,2,4,8 [--processes 2] [--plot docs/images/x.svg]

The viewers are WebRTC peers without browsers (`benchmarks.headless_viewer`), shared among processes of their own, which
measure at the same time. Without a URL it starts a server of its own, with --stack nginx, two replicas, PostgreSQL and
coturn. Where a server at a URL asks for a passphrase, FER_PASSPHRASE must say it; --pid names its processes, whose cost
is measured then. Servers started here have no limit of viewers, and admit by measured load unless --admit-all is given.
"""

import argparse
import contextlib
import os
import ssl
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import psutil

from app.settings import MIN_RATE
from benchmarks.encoded_clip import PER_S, all_clips, write_clips
from benchmarks.live.app import detector
from benchmarks.live.viewers import await_document, documents
from benchmarks.machine import OtherWork, ProcessorTime, processor
from benchmarks.plot import Chart, Line, save
from benchmarks.signed_in import sign_in
from benchmarks.table import p50_p95, print_table
from tests.helpers.browser import studio
from tests.helpers.stack import PASSPHRASE, stack

NO_LIMIT: Final = "9999"
APART_S: Final = 3.0
PATIENCE_S: Final = 30.0
"""So long a viewer waits for a place; the page asks again each three seconds."""
HEADER: Final = [
    "viewers",
    "let in",
    "refused",
    "results/s each, min / median / max",
    "pictures/s sent, median",
    "lag, ms p50 / p95",
    "servers, % of a core",
    "a viewer, % of a core",
    "servers' memory, MB",
    "a viewer, MB",
    "at each replica",
    "viewers' own processes, % of a core",
    "other work, % of a core",
]


@dataclass(frozen=True)
class Target:
    """What is under load.

    Attributes:
        url: of the app.
        pids: of the servers' processes; empty where they are not known.
        trust: file of certificates to trust; None for the system's.
        signed_in: cookies of somebody who signed in; "" where nobody does.
    """

    url: str
    pids: tuple[int, ...] = ()
    trust: Path | None = None
    signed_in: str = ""

    def memory_mb(self) -> float:
        """Of the servers, resident; 0 where they are not known."""
        return float(sum(psutil.Process(pid).memory_info().rss for pid in self.pids)) / 1e6


@dataclass(frozen=True)
class Step:
    """So many viewers who wanted to come, and what those had who were let in.

    Attributes:
        wanted: viewers.
        refused: of them.
        results_per_s: of each other one.
        sent_per_s: pictures that each of them sent.
        lags_ms: from sending a frame to hearing its result, of all together.
        servers_percent: of one core; not finite where the processes are not known.
        memory_mb: of the servers.
        gained_mb: memory that they had not before anybody came.
        replicas: how many newcomers the balancer sent to each, by its letter.
        viewers_percent: of one core, the viewers' own processes.
        other_percent: of one core, all other programs.
    """

    wanted: int
    refused: int
    results_per_s: list[float]
    sent_per_s: list[float]
    lags_ms: list[float]
    servers_percent: float
    memory_mb: float
    gained_mb: float
    viewers_percent: float
    other_percent: float
    replicas: dict[str, int] = field(default_factory=dict)

    @property
    def let_in(self) -> int:
        """Viewers who heard results."""
        return len(self.results_per_s)

    @property
    def viewer_percent(self) -> float:
        """Of one core, the servers' cost of each viewer."""
        return self.servers_percent / self.let_in if self.let_in else float("nan")

    def cells(self) -> list[object]:
        """A row of the table."""
        results = np.array(self.results_per_s or [np.nan])
        is_known = np.isfinite(self.servers_percent)
        return [
            self.wanted,
            self.let_in,
            self.refused,
            f"{results.min():.1f} / {np.median(results):.1f} / {results.max():.1f}",
            f"{np.median(self.sent_per_s or [np.nan]):.1f}",
            p50_p95(self.lags_ms, 0),
            f"{self.servers_percent:.0f}" if is_known else "–",
            f"{self.viewer_percent:.1f}" if is_known else "–",
            f"{self.memory_mb:.0f}" if is_known else "–",
            f"{self.gained_mb / self.let_in:.0f}" if is_known and self.let_in else "–",
            ", ".join(f"{letter} {count}" for letter, count in sorted(self.replicas.items()) if letter) or "–",
            f"{self.viewers_percent:.0f}",
            f"{self.other_percent:.0f}",
        ]


def shares(viewers: int, processes: int) -> list[int]:
    """How many viewers each process plays: as equal as can be, and no process without one."""
    count = min(viewers, processes)
    return [viewers // count + (i < viewers % count) for i in range(count)]


def step(
    target: Target,
    viewers: int,
    clips: Path,
    *,
    processes: int,
    seconds: float,
    idle_mb: float,
    steady: bool = False,
) -> Step:
    """So many viewers come, are measured together, and leave.

    Args:
        target: where they come.
        viewers: how many.
        clips: file of what they send, see `write_clips`.
        processes: that play them.
        seconds: of measuring.
        idle_mb: memory of the servers before anybody came.
        steady: whether viewers send as many pictures when the server asks for fewer.

    Raises:
        RuntimeError: a process of viewers ended before it had measured.
    """
    command = [sys.executable, "-m", "benchmarks.headless_viewer", target.url]
    command += ["--on-word", "--arrive", "--clips", str(clips)]
    command += ["--seconds", str(seconds), "--apart", str(APART_S), "--patience", str(PATIENCE_S)]
    command += ["--trust", str(target.trust)] if target.trust else []
    command += ["--steady"] if steady else []
    with contextlib.ExitStack() as running:
        players = []
        for count in shares(viewers, processes):
            player = subprocess.Popen(
                [*command, "--viewers", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            running.callback(player.wait)
            running.callback(player.kill)
            players.append(player)
            _tell(player, target.signed_in)
        printed = [documents(player) for player in players]
        came = [await_document(lines, "playing") for lines in printed]
        for player in players:
            _tell(player, "measure")
        for lines in printed:
            await_document(lines, "measuring")
        servers = [ProcessorTime(pid) for pid in target.pids]
        own = [ProcessorTime(player.pid) for player in players]
        with OtherWork() as other:
            said = [await_document(lines, "viewers") for lines in printed]
            servers_percent = sum(one.percent for one in servers) if servers else float("nan")
            viewers_percent = sum(one.percent for one in own)
            memory_mb = target.memory_mb()
        for player in players:
            player.wait(60)  # they leave in order
    figures = [figure for document in said for figure in document["viewers"]]
    return Step(
        wanted=viewers,
        refused=sum(one["refused"] for one in came),
        results_per_s=[figure["results_per_s"] for figure in figures],
        sent_per_s=[figure["sent_per_s"] for figure in figures],
        lags_ms=[lag for figure in figures for lag in figure["lags_ms"]],
        servers_percent=servers_percent,
        memory_mb=memory_mb,
        gained_mb=memory_mb - idle_mb,
        viewers_percent=viewers_percent,
        other_percent=other.percent,
        replicas=dict(sum((Counter(one["replicas"]) for one in came), Counter())),
    )


def _tell(player: "subprocess.Popen[str]", line: str) -> None:
    assert player.stdin is not None
    player.stdin.write(line + "\n")
    player.stdin.flush()


@contextlib.contextmanager
def own_server(min_rate: int) -> Iterator[Target]:
    """A server without a limit of viewers."""
    environment = {"FER_MAX_VIEWERS": NO_LIMIT, "FER_MIN_RATE": str(min_rate)}
    with studio.serve(environment=environment) as server:
        yield Target(server.url, (server.process.pid,))


@contextlib.contextmanager
def own_stack(min_rate: int) -> Iterator[Target]:
    """A whole deployment, whose replicas have no limit of viewers; their cost is measured."""
    environment = {"FER_MAX_VIEWERS": NO_LIMIT, "FER_MIN_RATE": str(min_rate)}
    with tempfile.TemporaryDirectory() as folder, stack(Path(folder), "localhost", environment) as running:
        signed_in = sign_in(running.url, PASSPHRASE, ssl.create_default_context(cafile=running.certificate))
        pids = tuple(server.process.pid for server in running.replicas.values())
        yield Target(running.url, pids, running.certificate, signed_in)


def at_url(url: str, pids: Sequence[int], trust: Path | None) -> Target:
    """A server that runs already."""
    trusted = ssl.create_default_context(cafile=trust) if trust else None
    passphrase = os.environ.get("FER_PASSPHRASE", "")
    signed_in = sign_in(url, passphrase, trusted) if passphrase else ""
    return Target(url, tuple(pids), trust, signed_in)


def charts(steps: Sequence[Step], min_rate: int) -> list[Chart]:
    """What viewers get and what they cost, against how many there are."""
    came = sorted((one for one in steps if one.let_in), key=lambda one: one.let_in)
    most = max(one.let_in for one in came)
    gets = [
        Line("median", [(one.let_in, float(np.median(one.results_per_s))) for one in came]),
        Line("the one with the fewest", [(one.let_in, min(one.results_per_s)) for one in came]),
    ]
    fair = [Line(f"fair: {min_rate}", [(0, min_rate), (most, min_rate)], dashed=True)] if min_rate else []
    drawn = [Chart("viewers at once", "results a second each", [*gets, *fair])]
    if all(np.isfinite(one.servers_percent) for one in came):
        cost = [Line("a viewer", [(one.let_in, one.viewer_percent) for one in came])]
        drawn.append(Chart("viewers at once", "% of a core", cost))
    return drawn


def main(arguments: Sequence[str] | None = None) -> None:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.many_viewers", description=__doc__)
    parser.add_argument("url", nargs="?", help="of a server that runs already")
    parser.add_argument("--stack", action="store_true", help="nginx, two replicas, PostgreSQL and coturn")
    parser.add_argument("--viewers", default="1,2,4,8,12", help="at once, one step each; default: 1,2,4,8,12")
    parser.add_argument("--processes", type=int, default=2, help="that play them; default: 2")
    parser.add_argument("--seconds", type=float, default=15, help="of each step's measuring; default: 15")
    parser.add_argument("--admit-all", action="store_true", help="own servers refuse nobody, to see what comes of it")
    parser.add_argument("--steady", action="store_true", help="send as many pictures when the server asks for fewer")
    parser.add_argument("--pid", type=int, nargs="+", default=[], help="of the processes of the server at the URL")
    parser.add_argument("--trust", type=Path, help="a file of certificates to trust, for the server at the URL")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw")
    options = parser.parse_args(arguments)
    if options.url and options.stack:
        parser.error("--stack starts servers of its own; leave the URL out")
    numbers = [int(number) for number in options.viewers.split(",")]
    min_rate = 0 if options.admit_all else MIN_RATE
    with contextlib.ExitStack() as running:
        if options.url:
            target = at_url(options.url.rstrip("/"), options.pid, options.trust)
        else:
            target = running.enter_context(own_stack(min_rate) if options.stack else own_server(min_rate))
        clips = Path(running.enter_context(tempfile.TemporaryDirectory())) / "clips.json"
        write_clips(clips, all_clips())
        how = {"processes": options.processes, "seconds": options.seconds, "steady": options.steady}
        step(target, 1, clips, **how, idle_mb=0.0)  # models and codecs are loaded once, which is no viewer's cost
        idle_mb, steps = target.memory_mb(), []
        for number in numbers:
            steps.append(step(target, number, clips, **how, idle_mb=idle_mb))
            print(f"{number} viewers: {steps[-1].let_in} let in", file=sys.stderr, flush=True)
    kind = "two replicas" if options.stack else "one server"
    sent = f"{PER_S} pictures/s sent" + ("" if options.steady else " or as few as are asked for")
    title = f"{kind}, clips of 640 px, {sent}, {detector()}, {processor()}"
    print_table(title, HEADER, [one.cells() for one in steps])
    if options.plot:
        save(options.plot, f"Viewers at {kind}", charts(steps, min_rate))


if __name__ == "__main__":
    main()
