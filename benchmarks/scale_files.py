"""`python -m benchmarks.scale_files [CLIP]`: films on 1, 2 and 3 workers of Ray against the local command.

The workers are nodes of one core each on this machine, so that more of them than it has cores gain nothing. Without a
clip, a drawn portrait is taken. The rows of every run are compared with the local command's.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.long_file import drawn_clip, loop
from benchmarks.machine import OtherWork, processor
from benchmarks.plot import Chart, Line, save
from benchmarks.table import print_table
from fer_core.emotions import EMOTIONS
from fer_core.expressions.model import load_model
from fer_core.faces.detector import build_detector
from fer_core.files.analyse import AnalysedFrame, analyse_media, pipeline_for
from fer_core.files.media import MediaInfo, open_media, probe
from fer_core.files.result_files import CsvResults, Provenance
from fer_core.files.timing import EVERY_FRAME
from fer_core.results import Face, FaceEmotion, FaceQuality, FrameResult
from fer_core.scale.part_run import DECODER_THREADS
from fer_core.scale.rows import ParquetResults
from fer_core.scale.tools import pack, unpack

STORE_BYTES: Final = 100 << 20
ROWS: Final = 100_000
BUSY_FRAMES: Final = 150
STARTS: Final = 3
LOOK_S: Final = 0.25


@dataclass(frozen=True)
class Timed:
    """One run of the command; `processor_s` is what it and the workers used of all cores together."""

    took_s: float
    processor_s: float
    rows: bytes


def main(argv: list[str] | None = None) -> int:
    """Measure and print the tables; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale_files", description=__doc__.split("\n")[0])
    parser.add_argument("clip", type=Path, nargs="?", help="any H.264 video in MP4")
    parser.add_argument("--films", type=int, default=4, help="how many; default: %(default)s")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of each; default: %(default)g")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 3], help="default: 1 2 3")
    parser.add_argument("--cores", type=float, nargs="*", default=[1.0], help="cores given to a film; default: 1")
    parser.add_argument("--times", type=int, nargs="*", default=[1, 2, 4], help="lengths of the film that grows")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as name, OtherWork() as others:
        folder = Path(name)
        clip = options.clip or drawn_clip(folder / "portrait.mp4")
        films = folder / "films"
        films.mkdir()
        for i in range(options.films):
            loop(clip, films / f"{i}.mp4", seconds=options.seconds)
        minutes = sum((probe(path).duration_s or 0.0) for path in films.iterdir()) / 60
        print_busy(clip)
        workers = print_speeds(folder, films, minutes, options.workers, options.cores)
        lengths = print_lengths(folder, clip, [options.seconds * times for times in options.times])
    print_writing()
    if options.plot:
        save(options.plot, "What films cost", [workers, lengths])
    print(f"\n{processor()}; other programs, Ray's workers among them, took {others.percent:.0f} % of one core")
    return 0


def print_busy(clip: Path) -> None:
    """How much of a core one film keeps busy, whatever else runs on it: waiting for the core itself is left out."""
    looker = unpack(pack(load_model(), build_detector().name, EVERY_FRAME, None))
    with open_media(clip, decoder_threads=DECODER_THREADS) as media:
        pipeline = pipeline_for(media.info, looker.detector, looker.model)
        waited_s, used_s, began = waited_for_core(), time.process_time(), time.perf_counter()
        count = sum(1 for _ in islice(analyse_media(media, pipeline), BUSY_FRAMES))
        used_s = time.process_time() - used_s
        alone_s = time.perf_counter() - began - (waited_for_core() - waited_s)
    row = [count, f"{used_s / count * 1000:.1f}", f"{used_s / alone_s:.2f}"]
    print_table("One film alone on a core", ["frames", "processor ms a frame", "cores busy"], [row])


