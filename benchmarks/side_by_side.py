"""Runs side by side, as a sweep trains them: images a second of each, and epochs of FER2013 an hour of all together.

    python -m benchmarks.side_by_side [--networks baseline_cnn vgg_small] [--cores 1 2] [--plot docs/images/x.svg]

Each row is so many training processes at once (`python -m train trial`), kept to a number of threads as
`--cores-per-trial` keeps them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import processor
from benchmarks.plot import Chart, Line, save
from benchmarks.table import print_table
from train.fitting.trial import Trial
from train.sweeps.trial import thread_limits

TRAIN: Final = 28_709
VALIDATION: Final = 3_589
"""FER2013's faces."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.side_by_side", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--networks", nargs="+", default=["vgg_small"])
    cores = os.cpu_count() or 1
    parser.add_argument("--cores", type=int, nargs="+", default=sorted({1, cores}), help="of each run, a row each")
    parser.add_argument("--plot", type=Path, help="an SVG file to draw, of runs with one core each")
    options = parser.parse_args(arguments)
    rows, lines = [], []
    for network in options.networks:
        points = []
        for runs, each in dict.fromkeys(_shares(options.cores, cores)):
            found = side_by_side(network, runs, each)
            rows.append(_row(network, runs, each, found))
            if each == 1:
                points.append((float(runs), runs * 3600 / _epoch_s(found)))
        lines.append(Line(network, points))
    header = [
        "network",
        "runs",
        "cores each",
        "images/s each",
        "images/s together",
        "s per epoch",
        "epochs/h together",
        "start, s",
    ]
    print_table(f"Runs side by side on {cores} cores, {processor()}", header, rows)
    if options.plot:
        save(
            options.plot, "What epochs cost", [Chart("runs, a core each", "epochs of FER2013 an hour, together", lines)]
        )


def _shares(wanted: Sequence[int], cores: int) -> list[tuple[int, int]]:
    """One run alone, as many as fill the machine, and with one core each twice as many, which only wait."""
    found = [(runs, each) for each in wanted for runs in (1, max(1, cores // each))]
    return [*found, (2 * cores, 1)] if 1 in wanted else found


def _epoch_s(found: Sequence[Trial]) -> float:
    """The slowest one's."""
    return max(trial.seconds(epochs=1, train=TRAIN, validation=VALIDATION) - trial.start_s for trial in found)


def _row(network: str, runs: int, cores: int, found: Sequence[Trial]) -> list[str]:
    speeds = [trial.images_per_second for trial in found]
    epoch_s = _epoch_s(found)
    return [
        network,
        str(runs),
        str(cores),
        f"{sum(speeds) / runs:,.0f}",
        f"{sum(speeds):,.0f}",
        f"{epoch_s:.0f}",
        f"{runs * 3600 / epoch_s:.0f}",
        f"{max(trial.start_s for trial in found):.1f}",
    ]


def side_by_side(network: str, runs: int, cores: int) -> list[Trial]:
    """Time so many training processes at once, each kept to so many cores."""
    command = [sys.executable, "-m", "train", "trial", network, "--json"]
    environment: dict[str, Any] = {**os.environ, **thread_limits(cores)}
    children = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for _ in range(runs)
    ]
    answers = [json.loads(child.communicate()[0]) for child in children]
    return [Trial(**answer[0]) for answer in answers]


if __name__ == "__main__":
    main()
