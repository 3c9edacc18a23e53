"""Milliseconds per face, memory and load time of the ways to run a network on one core, one thread.

    python -m benchmarks.inference [--repeats 200] [--rounds 2]

The shipped network beside `mini_xception` with 64x64 inputs, the size and the network of the package `fer`, rebuilt
from its public description with random weights: what a network costs does not hang on what it has learned. Each way
runs in a process of its own, so that memory and load time are its own; the processes take turns, round by round, so
that a busy spell does not fall on one of them alone. The inputs are noise, the same for all.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.inference_routes import COUNTS, ROUTES, SHIPPED, Timing
from benchmarks.table import p50_p95, print_table

PEER: Final = "mini_xception"
PEER_SIDE: Final = 64
MEGA: Final = 1e6


@dataclass(frozen=True)
class Measurement:
    """One network by one way, over all rounds.

    Attributes:
        load_s: processor time to import the runtime, load, and answer once; the median.
        memory_bytes: resident memory gained by that; the median.
        per_face_ms: faces in the batch to all the times.
    """

    load_s: float
    memory_bytes: float
    per_face_ms: dict[int, list[float]]

    def median_ms(self, count: int) -> float:
        """Per face, in a batch of `count`."""
        return float(np.median(self.per_face_ms[count]))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=200, help="batches of each size in each round")
    parser.add_argument("--rounds", type=int, default=2, help="processes of each way")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        subprocess.run([sys.executable, "-m", "benchmarks.inference_routes", "make", folder], check=True, env=_alone())
        timings: dict[tuple[str, str], list[Timing]] = {}
        for _ in range(options.rounds):
            for network in ("shipped", PEER):
                for route in ROUTES:
                    if network == PEER and route == SHIPPED:
                        continue  # the product has no such model
                    timing = _run_in_child(files, network, route, options.repeats)
                    timings.setdefault((network, route), []).append(timing)
    found = {key: _together(each) for key, each in timings.items()}
    print_table(
        "Running a network on one thread: processor time, p50 / p95",
        [
            "network",
            "way",
            *(f"ms per face, {n} at once" for n in COUNTS),
            f"of {PEER}'s by the same way",
            "memory gained, MB",
            "load, s",
        ],
        [_row(found, network, route) for network, route in found],
    )


def _row(found: dict[tuple[str, str], Measurement], network: str, route: str) -> list[str]:
    own = found[network, route]
    # The product's way has no counterpart: it adds the temperature and, for some models, a pass of the mirror image.
    peer = found[PEER, "litert-int8" if route == SHIPPED else route]
    return [
        network,
        ROUTES[route],
        *(p50_p95(own.per_face_ms[count], 2) for count in COUNTS),
        f"{own.median_ms(1) / peer.median_ms(1):.2f}",
        f"{own.memory_bytes / MEGA:.0f}",
        f"{own.load_s:.2f}",
    ]


def _together(timings: Sequence[Timing]) -> Measurement:
    return Measurement(
        load_s=float(np.median([each.load_s for each in timings])),
        memory_bytes=float(np.median([each.memory_bytes for each in timings])),
        per_face_ms={n: [ms for each in timings for ms in each.per_face_ms[str(n)]] for n in COUNTS},
    )


def _run_in_child(files: Path, network: str, route: str, repeats: int) -> Timing:
    command = [sys.executable, "-m", "benchmarks.inference_routes", "time", str(files), network, route, str(repeats)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=_alone())
    return Timing(**json.loads(done.stdout.splitlines()[-1]))


def _alone() -> dict[str, str]:
    """One thread, no accelerator, no chatter."""
    return os.environ | {
        "CUDA_VISIBLE_DEVICES": "-1",
        "KERAS_BACKEND": "tensorflow",
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
    }


if __name__ == "__main__":
    main()