def waited_for_core() -> float:
    """Seconds for which this thread could run and had no core (Linux)."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def print_speeds(folder: Path, films: Path, minutes: float, workers: Sequence[int], cores: Sequence[float]) -> Chart:
    """Seconds for each minute of film, locally and on workers."""
    clock: list[tuple[float, float]] = []
    used: list[tuple[float, float]] = []
    local = analyse(films, folder / "local.csv")
    table = [row_of("local command", None, None, minutes, local, local)]
    for count in workers:
        for share in cores:
            began = time.perf_counter()
            with cluster(count, folder / f"c{count}-{share}") as address:
                start_s = time.perf_counter() - began
                data = folder / f"data-{count}-{share}"
                options = ("--ray", address, "--film-cores", str(share))
                timed = analyse(films, data, *options)
                again = analyse(films, data, *options)
                clock.append((count, timed.took_s / minutes))
                used.append((count, timed.processor_s / minutes))
                label = f"{count} worker{'s' if count > 1 else ''}, {share:g} core for a film"
                table.append(row_of(label, start_s, again.took_s, minutes, timed, local))
    head = ["where", "cluster starts, s", "command, s", "s for a film minute", "processor s for a film minute"]
    head += ["again, nothing to do, s", "same rows"]
    print_table(f"{len(list(films.iterdir()))} films, {minutes:.1f} minutes together", head, table)
    size = sum(path.stat().st_size for path in (folder / f"data-{workers[0]}-{cores[0]}" / "rows").rglob("*.parquet"))
    count = local.rows.count(b"\n") - 1
    print_table(
        "Size of a row", ["CSV, bytes", "Parquet, bytes"], [[f"{len(local.rows) / count:.0f}", f"{size / count:.0f}"]]
    )
    return Chart("workers", "s for a film minute", [Line("by the clock", clock), Line("of processors", used)])


def row_of(
    label: str, start_s: float | None, again_s: float | None, minutes: float, timed: Timed, local: Timed
) -> list[object]:
    """A line of the table of speeds."""
    start, again = ("–" if seconds is None else f"{seconds:.1f}" for seconds in (start_s, again_s))
    speeds = [f"{timed.took_s:.1f}", f"{timed.took_s / minutes:.1f}", f"{timed.processor_s / minutes:.1f}"]
    return [label, start, *speeds, again, "yes" if timed.rows == local.rows else "NO"]


def print_lengths(folder: Path, clip: Path, lengths: Sequence[float]) -> Chart:
    """One film that grows, as a whole and in two parts on two workers."""
    table = []
    lines: dict[str, list[tuple[float, float]]] = {"whole": [], "in two parts": []}
    with cluster(2, folder / "lengths") as address:
        for number, seconds in enumerate(lengths):
            film = loop(clip, folder / f"long-{number}.mp4", seconds=seconds)
            length_s = probe(film).duration_s or 0.0
            whole = analyse(film, folder / f"whole-{number}", "--ray", address, "--part-seconds", "0")
            halves = analyse(film, folder / f"halves-{number}", "--ray", address, "--part-seconds", str(length_s / 2))
            same = "yes" if whole.rows == halves.rows else "NO"
            took = [f"{timed.took_s:.1f} ({timed.processor_s:.1f})" for timed in (whole, halves)]
            table.append([f"{length_s:.0f}", *took, same])
            for points, timed in zip(lines.values(), (whole, halves), strict=True):
                points.append((length_s, timed.took_s))
    print_table(
        "One film on two workers: seconds (of processors)", ["length, s", "whole", "in two parts", "same rows"], table
    )
    names = [Line(f"one film, {name}", points) for name, points in lines.items()]
    return Chart("length of a film, s", "s by the clock, two workers", names)


def print_writing() -> None:
    """Rows a second, without any analysis."""
    card = load_model().card
    frames = [AnalysedFrame(i, FrameResult(i / 25, (640, 360), (some_face(i),))) for i in range(1000)]
    info = MediaInfo(Path("film.mp4"), is_picture=False, duration_s=None, frame_count=None, rate=25.0)
    with tempfile.TemporaryDirectory() as folder:
        parquet = ParquetResults(Path(folder) / "rows.parquet")
        parquet_s = seconds_to_write(parquet, info, frames)
        parquet.close()
    csv_s = seconds_to_write(CsvResults(io.StringIO(newline=""), Provenance(card, "haar", EVERY_FRAME)), info, frames)
    print_table(
        "Writing alone, one core",
        ["CSV, rows/s", "Parquet, rows/s"],
        [[f"{ROWS / csv_s:,.0f}", f"{ROWS / parquet_s:,.0f}"]],
    )


def seconds_to_write(writer: Any, info: MediaInfo, frames: Sequence[AnalysedFrame]) -> float:
    """For ROWS rows, of the processor."""
    began = time.process_time()
    for i in range(ROWS):
        writer.add("film.mp4", info, frames[i % len(frames)])
    writer.end_source(None)
    return time.process_time() - began


def some_face(i: int) -> FaceEmotion:
    """With values that change from frame to frame."""
    shares = [((i * (k + 3)) % 97 + 1) / 400 for k in range(6)]
    values = dict(zip(EMOTIONS, [*shares, 1 - sum(shares)], strict=True))
    face = Face((100 + i / 7, 80.5, 200 + i / 7, 190.25), 0.9, None, 1)
    return FaceEmotion(face, values, EMOTIONS[6], values[EMOTIONS[6]], 0.1, 0.2, FaceQuality(100, 120, 0.5, 0.1))


def analyse(inputs: Path, output: Path, *options: str) -> Timed:
    """The command, and its rows as CSV."""
    command = [sys.executable, "-m", "fer_core"]
    used = ProcessorSeconds()
    began = time.perf_counter()
    with subprocess.Popen([*command, "analyse", str(inputs), "--output", str(output), *options]) as running:
        while running.poll() is None:
            used.look()
            time.sleep(LOOK_S)
    took_s = time.perf_counter() - began
    if running.returncode:
        raise SystemExit(f"the analysis ended with status {running.returncode}")
    if output.is_dir():
        target = output.with_suffix(".csv")
        subprocess.run([*command, "rows", str(output), "--output", str(target)], check=True, stdout=subprocess.DEVNULL)
        return Timed(took_s, used.seconds(), target.read_bytes())
    return Timed(took_s, used.seconds(), output.read_bytes())


class ProcessorSeconds:
    """Used by this process' children since it was made, those of Ray among them.

    Looked at all the while, as Ray's workers end with the command and nobody waits for them: what a process used after
    the last look is missing, `LOOK_S` at most.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self._first: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self.look()
        self._first = dict(self._last)

    def look(self) -> None:
        """Read them once."""
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                self._last[child.pid] = times.user + times.system

    def seconds(self) -> float:
        """Of all that were seen."""
        return sum(used - self._first.get(pid, 0.0) for pid, used in self._last.items())


@contextmanager
def cluster(workers: int, folder: Path) -> Iterator[str]:
    """Nodes of one core each, on loopback; gives their address."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    os.environ["PYTHONPATH"] = str(Path.cwd())
    from ray.cluster_utils import Cluster

    node: dict[str, Any] = {"num_cpus": 1, "node_ip_address": "127.0.0.1", "object_store_memory": STORE_BYTES}
    found = Cluster()
    try:
        for i in range(workers):
            first = {"include_dashboard": False, "temp_dir": str(folder)} if i == 0 else {}
            _add(found, node | first)
        yield found.address
    finally:
        found.shutdown()


def _add(found: Any, node: dict[str, Any]) -> None:
    for left in reversed(range(STARTS)):
        try:
            found.add_node(**node)
        except Exception:  # Ray gives up a start after half a minute, which a busy machine may need
            if not left:
                raise
        else:
            return


if __name__ == "__main__":
    sys.exit(main())
