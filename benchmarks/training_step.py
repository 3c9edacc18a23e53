"""Processor time of a training step: what the environment of the process costs, and batch normalisation.

    python -m benchmarks.training_step [--network deep_se] [--batch 256] [--steps 6]

Each row of the first table is a process of its own, as glibc reads its settings at the start alone. Processor time
counts the kernel's share, so it tells page faults, and a busy machine changes it little.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from benchmarks.table import print_table
from train.processor import GLIBC, KEPT_MEMORY, ONEDNN

WARM_UP: Final = 2
ENVIRONMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "as the system has it": {GLIBC: "", ONEDNN: ""},
    "glibc keeps its memory": {GLIBC: KEPT_MEMORY, ONEDNN: ""},
    "convolutions by oneDNN": {GLIBC: "", ONEDNN: "1"},
    "both, as runs have it": {GLIBC: KEPT_MEMORY, ONEDNN: "1"},
}


@dataclass(frozen=True)
class Step:
    """A training step, the median of several: seconds of processor and of the clock, and pages asked of the system."""

    processor_s: float
    kernel_s: float
    clock_s: float
    page_faults: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training_step", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--network", default="deep_se")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=6, help="of which the median is taken")
    parser.add_argument("--one", action="store_true", help="print one measurement of this process, as JSON")
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(asdict(measure(options.network, options.batch, options.steps))))
        return
    found = {name: _in_a_process(environment, options) for name, environment in ENVIRONMENTS.items()}
    plain = next(iter(found.values()))
    rows = [
        [
            name,
            f"{step.processor_s:.2f}",
            f"{step.kernel_s:.2f}",
            f"{step.clock_s:.2f}",
            f"{step.page_faults:,.0f}",
            f"{step.processor_s / plain.processor_s:.2f}",
        ]
        for name, step in found.items()
    ]
    title = f"A training step of {options.network}, {options.batch} images, median of {options.steps}"
    header = ["environment", "processor, s", "of it kernel, s", "clock, s", "page faults", "ratio"]
    print_table(title, header, rows)
    names = ("compact_se", "vgg_small")
    both = [(name, _processor_s(name, one_operation=True), _processor_s(name, one_operation=False)) for name in names]
    rows = [[name, f"{ours:.2f}", f"{own:.2f}", f"{own / ours:.1f}"] for name, ours, own in both]
    header = ["network", "one operation, s", "Keras' own, s", "ratio"]
    print_table("Processor seconds of a step of 128 images, by batch normalisation", header, rows)


def _in_a_process(environment: Mapping[str, str], options: argparse.Namespace) -> Step:
    words = ["--one", "--network", options.network, "--batch", str(options.batch), "--steps", str(options.steps)]
    kept = {name: value for name, value in os.environ.items() if name not in environment}
    chosen = {name: value for name, value in environment.items() if value}
    command = [sys.executable, "-m", "benchmarks.training_step", *words]
    said = subprocess.run(command, env=kept | chosen, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Step(**json.loads(said.splitlines()[-1]))


def _processor_s(name: str, *, one_operation: bool) -> float:
    from train.networks.batch_norm import BatchNormalization

    if one_operation:
        return measure(name, 128, 10).processor_s
    with mock.patch.object(BatchNormalization, "_is_one_operation", return_value=False):
        return measure(name, 128, 10).processor_s


def measure(name: str, batch: int, steps: int) -> Step:
    """Time training steps of a network on noise, in this process and its environment."""
    from train.fitting.losses import build_loss
    from train.fitting.optimizer import build_optimizer
    from train.networks.build import build_network
    from train.networks.precision import resolve_precision, with_precision
    from train.settings.training import TrainingConfig

    config = TrainingConfig(architecture=name)
    model = with_precision(build_network(config), resolve_precision("auto"))
    model.compile(optimizer=build_optimizer(config, steps_per_epoch=224, epochs=25), loss=build_loss(config))
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (batch, 48, 48, 1)).astype(np.float32)
    targets = np.eye(7, dtype=np.float32)[rng.integers(0, 7, batch)]
    found = []
    for _ in range(WARM_UP + steps):
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        model.train_on_batch(pixels, targets)
        after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        kernel_s = after.ru_stime - before.ru_stime
        found.append(
            (
                kernel_s + after.ru_utime - before.ru_utime,
                kernel_s,
                ended - began,
                after.ru_minflt - before.ru_minflt,
            )
        )
    return Step(*(statistics.median(column) for column in zip(*found[WARM_UP:], strict=True)))


if __name__ == "__main__":
    main()
