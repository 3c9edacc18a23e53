"""How fast an archive becomes a cached data set, beside the plain pandas route.

    python -m benchmarks.archive_reading ARCHIVE [ARCHIVE ...]

Each measurement runs in a process of its own, one after the other, so that its peak memory is its own. A csv is also
read the way most projects do: `pandas.read_csv`, then split and convert row by row. Ratios hold on a busy machine;
seconds are those of the machine as it was.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

MEGA: Final = 1 << 20
ROUTES: Final = {
    "decode": "archive to cached data set",
    "cached": "the same again, from the cache",
    "pandas": "pandas, split and convert",
}


@dataclass(frozen=True)
class Measurement:
    """One route over one archive: wall-clock and processor seconds, peak resident bytes, and the faces it gave."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    faces: int


def main(argv: list[str] | None = None) -> int:
    """Measure and print the table; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.archive_reading", description=__doc__.split("\n")[0])
    parser.add_argument("archives", type=Path, nargs="+", metavar="ARCHIVE", help="csv, zip or tar.gz")
    parser.add_argument("--repeats", type=int, default=1, help="measurements of each route; the fastest is shown")
    parser.add_argument("--route", choices=ROUTES, help=argparse.SUPPRESS)
    parser.add_argument("--cache", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.route:
        print(json.dumps(asdict(_run_here(options.route, options.archives[0], options.cache))))
        return 0
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}\n")
    print(f"{'archive':<20}{'route':<34}{'faces':>8}{'seconds':>9}{'CPU s':>8}{'speed':>8}{'peak MB':>9}")
    for archive in options.archives:
        _print_rows(archive, options.repeats)
    return 0


def _print_rows(archive: Path, repeats: int) -> None:
    routes = list(ROUTES) if archive.suffix == ".csv" else [route for route in ROUTES if route != "pandas"]
    fastest: dict[str, Measurement] = {}
    for _ in range(repeats):  # the routes take turns, so that a busy spell does not fall on one of them alone
        with tempfile.TemporaryDirectory() as cache:
            for route in routes:
                new = _run_in_child(route, archive, Path(cache))
                fastest[route] = min(new, fastest.get(route, new), key=lambda each: each.seconds)
    slowest = max(each.seconds for each in fastest.values())
    for route, each in fastest.items():
        cells = f"{each.faces:>8}{each.seconds:>9.2f}{each.cpu_seconds:>8.2f}{slowest / each.seconds:>7.1f}x"
        cells += f"{each.peak_bytes / MEGA:>9.0f}"
        print(f"{archive.name[:19]:<20}{ROUTES[route]:<34}{cells}")


def _run_in_child(route: str, archive: Path, cache: Path) -> Measurement:
    command = [
        sys.executable,
        "-m",
        "benchmarks.archive_reading",
        str(archive),
        "--route",
        route,
        "--cache",
        str(cache),
    ]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Measurement(**json.loads(done.stdout))


def _run_here(route: str, archive: Path, cache: Path) -> Measurement:
    """Imports are not timed: they are paid once per process, not per archive."""
    read = _pandas_route() if route == "pandas" else _own_route(cache)
    started, cpu_started = time.perf_counter(), time.process_time()
    faces = read(archive)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
    return Measurement(seconds, cpu_seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, faces)


def _own_route(cache: Path) -> Callable[[Path], int]:
    from train.dataset.cache import load_dataset

    return lambda archive: sum(map(len, load_dataset(archive, cache).splits.values()))


def _pandas_route() -> Callable[[Path], int]:
    import numpy as np
    import pandas as pd

    def read(archive: Path) -> int:
        table = pd.read_csv(archive)
        faces = np.stack([np.array(text.split(" "), dtype="uint8") for text in table["pixels"]])
        return len(faces.reshape(-1, 48, 48))

    return read


if __name__ == "__main__":
    sys.exit(main())
